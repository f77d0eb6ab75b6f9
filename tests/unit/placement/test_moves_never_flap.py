# SPDX-License-Identifier: Apache-2.0
"""Whatever is measured, moves keep their distance and their budgets, each workload's own and the whole cluster's."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.api.workload_status import MoveResult, MoveTrigger
from aiworkload.placement.plan import Move
from aiworkload.placement.policy import Policy
from aiworkload.placement.stability import IMMEDIATE
from tests.builders import NOW, a_site, a_workload
from tests.unit.placement.simulated import Cluster, Weather, a_cluster
from tests.unit.placement.worlds import examples

SITES = ("fog-1", "fog-2", "fog-3")
HOUR = 3600
RULES = {
    "violationSeconds": 40,
    "minDwellSeconds": 120,
    "maxMovesPerHour": 3,
    "failbackSeconds": 200,
    "readyTimeoutSeconds": 100,
    "minGainPoints": 2,
}
VOLUNTARY = (MoveTrigger.BETTER_SITE, MoveTrigger.FAILBACK)
GOOD, BAD = {"fog-1": 5, "fog-2": 30, "fog-3": 60}, {"fog-1": 60, "fog-2": 30, "fog-3": 60}


def detectors(count: int = 1, **policy: int) -> Cluster:
    """Workloads with quick rules, and three sites."""
    workloads = [
        a_workload(f"detector-{n}", target=50, clients=["plant"], migration=RULES, created=NOW - n)
        for n in range(count)
    ]
    sites = [a_site(site, tier="Fog", per_hour=price) for site, price in zip(SITES, ("0.1", "0.2", "0.3"), strict=True)]
    return a_cluster(workloads, sites, policy=Policy(**policy))


WEATHER = st.fixed_dictionaries({site: st.sampled_from([None, 0, 5, 20, 49, 60, 90, 500]) for site in SITES})
STORM = st.lists(st.tuples(st.integers(1, 15), WEATHER, st.sets(st.sampled_from(SITES), max_size=1)), max_size=12)
"""For so many steps such weather, with these sites dark."""


def live_through(cluster: Cluster, storm: Sequence[tuple[int, Weather, set[str]]]) -> None:
    for steps, weather, dark in storm:
        cluster.dark = dark
        for _ in range(steps):
            cluster.step(weather)


def within_an_hour(ends: Sequence[float], end: float) -> int:
    return sum(end - HOUR < other <= end for other in ends)


@examples(12)
@given(STORM, st.sets(st.sampled_from(SITES), max_size=2))
def test_a_workload_keeps_its_dwell_and_its_budget_in_any_storm(
    storm: list[tuple[int, Weather, set[str]]], sick: set[str]
) -> None:
    cluster = detectors()
    cluster.sick = sick
    live_through(cluster, storm)
    for started, _, move in cluster.begun:
        if move.trigger in IMMEDIATE:
            continue
        arrivals = [at for at, _, _, result in cluster.ended if result is MoveResult.COMPLETED and at < started]
        assert not arrivals or started - arrivals[-1] >= RULES["minDwellSeconds"]
        ends = [at for at, *_ in cluster.ended if at < started]
        assert within_an_hour(ends, started) < RULES["maxMovesPerHour"]


@examples(8)
@given(STORM, st.integers(1, 3), st.integers(1, 4))
def test_the_cluster_keeps_its_budgets_in_any_storm(
    storm: list[tuple[int, Weather, set[str]]], per_hour: int, per_cycle: int
) -> None:
    cluster = detectors(6, max_moves_per_hour=per_hour, max_forced_moves_per_cycle=per_cycle)
    live_through(cluster, storm)
    ends = sorted(at for at, _, move, _ in cluster.ended if move.trigger in VOLUNTARY)
    assert all(within_an_hour(ends, end) <= per_hour for end in ends)
    forced = [at for at, _, move in cluster.begun if move.trigger not in (*VOLUNTARY, MoveTrigger.SPEC_CHANGED)]
    assert all(forced.count(at) <= per_cycle for at in forced)


@examples(6)
@given(STORM, WEATHER)
def test_when_nothing_changes_any_more_it_comes_to_rest(
    storm: list[tuple[int, Weather, set[str]]], lasting: Weather
) -> None:
    cluster = detectors(2)
    live_through(cluster, storm)
    cluster.dark = set()
    for _ in range(2 * HOUR // 60):
        cluster.now += 40
        cluster.step(lasting)
    moved = len(cluster.begun)
    for _ in range(40):
        cluster.step(lasting)
    assert len(cluster.begun) == moved


@examples(6)
@given(st.lists(st.sampled_from([5, 6, 20, 24, 26, 30, 49]), min_size=20, max_size=40))
def test_two_voluntary_moves_are_never_closer_than_the_dwell(noise: list[int]) -> None:
    cluster = detectors(3)
    for milliseconds in noise:
        for _ in range(3):
            cluster.step({"fog-1": 30, "fog-2": milliseconds, "fog-3": 54 - milliseconds})
    for key in cluster.workloads:
        starts = [at for at, mover, move in cluster.begun if mover == key and move.trigger in VOLUNTARY]
        assert all(later - earlier >= RULES["minDwellSeconds"] for earlier, later in pairwise(starts))


def test_a_link_that_swings_faster_than_the_windows_moves_nothing() -> None:
    cluster = detectors()
    cluster.step(GOOD)
    for _ in range(60):
        cluster.step(BAD)
        cluster.step(GOOD)
    assert cluster.begun == []


def test_a_link_that_stays_bad_moves_it_once_and_a_link_that_heals_brings_it_back_once() -> None:
    cluster = detectors()
    for weather in (GOOD, BAD, GOOD):
        for _ in range(40):
            cluster.step(weather)
    assert triggers(move for _, _, move in cluster.begun) == ["LatencyViolated", "Failback"]
    assert cluster.standing_at("fog-1") == {"detector-0"}
    assert [len(workload.placements) for workload in cluster.workloads.values()] == [1]


def triggers(moves: Iterable[Move]) -> list[str]:
    return [move.trigger.value for move in moves]
