# SPDX-License-Identifier: Apache-2.0
"""An API server without metrics.k8s.io, or whose metrics-server is away: nothing is known, and nothing breaks."""

import json
import logging
import time

import pytest

from aiworkload.kube.connection import Connection
from aiworkload.kube.node_metrics import ABSENT_SECONDS, READ_SECONDS, NodeMetrics
from aiworkload.kube.store import Store
from localcluster import ControlPlane

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

# As metrics-server's manifest registers it, with nothing behind it.
AWAY = {
    "apiVersion": "apiregistration.k8s.io/v1",
    "kind": "APIService",
    "metadata": {"name": "v1beta1.metrics.k8s.io"},
    "spec": {
        "group": "metrics.k8s.io",
        "version": "v1beta1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {"name": "metrics-server", "namespace": "kube-system"},
    },
}


async def pauses(cluster: ControlPlane, *, times: int) -> list[float]:
    """After how long each of some readings, one after the other, wants the next."""
    async with Connection.open(cluster.kubeconfig) as connection:
        store = Store(time.time)
        metrics = NodeMetrics(connection, store)
        found = [await metrics.read() for _ in range(times)]
    assert store.metered == {}
    assert not store.changed.is_set()
    return found


async def test_where_it_is_not_served_it_is_asked_for_seldom_and_told_once(
    cluster: ControlPlane, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "aiworkload"):
        assert await pauses(cluster, times=2) == [ABSENT_SECONDS, ABSENT_SECONDS]
    told = [record for record in caplog.records if "metrics.k8s.io" in record.message]
    assert [record.levelno for record in told] == [logging.INFO]


async def test_where_it_is_away_it_is_asked_for_again_soon(cluster: ControlPlane) -> None:
    cluster.run_kubectl("create", "--filename=-", stdin=json.dumps(AWAY))
    try:
        assert await pauses(cluster, times=1) == [READ_SECONDS]
    finally:
        cluster.run_kubectl("delete", "apiservice", "v1beta1.metrics.k8s.io")
