# SPDX-License-Identifier: Apache-2.0
"""Objects deleted while a watch was down, and compacted away, are gone from the snapshot after the relist."""

import asyncio
import json

import pytest

from aiworkload.kube.connection import Connection
from localcluster import ControlPlane
from tests.integration.kube.borders import Border, border, eventually

pytestmark = pytest.mark.integration


def create_node(cluster: ControlPlane, name: str) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"zone": "a"}}}
    cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(node))


async def test_nodes_deleted_during_a_gap_are_gone_after_the_relist(cluster: ControlPlane) -> None:
    for name in ("stays", "goes"):
        create_node(cluster, name)
    async with Connection.open(cluster.kubeconfig) as connection:
        watched = Border(connection)
        stream = watched.streams["nodes"]
        gone: list[int] = []
        stream.on_relist = lambda _stream, count: gone.append(count)
        running = asyncio.create_task(stream.run())
        await eventually(lambda: {"stays", "goes"} <= set(watched.cluster.snapshot().nodes))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        cluster.run_kubectl("delete", "node", "goes")
        for number in range(3):
            create_node(cluster, f"later-{number}")
        cluster.compact()
        # The API server's watch cache must forget too, or it would serve the old version from memory.
        cluster.stop_apiserver()
        cluster.restart_apiserver()

        running = asyncio.create_task(stream.run())
        await eventually(lambda: {"stays", "later-0", "later-1", "later-2"} <= set(watched.cluster.snapshot().nodes))
        assert "goes" not in watched.cluster.snapshot().nodes
        assert gone == [0, 1]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_pod_that_is_deleted_gives_its_requests_back(cluster: ControlPlane) -> None:
    create_node(cluster, "host")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {
            "nodeName": "host",
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "300m"}}}],
        },
    }
    await eventually(lambda: "default" in cluster.run_kubectl("get", "serviceaccounts", "-n", "default"))
    async with border(cluster) as watched:
        cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(pod))
        await eventually(lambda: watched.cluster.snapshot().nodes["host"].requested == {"cpu": 300, "pods": 1})
        cluster.run_kubectl("delete", "pod", "p", "--force")
        await eventually(lambda: watched.cluster.snapshot().nodes["host"].requested == {})
