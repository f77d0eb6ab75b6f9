# SPDX-License-Identifier: Apache-2.0
"""Beside the loop, Leases of nodes in doubt are looked at; what that shows wakes it, and a failure is no witness."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pytest

from aiworkload.placement.policy import Policy
from aiworkload.reconcile import listening
from aiworkload.reconcile.listening import MOST_FAILURES, Listener
from aiworkload.reconcile.ports import ClusterError, Refused
from aiworkload.sensing.pulses import Renewal
from aiworkload.snapshot.pulse import Pulse
from tests.builders import NOW, a_node, a_site, a_snapshot
from tests.fakes import FakeClock, FakeCluster


@dataclass
class FakeLeases:
    """Kubelets that renew with every look, but for the dead."""

    dead: set[str] = field(default_factory=set)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    fails: Exception | None = None

    async def renewals(self, nodes: Collection[str]) -> Mapping[str, Renewal | None]:
        self.asked.append(tuple(nodes))
        if self.fails:
            raise self.fails
        return {node: Renewal("dead" if node in self.dead else f"renewal {len(self.asked)}") for node in nodes}


class Heard:
    """A listener with a site in doubt, and how often it woke the loop."""

    def __init__(self, *, last_report_at: float = NOW - 60) -> None:
        self.clock, self.leases, self.woken = FakeClock(NOW), FakeLeases(), 0
        sites = [a_site("plant", last_report_at=last_report_at), a_site("fog", last_report_at=NOW + 999)]
        nodes = [a_node("plant-1", site="plant"), a_node("fog-1", site="fog")]
        cluster = FakeCluster(a_snapshot(sites=sites, nodes=nodes), self.clock)
        self.listener = Listener(cluster, self.leases, self.clock, Policy(), self.wake)

    def wake(self) -> None:
        self.woken += 1

    def looks(self, count: int) -> Mapping[str, Pulse] | None:
        for _ in range(count):
            asyncio.run(self.listener.look())
            self.clock.seconds += listening.LOOK_SECONDS
        return self.listener.pulses


def test_only_nodes_in_doubt_are_looked_at() -> None:
    heard = Heard()
    heard.looks(1)
    assert heard.leases.asked == [("plant-1",)]


def test_in_quiet_no_request_is_sent() -> None:
    heard = Heard(last_report_at=NOW + 999)
    assert heard.looks(3) == {}
    assert heard.leases.asked == []


def test_a_kubelet_that_renews_beats_and_a_dead_one_falls_silent() -> None:
    assert Heard().looks(2) == {"plant-1": Pulse.BEATING}
    heard = Heard()
    heard.leases.dead = {"plant-1"}
    assert heard.looks(3) == {"plant-1": Pulse.LISTENING}
    assert heard.looks(1) == {"plant-1": Pulse.SILENT}


def test_the_loop_is_woken_when_a_pulse_changes_and_not_else() -> None:
    heard = Heard()
    heard.looks(2)
    assert heard.woken == 2, "listening, then beating"
    heard.looks(5)
    assert heard.woken == 2


@pytest.mark.parametrize("error", [Refused("forbidden"), ClusterError("no answer"), KeyError("spec")])
def test_leases_that_cannot_be_read_count_for_nothing_until_they_can(error: Exception) -> None:
    heard = Heard()
    heard.leases.fails = error
    assert heard.looks(MOST_FAILURES - 1) is not None, "once is chance"
    assert heard.looks(1) is None
    woken = heard.woken
    heard.leases.fails = None
    assert heard.looks(1) == {"plant-1": Pulse.LISTENING}
    assert heard.woken == woken + 1


def test_many_in_doubt_are_looked_at_every_third_round_and_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MANY", 0)
    heard = Heard()
    assert heard.looks(4) == {"plant-1": Pulse.BEATING}
    assert len(heard.leases.asked) == 2
    silent = Heard()
    silent.leases.dead = {"plant-1"}
    assert silent.looks(4) == {"plant-1": Pulse.SILENT}


def test_the_listener_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.001)
    heard = Heard()

    async def until_it_has_looked() -> None:
        task = asyncio.create_task(heard.listener.run())
        async with asyncio.timeout(10):
            while len(heard.leases.asked) < 3:  # noqa: ASYNC110 - the fake rings no event
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(until_it_has_looked())
