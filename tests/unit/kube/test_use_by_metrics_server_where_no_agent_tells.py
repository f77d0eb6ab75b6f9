# SPDX-License-Identifier: Apache-2.0
"""Where no agent tells how busy a machine is, metrics.k8s.io does, if a cluster serves it."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from aiworkload.kube.assemble import Assembler
from aiworkload.kube.connection import Connection
from aiworkload.kube.errors import NotFound, Unreachable
from aiworkload.kube.node_metrics import ABSENT_SECONDS, READ_SECONDS, NodeMetrics
from aiworkload.kube.resources import Resource
from aiworkload.reconcile.ports import ClusterError
from tests.unit.kube.clusters import Cluster

GIBIBYTE = 2**30


class MetricsServer:
    """Answers lists as told."""

    def __init__(self) -> None:
        self.usage: dict[str, dict[str, str]] = {}
        self.failure: ClusterError | None = None

    async def list(self, resource: Resource) -> list[dict[str, Any]]:
        assert resource.path() == "/apis/metrics.k8s.io/v1beta1/nodes"
        if self.failure:
            raise self.failure
        return [{"metadata": {"name": name}, "usage": usage} for name, usage in self.usage.items()]


class Stage:
    """A node of 8 cores and 16 GiB, and a metrics server."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.cluster.node("n")
        self.server = MetricsServer()
        self.metrics = NodeMetrics(cast("Connection", self.server), self.cluster.store)
        self.kept_up = Assembler(self.cluster.store)

    async def read(self, cpu: str = "1950m", memory: str = "4Gi") -> float:
        self.server.usage = {"n": {"cpu": cpu, "memory": memory}, "unknown": {"cpu": "1", "memory": "1Gi"}}
        return await self.metrics.read()

    @property
    def used(self) -> Mapping[str, int]:
        found = self.kept_up.snapshot(self.cluster.now).nodes["n"].used
        assert found == Assembler(self.cluster.store).snapshot(self.cluster.now).nodes["n"].used
        return found


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_use_counts_in_the_same_steps_as_an_agents(stage: Stage) -> None:
    assert await stage.read() == READ_SECONDS
    assert stage.used == {"cpu": 2000, "memory": 4 * GIBIBYTE}


async def test_the_agents_own_word_comes_first(stage: Stage) -> None:
    stage.cluster.report("n", cpu_percent=50)
    await stage.read()
    assert stage.used == {"cpu": 4000}


async def test_when_an_agent_falls_silent_metrics_take_over(stage: Stage) -> None:
    stage.cluster.report("n", cpu_percent=50)
    await stage.read()
    stage.cluster.now += 31
    assert stage.used == {}
    await stage.read()
    assert stage.used == {"cpu": 2000, "memory": 4 * GIBIBYTE}


async def test_noise_wakes_nobody_and_a_busier_node_does(stage: Stage) -> None:
    await stage.read()
    stage.cluster.store.changed.clear()
    await stage.read(cpu="1970123456n")
    assert not stage.cluster.store.changed.is_set()
    await stage.read(cpu="6")
    assert stage.cluster.store.changed.is_set()


@pytest.mark.parametrize(
    ("failure", "again"), [(NotFound("no such API"), ABSENT_SECONDS), (Unreachable("no answer"), READ_SECONDS)]
)
async def test_metrics_that_cannot_be_read_are_unknown_use_and_not_idleness(
    stage: Stage, failure: ClusterError, again: float
) -> None:
    await stage.read()
    stage.server.failure = failure
    assert await stage.metrics.read() == again
    assert stage.used == {}


async def test_nonsense_about_one_node_is_left_out(stage: Stage) -> None:
    await stage.read(cpu="much")
    assert stage.used == {}
