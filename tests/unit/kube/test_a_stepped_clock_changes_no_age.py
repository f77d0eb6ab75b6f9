# SPDX-License-Identifier: Apache-2.0
"""The operator's time is the API server's, and goes on steadily whatever becomes of its own machine's clock."""

from email.utils import formatdate
from pathlib import Path

import orjson
import pytest
from aiohttp import web

from aiworkload.api.site import Connectivity
from aiworkload.kube.assemble import Assembler
from aiworkload.kube.clock import ServerClock
from aiworkload.kube.connection import Connection
from aiworkload.kube.store import Store
from aiworkload.placement.connectivity import judged
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from tests.unit.kube.clusters import START, Cluster

HOUR = 3600.0


class Machine:
    """A machine's two clocks: one that anybody sets, and one that nobody does."""

    def __init__(self) -> None:
        self.wall = START
        self.uptime = 1234.5
        self.clock = ServerClock(lambda: self.wall, lambda: self.uptime)

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.uptime += seconds


class Plant(Cluster):
    """A store on such a machine's clock, with one site whose agent reports."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine()
        self.store = Store(self.machine.clock.now)
        self.site("plant", {"zone": "plant"})
        self.node("n", zone="plant")

    def give_up_on_the_node(self) -> None:
        """As Kubernetes does when a kubelet is silent."""
        status = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
        self.put("Node", "n", metadata={"labels": {"zone": "plant"}}, status=status)

    def seen(self) -> Snapshot:
        return judged(Assembler(self.store).snapshot(self.machine.clock.now()), Policy())


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_time_goes_on_where_the_wall_clock_is_set(step: float) -> None:
    machine = Machine()
    machine.wall += step
    machine.pass_time(10)
    assert machine.clock.now() == pytest.approx(START + 10)


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_cut_is_seen_when_it_is_due_though_the_wall_clock_was_set(step: float) -> None:
    plant = Plant()
    plant.report("n", cloud=900)
    plant.machine.wall += step
    plant.machine.pass_time(60)
    plant.give_up_on_the_node()
    assert plant.seen().sites["plant"].connectivity is Connectivity.DISCONNECTED


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_what_was_just_measured_is_fresh_though_the_wall_clock_was_set(step: float) -> None:
    plant = Plant()
    plant.report("n", cloud=900)
    plant.machine.wall += step
    plant.machine.pass_time(5)
    seen = plant.seen()
    assert seen.links["plant", "cloud"].age(seen.taken_at) == pytest.approx(5)
    assert seen.sites["plant"].connectivity is Connectivity.CONNECTED


def test_time_is_the_api_servers_from_its_first_answer_on_and_never_jumps_again() -> None:
    machine = Machine()
    machine.clock.hear(formatdate(START - HOUR, usegmt=True))
    machine.pass_time(10)
    machine.clock.hear(formatdate(START + HOUR, usegmt=True))
    assert machine.clock.now() == pytest.approx(START - HOUR + 10, abs=0.5)


@pytest.mark.parametrize("date", [None, "", "soon"])
def test_an_answer_that_tells_no_time_leaves_the_machines_own(date: str | None) -> None:
    machine = Machine()
    machine.clock.hear(date)
    assert machine.clock.now() == START


async def test_a_connection_hears_the_time_in_the_first_answer(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({}, headers={"Date": formatdate(START, usegmt=True)})

    app = web.Application()
    app.router.add_get("/version", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    kubeconfig = tmp_path / "config"
    kubeconfig.write_bytes(orjson.dumps(_kubeconfig(site.name)))
    async with Connection.open(kubeconfig) as connection:
        await connection.get("/version")
        assert connection.clock.now() == pytest.approx(START, abs=5)
    await runner.cleanup()


def _kubeconfig(server: str) -> dict[str, object]:
    """A kubeconfig without credentials."""
    return {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {}}],
    }
