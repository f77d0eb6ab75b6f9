# SPDX-License-Identifier: Apache-2.0
"""A real metrics-server's figures of real kubelets are what the operator knows of nodes that no agent speaks for."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
import yaml

from aiworkload.kube.assemble import Assembler
from aiworkload.kube.connection import Connection
from aiworkload.kube.node_metrics import READ_SECONDS, NodeMetrics
from aiworkload.kube.projection.live_use import STEP_PERCENT
from aiworkload.kube.resources import NODE
from aiworkload.kube.store import Store
from aiworkload.kube.watch import Stream
from localcluster.lab import Lab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]

MANIFEST = Path(__file__).parents[2] / "manifests" / "install.yaml"
RIGHTS = ("Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding")
# Two scrapes, 15 s apart, and what a busy machine takes for them.
FIGURES_SECONDS = 90


class Known:
    """What the operator knows of the nodes: from their objects, and from metrics.k8s.io as often as it is asked."""

    def __init__(self, connection: Connection) -> None:
        self.store = Store(time.time)
        self.nodes = Stream(NODE.plural, connection, NODE, self.store.table(NODE.kind), {})
        self._metrics = NodeMetrics(connection, self.store)

    async def until(self, holds: Callable[[], bool], what: str) -> float:
        """Read until it holds, or fail; returns in how many seconds the operator would read again."""
        deadline = time.monotonic() + FIGURES_SECONDS
        while True:
            pause = await self._metrics.read()
            if holds():
                return pause
            assert time.monotonic() < deadline, f"not within {FIGURES_SECONDS} s: {what}; {self.store.metered}"
            await asyncio.sleep(1)

    def cpu_percent(self, node: str) -> int:
        return self.store.metered.get(node, {}).get("cpu", 0)


@pytest.fixture(scope="module")
def operator(lab: Lab) -> Path:
    """The kubeconfig of the operator's service account, which may what the product's manifest says and no more."""
    documents = yaml.safe_load_all(MANIFEST.read_text())
    items = [document for document in documents if document and document["kind"] in RIGHTS]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    lab.kubectl("apply", "--server-side", "--filename=-", stdin=listed)
    assert lab.control_plane is not None
    return lab.control_plane.kubeconfig_for("aiworkload-system", "aiworkload-operator")


@asynccontextmanager
async def reading(kubeconfig: Path) -> AsyncIterator[Known]:
    async with Connection.open(kubeconfig) as connection:
        known = Known(connection)
        task = asyncio.create_task(known.nodes.run())
        await asyncio.wait_for(known.nodes.synced.wait(), 30)
        try:
            yield known
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_the_snapshot_has_what_a_node_without_an_agent_uses(lab: Lab, operator: Path) -> None:
    async with reading(operator) as known:
        again = await known.until(lambda: set(known.store.metered) == set(lab.nodes), "figures of every node")
        nodes = Assembler(known.store).snapshot(time.time()).nodes
        shares = {name: known.store.metered[name] for name in lab.nodes}
    assert again == READ_SECONDS
    for name, found in shares.items():
        assert set(found) == {"cpu", "memory"}
        assert all(0 < share <= 100 and share % STEP_PERCENT == 0 for share in found.values()), found
        assert set(nodes[name].used) == {"cpu", "memory"}
        assert 0 < nodes[name].used["memory"] <= nodes[name].allocatable["memory"]


async def test_a_busy_node_is_told_from_its_idle_neighbours(lab: Lab, operator: Path) -> None:
    """So the figures are each node's own, though one machine bears them all."""
    async with reading(operator) as known:
        with ExitStack() as burning:
            for _ in range(os.cpu_count() or 1):
                burner = burning.enter_context(
                    lab.node("edge-1").machine.popen(["/bin/sh", "-c", "while :; do :; done"])
                )
                burning.callback(burner.terminate)
            await known.until(lambda: known.cpu_percent("edge-1") > known.cpu_percent("cloud-1") > 0, "edge-1 is busy")


async def test_of_a_node_that_is_cut_off_nothing_is_known_soon(plant: Lab, operator: Path) -> None:
    """Its last figures are not passed off as new ones; its neighbours' go on."""
    async with reading(operator) as known:
        await known.until(lambda: "edge-1" in known.store.metered, "figures of edge-1")
        plant.link("plant-7").cut()
        await known.until(lambda: set(known.store.metered) == {"cloud-1"}, "edge-1 is unknown, and cloud-1 is not")


async def test_people_see_the_same_with_kubectl_top(lab: Lab, operator: Path) -> None:
    async with reading(operator) as known:
        await known.until(lambda: set(known.store.metered) == set(lab.nodes), "figures of every node")
    table = lab.kubectl("top", "nodes", "--no-headers").splitlines()
    assert {line.split()[0] for line in table} == set(lab.nodes)
    assert all(line.split()[2].endswith("%") for line in table), table
