# SPDX-License-Identifier: Apache-2.0
"""A dead region's workloads are placed anew within what room there is: the important ones first, each moved once."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.placement.policy import Policy
from tests.builders import NOW, a_placement, a_site, a_workload
from tests.unit.placement.simulated import Cluster, a_cluster
from tests.unit.placement.worlds import examples

PRIORITIES = st.lists(st.integers(0, 5), min_size=1, max_size=25)


def a_region(priorities: list[int], room: int, per_cycle: int) -> Cluster:
    """Workloads of one core each that stand in the north; the south has room for so many, and keeps no headroom."""
    workloads = [
        replace(
            a_workload(f"w-{n}", cpu="1", placements=[a_placement("north")], created=NOW - 5000 + n), priority=priority
        )
        for n, priority in enumerate(priorities)
    ]
    sites = [a_site("north", tier="Fog"), a_site("south", tier="Fog")]
    policy = Policy(max_forced_moves_per_cycle=per_cycle, headroom_percent=0)
    return a_cluster(workloads, sites, cpu={"south": room}, policy=policy)


def fail(cluster: Cluster, steps: int) -> None:
    """Two steps of good weather, then the north is silent."""
    for n in range(steps):
        cluster.dark = {"north"} if n >= 2 else set()
        cluster.step({})
        assert len(cluster.standing_at("south")) <= cluster.cpu["south"], "over capacity"


@examples(15)
@given(PRIORITIES, st.integers(1, 30), st.integers(1, 9))
def test_those_that_matter_most_are_placed_within_the_room_and_none_moves_twice(
    priorities: list[int], room: int, per_cycle: int
) -> None:
    cluster = a_region(priorities, room, per_cycle)
    fail(cluster, 6 + len(priorities) // per_cycle)
    by_priority = sorted(range(len(priorities)), key=lambda n: (-priorities[n], n))
    assert cluster.standing_at("south") == {f"w-{n}" for n in by_priority[:room]}
    assert len(cluster.begun) == min(room, len(priorities)), "moves at most the minimum, which is below 1.1 of it"


@examples(15)
@given(PRIORITIES, st.integers(1, 9))
def test_no_cycle_begins_more_than_its_budget_and_none_keeps_a_more_important_one_waiting(
    priorities: list[int], per_cycle: int
) -> None:
    cluster = a_region(priorities, 30, per_cycle)
    fail(cluster, 6 + len(priorities) // per_cycle)
    cycles: dict[float, list[int]] = {}
    for at, key, _ in cluster.begun:
        cycles.setdefault(at, []).append(cluster.workloads[key].priority)
    assert all(len(begun) <= per_cycle for begun in cycles.values())
    assert all(min(earlier) >= max(later) for earlier, later in pairwise(cycles.values()))
    assert sum(map(len, cycles.values())) == len(priorities)


def test_a_region_of_a_hundred_is_on_its_way_in_as_many_cycles_as_the_budget_makes_of_it() -> None:
    cluster = a_region([0] * 100, 64, 50)
    cluster.cpu = {"south": 200}
    fail(cluster, 8)
    begun = [at for at, *_ in cluster.begun]
    assert [begun.count(at) for at in sorted(set(begun))] == [50, 50]
    assert len(cluster.standing_at("south")) == 100


def test_when_the_region_returns_the_workloads_do_so_within_the_hours_budget_only() -> None:
    cluster = a_region([0] * 12, 30, 50)
    cluster.policy = replace(cluster.policy, max_moves_per_hour=20)
    fail(cluster, 8)
    cluster.dark = set()
    for _ in range(100):
        cluster.step({})
    triggers = [move.trigger.value for _, _, move in cluster.begun]
    assert triggers == ["SiteDisconnected"] * 12 + ["Failback"] * 8
    for _ in range(180):
        cluster.step({})
    assert len(cluster.standing_at("north")) == 12
