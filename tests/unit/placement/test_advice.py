# SPDX-License-Identifier: Apache-2.0
"""Where workloads compete for room, the solver of all together says who should stand where, and what room is worth."""

from dataclasses import replace
from typing import Any

import pytest

from aiworkload.placement.advice import Advice, Advised
from aiworkload.placement.advise import advise, decide_with_advice, reckoning_of
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload, WorkloadKey
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_status, a_workload, assignment
from tests.expectations import expect_held_back, expect_moves, expect_stays

LOW, HIGH = WorkloadKey("factory", "low"), WorkloadKey("factory", "high")
NEAR = {"latency": 10, "cost": 1, "bandwidth": 0, "headroom": 0, "connectivity": 1, "stability": 0}
"""Latency is nearly all that counts."""


def a_plant(*workloads: Workload, cpu: str = "4", **nodes: Node) -> Snapshot:
    """A plant with one small machine, whose clients all are, and a cloud 45 ms away with room for all."""
    sites = [a_site("plant-7"), a_site("cloud", tier="Cloud")]
    used = sum(3 for w in workloads for p in w.placements if p.site == "plant-7")
    known = {
        "plant": a_node("plant-7-1", site="plant-7", cpu=cpu, used_cpu=str(used)),
        "cloud": a_node("cloud-1", site="cloud", cpu="64"),
        **nodes,
    }
    return a_snapshot(sites=sites, nodes=known.values(), links=[a_link("plant-7", "cloud", 45)], workloads=workloads)


def a_detector(name: str, site: str | None = None, **given: object) -> Workload:
    """It asks for three of the plant's four cores."""
    fields: dict[str, Any] = {
        "target": 50,
        "clients": ["plant-7"],
        "cpu": "3",
        "weights": NEAR,
        "placements": [a_placement(site)] if site else [],
        **given,
    }
    return a_workload(name, **fields)


def advised(snapshot: Snapshot, before: Advice | None = None, policy: Policy | None = None) -> Advice:
    return advise(reckoning_of(decide(snapshot, policy or Policy(), NOW)), before)


def planned(snapshot: Snapshot, advice: Advice) -> Plan:
    return decide(snapshot, Policy(), NOW, advice=advice)


LATE = a_plant(a_detector("low", "plant-7"), a_detector("high", "cloud", priority=1000))
"""The one that matters more came when the plant was full."""


def test_who_matters_less_is_told_to_make_room_and_for_whom() -> None:
    found = advised(LATE).advised
    assert found[LOW].target == assignment("cloud")
    assert found[LOW].words == "it makes room at plant-7, where factory/high would gain 40 points"
    assert found[HIGH].target == assignment("plant-7")
    assert found[HIGH].gain == 40


def test_making_room_is_a_move_like_any_other() -> None:
    advice = advised(LATE)
    expect_held_back(planned(LATE, advice).decisions[LOW], "ResourcePressure", "violationSeconds")
    lasted = a_status(challenger=("cloud", NOW - 600))
    later = a_plant(a_detector("low", "plant-7", status=lasted), a_detector("high", "cloud", priority=1000))
    decision = planned(later, advice).decisions[LOW]
    expect_moves(decision, "cloud", "ResourcePressure")
    assert "factory/high would gain 40 points" in decision.message


def test_nobody_enters_before_there_is_room() -> None:
    expect_stays(planned(LATE, advised(LATE)).decisions[HIGH], "cloud")


def test_room_that_was_made_goes_to_whom_it_was_made_for() -> None:
    lasted = a_status(challenger=("plant-7", NOW - 600))
    made = a_plant(a_detector("low", "cloud", status=lasted), a_detector("high", "cloud", priority=1000, status=lasted))
    plan = planned(made, advised(made, advised(LATE)))
    expect_moves(plan.decisions[HIGH], "plant-7", "BetterSite")
    expect_stays(plan.decisions[LOW], "cloud")


def test_equals_do_not_push_each_other_out() -> None:
    found = advised(a_plant(a_detector("low", "plant-7"), a_detector("high", "cloud")))
    assert found.advised == {}


def test_a_newcomer_that_matters_more_gets_the_edge_site() -> None:
    snapshot = a_plant(a_detector("low", "plant-7"), a_detector("high", priority=1000))
    found = advised(snapshot)
    assert found.advised[LOW].words == "it makes room at plant-7, where factory/high would gain 40 points"
    assert found.advised[HIGH].target == assignment("plant-7")


def test_a_newcomer_with_nowhere_to_go_is_made_room_for() -> None:
    newcomer = a_detector("high", priority=1000, tiers=["Edge"])
    snapshot = a_plant(a_detector("low", "plant-7"), newcomer)
    assert advised(snapshot).advised[LOW].words.endswith("where factory/high would find room")


def test_what_stands_is_never_sent_nowhere() -> None:
    both = [a_detector("low", "plant-7", tiers=["Edge"]), a_detector("high", priority=1000, tiers=["Edge"])]
    assert advised(a_plant(*both)).advised == {}


