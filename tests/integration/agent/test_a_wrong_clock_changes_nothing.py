# SPDX-License-Identifier: Apache-2.0
"""Nodes whose clocks are two minutes off are measured as well as any other, by all that a report holds."""

import time

import pytest

from aiworkload.kube.assemble import Assembler
from aiworkload.kube.store import Store
from aiworkload.snapshot.snapshot import Snapshot
from tests.integration.agent.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.integration

OFF = {"slow": -120.0, "fast": 120.0, "true": 0.0}
LISTS = {
    "Node": "/api/v1/nodes",
    "Site": "/apis/aiworkload.dev/v1alpha1/sites",
    "NodeReport": "/apis/aiworkload.dev/v1alpha1/nodereports",
}
FRESH_SECONDS = 6.0


def as_the_operator_sees_it(world: World) -> Snapshot:
    """From lists alone, as after a restart: then a report's age is told by the API server's time of its write."""
    store = Store(time.time)
    for kind, path in LISTS.items():
        table = store.table(kind)
        head, facts = table.decoder.page(world.listed(path))
        table.replace(head.resource_version, facts)
    return Assembler(store).snapshot(time.time())


def test_a_clock_that_is_two_minutes_off_either_way_changes_nothing(world: World) -> None:
    agents = {}
    for name, off in OFF.items():
        world.node(name, zone=name)
        world.size(name)
        world.site(name, zone=name)
        agents[name] = world.agent(name, f"--key-file={world.key_file}", clock_off=off)
    for name in OFF:
        world.report(name, **{other: agent.endpoint for other, agent in agents.items() if other != name})

    def all_told() -> bool:
        links = as_the_operator_sees_it(world).links
        return len(links) == 6 and all(link.bandwidth_kilobits for link in links.values())

    eventually(all_told, "each measures both others, bandwidth too", seconds=60)
    seen = as_the_operator_sees_it(world)
    for (one, other), link in seen.links.items():
        assert link.age(seen.taken_at) < FRESH_SECONDS, f"{one} to {other}"
        assert link.rtt_p95_microseconds is not None
        assert not link.is_stale(seen.taken_at)
    for name in OFF:
        assert seen.reports[name].is_fresh(seen.taken_at)
        assert seen.nodes[name].used.keys() == {"cpu", "memory"}, name

    agents["slow"].kill()
    time.sleep(FRESH_SECONDS)
    later = as_the_operator_sees_it(world)
    assert later.links["slow", "true"].is_stale(later.taken_at), "silence is noticed as soon as with any other clock"
    assert not later.links["fast", "true"].is_stale(later.taken_at)
