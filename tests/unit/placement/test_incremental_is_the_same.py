# SPDX-License-Identifier: Apache-2.0
"""A plan brought up to date is the plan made anew, whatever has happened in between."""

import re
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Decision, Plan
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment
from tests.builders import a_link, a_node, a_placement, a_site, a_snapshot, a_variant, a_workload
from tests.expectations import points_of
from tests.unit.placement.happenings import next_snapshot
from tests.unit.placement.worlds import DICE, a_world, examples

_WINDOWS = re.compile("minDwellSeconds|violationSeconds|failbackSeconds|the # s after which[^,]*")


@examples(30)
@given(DICE, st.integers(1, 8), st.sampled_from([Policy(), Policy(max_moves_per_hour=2, max_forced_moves_per_cycle=1)]))
def test_after_any_sequence_of_changes_it_is_the_plan_made_anew(dice: Random, steps: int, policy: Policy) -> None:
    snapshot = a_world(dice)
    plan = decide(snapshot, policy, snapshot.taken_at)
    for _ in range(steps):
        snapshot = next_snapshot(dice, snapshot, plan)
        plan = decide(snapshot, policy, snapshot.taken_at, before=plan)
        expect_the_same(plan, decide(snapshot, policy, snapshot.taken_at), snapshot)


@examples(15)
@given(DICE)
def test_where_nothing_has_changed_no_settled_workload_is_decided_anew(dice: Random) -> None:
    snapshot = a_world(dice)
    plan = decide(snapshot, Policy(), snapshot.taken_at)
    again = decide(snapshot, Policy(), snapshot.taken_at, before=plan)
    settled = {
        key
        for key, workload in snapshot.workloads.items()
        if set(plan.decisions[key].assignments) <= {placement.assignment for placement in workload.placements}
        and all(pod.node for placement in workload.placements for pod in placement.pods)
        and plan.decisions[key].move is None
    }
    assert not again.fresh & {key for key in settled if _has_its_replicas(snapshot, key)}
    assert again.decisions == plan.decisions


def test_what_stands_feels_the_room_that_is_left_beside_it() -> None:
    """It asks for nothing more itself, so no newcomer's question tells that its points for headroom are others."""
    workload = a_workload(cpu="8", placements=[a_placement("fog")])
    snapshot = a_snapshot(sites=[a_site("fog"), a_site("cloud", tier="Cloud")], workloads=[workload])
    plan = decide(snapshot, Policy(), snapshot.taken_at)
    busier = a_node("fog-1", site="fog", used_cpu="7")
    later = replace(snapshot, nodes={**snapshot.nodes, "fog-1": busier})
    again = decide(later, Policy(), later.taken_at, before=plan)
    assert points_of(again.decisions[workload.key], "fog", "headroom") == 25
    expect_the_same(again, decide(later, Policy(), later.taken_at), later)


def test_what_a_standing_set_will_be_sent_takes_its_part_of_a_link_before_its_status_tells() -> None:
    """It stands and stays, so nothing of it is decided anew; and yet others may not count on what it will take."""
    asked: dict[str, Any] = {"target": 50, "clients": [("cam", 10)], "kibibytes": 75}
    spread = a_workload("a", placements=[a_placement("cloud")], min_sites=1, max_sites=2, **asked)
    newcomer = a_workload("b", **asked)
    links = [replace(a_link("cam", site, 5), bandwidth_kilobits=8_000) for site in ("cloud", "fog")]
    sites = [a_site("cam"), a_site("cloud", tier="Cloud"), a_site("fog", tier="Fog", per_hour="9")]
    snapshot = a_snapshot(
        sites=sites,
        links=links,
        workloads=[spread],
        nodes=[a_node("cloud-1", site="cloud"), a_node("fog-1", site="fog")],
    )
    plan = decide(snapshot, Policy(), snapshot.taken_at)
    later = replace(snapshot, workloads={**snapshot.workloads, newcomer.key: newcomer})
    again = decide(later, Policy(), later.taken_at, before=plan)
    expect_the_same(again, decide(later, Policy(), later.taken_at), later)
    assert again.decisions[newcomer.key].assignments == (Assignment("fog", "default"),)


def test_a_move_over_a_link_that_got_slower_costs_more() -> None:
    """The link joins where it stands to where it would go; no client is at either end."""
    model = a_variant("v0", sizeMebibytes=900)
    workload = a_workload(
        variants=[model], placements=[a_placement("hub", "v0")], profile="Cost", migration={"minGainPoints": 5}
    )
    sites = [a_site("hub", tier="Fog", per_hour="2"), a_site("fog", per_hour="0.1")]
    wide = replace(a_link("hub", "fog", 5), bandwidth_kilobits=100_000)
    snapshot = a_snapshot(sites=sites, links=[wide], workloads=[workload])
    plan = decide(snapshot, Policy(), snapshot.taken_at)
    narrow = replace(wide, bandwidth_kilobits=2_000)
    later = replace(snapshot, links={**snapshot.links, ("hub", "fog"): narrow})
    again = decide(later, Policy(), later.taken_at, before=plan)
    expect_the_same(again, decide(later, Policy(), later.taken_at), later)
    assert "minGainPoints" in (again.decisions[workload.key].suppressed or "")
    assert "minGainPoints" not in (plan.decisions[workload.key].suppressed or "")


def expect_the_same(found: Plan, anew: Plan, snapshot: Snapshot) -> None:
    assert found.decisions.keys() == anew.decisions.keys()
    assert found.sites_check_at == anew.sites_check_at
    assert {name: site.connectivity for name, site in found.seen.sites.items()} == {
        name: site.connectivity for name, site in anew.seen.sites.items()
    }
    for key, decision in found.decisions.items():
        told = f"{key}, {'decided anew' if key in found.fresh else 'kept'} at {snapshot.taken_at}"
        assert _gist(decision) == _gist(anew.decisions[key]), (
            f"{told}: {decision.message} | {anew.decisions[key].message}"
        )
        if key in found.fresh:
            assert _candidates(decision) == _candidates(anew.decisions[key]), told


def _gist(decision: Decision) -> dict[str, object]:
    """All but the ages and figures in sentences.

    Which window ends last is left open: one that no status tells yet begins anew with each plan.
    """
    latency = decision.latency
    return {
        "reason": decision.reason,
        "assignments": decision.assignments,
        "serves": dict(decision.serves),
        "kept": decision.kept,
        "move": decision.move,
        "rolled back": decision.rolled_back,
        "margin": decision.margin_points,
        "suppressed": decision.suppressed and _WINDOWS.sub("a window", re.sub(r"[\d.]+", "#", decision.suppressed)),
        "challenger": decision.challenger and decision.challenger.assignment,
        "latency": latency
        and (latency.network_microseconds, latency.compute_microseconds, latency.source, latency.stale),
        "met": decision.latency_met,
        "cost": decision.cost_per_hour,
    }


def _candidates(decision: Decision) -> list[tuple[object, ...]]:
    """All but by which rule a candidate is refused that several refuse: that is as of when it was last scored."""
    return [(c.assignment, c.points, c.feasible) for c in decision.candidates]


def _has_its_replicas(snapshot: Snapshot, key: object) -> bool:
    workload = snapshot.workloads[key]
    return all(len(p.pods) >= workload.spec.scaling.min_replicas for p in workload.placements)