def test_newcomers_together_are_placed_where_all_lose_least() -> None:
    """The first in line would take the plant, and lose little elsewhere."""
    easy = a_detector("low", created=1.0, weights={**NEAR, "latency": 1, "cost": 10})
    eager = a_detector("high", created=2.0)
    snapshot = a_plant(easy, eager)
    alone = decide(snapshot, Policy(), NOW).decisions
    assert alone[LOW].assignments == (assignment("plant-7"),)
    together = decide_with_advice(snapshot, Policy(), NOW).decisions
    assert together[LOW].assignments == (assignment("cloud"),)
    assert together[HIGH].assignments == (assignment("plant-7"),)


def test_where_all_have_room_nothing_is_scarce_and_nothing_is_advised() -> None:
    found = advised(a_plant(a_detector("low"), a_detector("high"), cpu="16"))
    assert (found.prices, found.advised, found.solved) == ({}, {}, False)


def test_what_only_a_person_moves_is_not_told_to_go() -> None:
    manual = a_detector("low", "plant-7", migration={"mode": "Manual"})
    assert advised(a_plant(manual, a_detector("high", "cloud", priority=1000))).advised == {}


def test_the_standing_plan_is_held_against_the_last_prices_before_anything_is_solved() -> None:
    first = advised(LATE)
    assert first.solved
    assert first.gap > first.reached
    again = advised(LATE, replace(first, reached=first.gap))
    assert not again.solved
    assert again.reached == first.gap / 2
    assert again.prices == first.prices
    assert again.gap == pytest.approx(first.gap)


def test_an_administrator_may_leave_more_open() -> None:
    found = advised(LATE, policy=Policy(advice_gap_percent=1000.0))
    assert (found.solved, found.advised) == (False, {})


def test_room_on_a_cordoned_machine_is_nobodys() -> None:
    cordoned = a_node("plant-7-1", site="plant-7", cpu="4", used_cpu="3", cordoned=True)
    snapshot = a_plant(a_detector("low", "plant-7"), a_detector("high", "cloud", priority=1000), plant=cordoned)
    assert HIGH not in advised(snapshot).advised


def test_prices_are_of_the_scarce_resource_where_it_is_scarce() -> None:
    prices = advised(LATE).prices
    assert prices.keys() == {"plant-7"}
    assert prices["plant-7"].keys() == {"cpu"}


def test_a_newcomer_that_takes_less_than_its_best_place_says_for_whose_sake() -> None:
    advice = Advice(advised={LOW: Advised(assignment("cloud"), 0, "all together lose least with it at cloud")})
    decision = planned(a_plant(a_detector("low")), advice).decisions[LOW]
    assert decision.assignments == (assignment("cloud"),)
    assert decision.message.endswith("; all together lose least with it at cloud")


def test_no_more_moves_are_advised_than_the_cluster_bears_and_no_half_exchange() -> None:
    sites = [a_site("cloud", tier="Cloud")]
    nodes, links, workloads = [a_node("cloud-1", site="cloud", cpu="64")], [], []
    for plant in ("plant-1", "plant-2"):
        sites.append(a_site(plant))
        nodes.append(a_node(f"{plant}-1", site=plant, cpu="4", used_cpu="3"))
        links.append(a_link(plant, "cloud", 45))
        workloads.append(a_detector(f"low-{plant}", plant, clients=[plant]))
        workloads.append(a_detector(f"high-{plant}", "cloud", clients=[plant], priority=1000))
    snapshot = a_snapshot(sites=sites, nodes=nodes, links=links, workloads=workloads)
    assert len(advised(snapshot).advised) == 4
    fewer = advised(snapshot, policy=Policy(max_moves_per_hour=3)).advised
    assert {key.name for key in fewer} == {"low-plant-1", "high-plant-1"}
    assert len(advised(snapshot, policy=Policy(max_moves_per_hour=1)).advised) == 2


def test_what_has_to_go_anyway_shares_the_room_there_is() -> None:
    """The plant's machine is down; the fog site has room for one of the two."""
    both = [a_detector("low", "plant-7"), a_detector("high", "plant-7", priority=1000)]
    down = a_node("plant-7-1", site="plant-7", cpu="8", used_cpu="6", ready=False)
    snapshot = a_plant(*both, plant=down, fog=a_node("fog-1", site="fog", cpu="4"))
    fog = a_site("fog", tier="Fog")
    snapshot = a_snapshot(
        sites=[*(replace(site, nodes=()) for site in snapshot.sites.values()), fog],
        nodes=snapshot.nodes.values(),
        links=[*snapshot.links.values(), a_link("plant-7", "fog", 25)],
        workloads=both,
    )
    found = advised(snapshot).advised
    assert (found[HIGH].target, found[LOW].target) == (assignment("fog"), assignment("cloud"))
    assert found[LOW].words.startswith("it is a part of an exchange that gains ")


def test_a_price_of_what_is_gone_is_forgotten() -> None:
    gone = Advice(prices={"gone": {"cpu": 1.0}, "plant-7": {"tpu": 1.0}}, solved=True)
    assert advised(LATE, gone).prices.keys() == {"plant-7"}


def test_a_plan_of_somebody_else_is_refused() -> None:
    with pytest.raises(TypeError, match="carries its Reckoning"):
        reckoning_of(Plan(NOW))
