# SPDX-License-Identifier: Apache-2.0
"""Kubelets' Leases on a real API server: a few one by one, many by one list, and none that is not there."""

import asyncio
import json
from collections.abc import Collection, Mapping

import pytest

from aiworkload.kube.connection import Connection
from aiworkload.kube.node_leases import MOST_GETS, NAMESPACE, NodeLeases
from aiworkload.sensing.pulses import Renewal
from localcluster import ControlPlane

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def renew(cluster: ControlPlane, nodes: Collection[str], second: int) -> None:
    leases = [
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": node, "namespace": NAMESPACE},
            "spec": {
                "holderIdentity": node,
                "leaseDurationSeconds": 8,
                "renewTime": f"2020-01-01T00:00:{second:02d}.000000Z",
            },
        }
        for node in nodes
    ]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": leases})
    cluster.run_kubectl("apply", "--server-side", "-f", "-", stdin=manifest)


def renewals(cluster: ControlPlane, nodes: Collection[str]) -> Mapping[str, Renewal | None]:
    async def read() -> Mapping[str, Renewal | None]:
        async with Connection.open(cluster.kubeconfig) as connection:
            return await NodeLeases(connection).renewals(nodes)

    return asyncio.run(read())


@pytest.mark.parametrize("count", [2, MOST_GETS + 5], ids=["one by one", "as a list"])
def test_a_renewal_is_a_change_and_a_missing_lease_is_none(cluster: ControlPlane, count: int) -> None:
    nodes = [f"kubelet-{count}-{number}" for number in range(count)]
    renew(cluster, nodes, 10)
    before = renewals(cluster, [*nodes, "nobody"])
    assert before.keys() == {*nodes, "nobody"}
    assert before["nobody"] is None
    assert {before[node] and before[node].duration for node in nodes} == {8.0}
    assert renewals(cluster, nodes) == {node: before[node] for node in nodes}
    renew(cluster, nodes[:1], 20)
    after = renewals(cluster, nodes)
    assert {node for node in nodes if after[node] != before[node]} == {nodes[0]}
