# SPDX-License-Identifier: Apache-2.0
"""What holds for advice about any small world, held against every plan there is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.placement.advice import Advice
from aiworkload.placement.advise import advise, decide_with_advice, reckoning_of
from aiworkload.placement.catalogue import REASONS
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import RejectReason
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_workload

SITES = ("a", "b", "c")
CORES = 4
ROOM = CORES * 900
"""Millicores of a node that new placements may use: all but the headroom."""
NOWHERE = -1
MOVE = 11
"""`minGainPoints` and the least that a move costs."""

WORKLOADS = st.lists(
    st.fixed_dictionaries(
        {
            "cores": st.sampled_from([1, 2, 3]),
            "client": st.sampled_from(SITES),
            "stands": st.sampled_from([None, *SITES]),
            "priority": st.sampled_from([0, 0, 7]),
        }
    ),
    max_size=5,
)
LATENCIES = st.tuples(*(st.integers(5, 48) for _ in range(3)))


def a_world(latencies: tuple[int, ...], told: list[dict[str, Any]]) -> Snapshot:
    """Three sites of one small machine each; whoever would not fit where it is said to stand is new."""
    used = dict.fromkeys(SITES, 0)
    workloads = []
    for number, one in enumerate(told):
        at = one["stands"]
        stands = at is not None and (used[at] + one["cores"]) * 1000 <= ROOM
        if stands:
            used[at] += one["cores"]
        workloads.append(
            a_workload(
                f"w{number}",
                target=50,
                clients=[one["client"]],
                cpu=str(one["cores"]),
                priority=one["priority"],
                created=float(number),
                placements=[a_placement(at)] if stands else [],
            )
        )
    nodes = [a_node(f"{name}-1", site=name, cpu=str(CORES), used_cpu=str(used[name])) for name in SITES]
    ends = (("a", "b"), ("a", "c"), ("b", "c"))
    links = [a_link(one, other, ms) for (one, other), ms in zip(ends, latencies, strict=True)]
    tiers = ("Edge", "Fog", "Cloud")
    sites = [a_site(name, tier=tier, per_hour="0.1") for name, tier in zip(SITES, tiers, strict=True)]
    return a_snapshot(sites=sites, nodes=nodes, links=links, workloads=workloads)


def reckoned(snapshot: Snapshot) -> Reckoning:
    return reckoning_of(decide(snapshot, Policy(), NOW))


def costs_of(reckoning: Reckoning, key: WorkloadKey, urgency: float) -> dict[int, float]:
    """What each place costs one workload, by the rules as they are written down."""
    scored, needs = reckoning.scored[key], reckoning.needs[key]
    here = next((SITES.index(where.site) for where in needs.standing), NOWHERE)
    short = REASONS.index(RejectReason.INSUFFICIENT_RESOURCES) + 1
    found = {
        int(column): urgency * (100 - int(points) + (MOVE if here not in (NOWHERE, column) else 0))
        for column, reason, points in zip(scored.columns, scored.reasons, scored.points, strict=True)
        if reason in (0, short)
    }
    return found if here != NOWHERE else {**found, NOWHERE: urgency * 1000}


def every_plan(reckoning: Reckoning, advice: Advice) -> Iterator[float]:
    """What each plan costs that fits."""
    keys = [key for key in reckoning.needs if len(reckoning.scored[key].columns)]
    costs = [costs_of(reckoning, key, advice.urgency[reckoning.needs[key].workload.priority]) for key in keys]
    cores = [dict(reckoning.needs[key].variants[0].demand)["cpu"] for key in keys]
    for places in product(*costs):
        load = dict.fromkeys((*range(len(SITES)), NOWHERE), 0)
        for place, asked in zip(places, cores, strict=True):
            load[place] += asked
        if all(load[column] <= ROOM for column in range(len(SITES))):
            yield sum(cost[place] for cost, place in zip(costs, places, strict=True))


@settings(deadline=None)
@given(LATENCIES, WORKLOADS)
def test_the_bound_lies_below_every_plan_and_the_standing_one_is_among_them(
    latencies: tuple[int, ...], told: list[dict[str, Any]]
) -> None:
    reckoning = reckoned(a_world(latencies, told))
    advice = advise(reckoning)
    best = min(every_plan(reckoning, advice))
    assert advice.bound <= best + 1e-6
    assert best <= advice.objective + 1e-6


@settings(deadline=None)
@given(LATENCIES, WORKLOADS)
def test_carried_out_in_full_advice_overfills_no_site(latencies: tuple[int, ...], told: list[dict[str, Any]]) -> None:
    reckoning = reckoned(a_world(latencies, told))
    advice = advise(reckoning)
    load = dict.fromkeys(SITES, 0)
    for key, needs in reckoning.needs.items():
        told_where = advice.advised[key].target if key in advice.advised else next(iter(needs.standing), None)
        if told_where is not None:
            load[told_where.site] += dict(needs.variants[0].demand)["cpu"]
    assert all(asked <= ROOM for asked in load.values())


@settings(deadline=None)
@given(LATENCIES, WORKLOADS, st.randoms(use_true_random=False))
def test_advice_depends_on_values_alone_in_whatever_order_they_come(
    latencies: tuple[int, ...], told: list[dict[str, Any]], dice: Random
) -> None:
    snapshot = a_world(latencies, told)
    names, keys = list(snapshot.nodes), list(snapshot.workloads)
    dice.shuffle(names)
    dice.shuffle(keys)
    mixed = replace(
        snapshot,
        nodes={name: snapshot.nodes[name] for name in names},
        workloads={key: snapshot.workloads[key] for key in keys},
    )
    assert advise(reckoned(mixed)) == advise(reckoned(snapshot)) == advise(reckoned(snapshot))


@settings(deadline=None)
@given(LATENCIES, WORKLOADS)
def test_what_stands_at_the_best_plan_is_left_alone(latencies: tuple[int, ...], told: list[dict[str, Any]]) -> None:
    reckoning = reckoned(a_world(latencies, told))
    advice = advise(reckoning)
    if advice.objective <= min(every_plan(reckoning, advice)) + 1e-6:
        assert advice.advised == {}


@settings(deadline=None)
@given(LATENCIES, WORKLOADS)
def test_no_move_is_advised_that_its_minimum_gain_would_hold_back(
    latencies: tuple[int, ...], told: list[dict[str, Any]]
) -> None:
    reckoning = reckoned(a_world(latencies, told))
    advised = advise(reckoning).advised
    assert all(found.gain >= MOVE for key, found in advised.items() if reckoning.needs[key].standing)


@settings(deadline=None)
@given(LATENCIES, WORKLOADS)
def test_a_plan_made_with_advice_fits_and_places_nobody_less(
    latencies: tuple[int, ...], told: list[dict[str, Any]]
) -> None:
    snapshot = a_world(latencies, told)
    plan = decide_with_advice(snapshot, Policy(), NOW)
    promised = {name: snapshot.nodes[f"{name}-1"].requested["cpu"] for name in SITES}
    for key, decision in plan.decisions.items():
        for where in decision.assignments:
            if where not in (placement.assignment for placement in snapshot.workloads[key].placements):
                promised[where.site] += snapshot.workloads[key].spec.requests_of(
                    snapshot.workloads[key].spec.variants[0]
                )["cpu"]
    assert all(asked <= ROOM for asked in promised.values())
