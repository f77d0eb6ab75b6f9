# SPDX-License-Identifier: Apache-2.0
"""What stands of a set stays, unless it fails or a set one site away is better for long enough."""

from collections.abc import Mapping, Sequence

import pytest

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.placement.plan import Decision, DecisionReason
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import Placement
from tests.builders import (
    LONG_AGO,
    NOW,
    a_link,
    a_move,
    a_node,
    a_placement,
    a_site,
    a_snapshot,
    a_status,
    a_workload,
    an_intent,
    assignment,
)
from tests.expectations import decided, expect_held_back, expect_moves, expect_serves_at

EAST, WEST, CLOUD, SPARE = (assignment(site) for site in ("east", "west", "cloud", "spare"))
PRICES = {"east": "1", "west": "1", "cloud": "9", "spare": "1"}
NEAR = {("p1", "east"): 10.0, ("p2", "west"): 10.0, ("p1", "cloud"): 30.0, ("p2", "cloud"): 30.0}
BOTH = (a_placement("east"), a_placement("west"))
DEAD = [a_node("west-1", site="west", ready=False), a_node("west-2", site="west", used_cpu="8")]
"""The node that west serves on is gone, and the other one there is full."""


def decision(
    *placements: Placement,
    links: Mapping[tuple[str, str], float | None] | None = None,
    prices: Mapping[str, str] | None = None,
    states: Mapping[str, Site] | None = None,
    nodes: Sequence[Node] = (),
    age: float = 3.0,
    **workload: object,
) -> Decision:
    """East is near p1, west near p2, the cloud in reach of both and dear; spare is as far as nothing else."""
    costs = {**PRICES, **(prices or {})}
    paths: dict[tuple[str, str], float | None] = {(p, s): 90 for p in ("p1", "p2") for s in ("east", "west", "spare")}
    paths |= {**NEAR, **(links or {})}
    sites = {name: a_site(name, tier="Fog", per_hour=price) for name, price in costs.items()}
    sites |= {p: a_site(p, hosts=False) for p in ("p1", "p2")} | dict(states or {})
    told = {node.site for node in nodes}
    machines = [*(a_node(f"{name}-1", site=name) for name in costs if name not in told), *nodes]
    found = [a_link(*pair, ms, age=age) for pair, ms in paths.items()]
    given = {"target": 50, "clients": ["p1", "p2"], "cpu": "4", "max_sites": 2, "placements": placements, **workload}
    return decided(a_snapshot(sites=sites.values(), nodes=machines, links=found, workloads=[a_workload(**given)]))


def test_the_set_stays_when_nothing_changed() -> None:
    found = decision(*BOTH)
    assert found.reason is DecisionReason.STAYS
    expect_serves_at(found, "east", "west")
    assert found.kept == ()
    assert found.suppressed is None


def test_a_site_that_is_a_little_cheaper_is_no_reason() -> None:
    found = decision(*BOTH, prices={"spare": "0.9"}, links={("p2", "spare"): 10.0})
    expect_serves_at(found, "east", "west")
    expect_held_back(found, "BetterSite", "minGainPoints")
    assert "spare in place of west" in found.message


def test_a_swap_that_saves_enough_waits_for_its_window() -> None:
    cheap = {"prices": {"spare": "0.1"}, "links": {("p2", "spare"): 10.0}}
    waits = decision(*BOTH, **cheap, status=a_status(challenger=("spare", NOW - 30)))
    expect_held_back(waits, "violationSeconds")
    assert waits.challenger is not None
    assert waits.challenger.assignment == SPARE
    found = decision(*BOTH, **cheap, status=a_status(challenger=("spare", NOW - 90)))
    move = expect_moves(found, "spare", "BetterSite")
    assert move.source == WEST
    expect_serves_at(found, "east", "spare")
    assert found.kept == (WEST,)


def test_a_swap_waits_for_the_dwell_of_the_newest_site() -> None:
    young = (a_placement("east"), a_placement("west", created=NOW - 100))
    status = a_status(challenger=("spare", NOW - 90))
    found = decision(*young, prices={"spare": "0.1"}, links={("p2", "spare"): 10.0}, status=status)
    expect_held_back(found, "minDwellSeconds")


def test_sites_that_were_created_in_the_last_hour_are_moves() -> None:
    young = (a_placement("east"), a_placement("west", created=NOW - 1000))
    given = {"prices": {"spare": "0.1"}, "links": {("p2", "spare"): 10.0}, "migration": {"maxMovesPerHour": 1}}
    found = decision(*young, **given, status=a_status(challenger=("spare", NOW - 90)))
    expect_held_back(found, "maxMovesPerHour (1 placements were created")


def test_a_site_that_is_not_needed_any_more_is_dropped() -> None:
    given = {"links": {("p2", "east"): 10.0}, "status": a_status(challenger=("west", NOW - 90))}
    found = decision(*BOTH, **given)
    assert found.reason is DecisionReason.MOVES
    expect_serves_at(found, "east")
    assert "doing without west saves 50 % of the cost" in found.message
    assert expect_moves(found, "east", "BetterSite").source == WEST


def test_a_site_is_added_when_a_client_is_out_of_reach_for_long_enough() -> None:
    one = a_placement("east")
    waits = decision(one, status=a_status(missed_since=NOW - 30))
    expect_held_back(waits, "LatencyViolated", "violationSeconds")
    found = decision(one, status=a_status(missed_since=NOW - 90))
    expect_serves_at(found, "east", "west")
    assert found.move is None
    assert found.kept == ()
    assert "adding west meets the target of 1 requests a second more" in found.message


def test_what_is_replaced_is_kept_until_all_that_is_wanted_is_ready() -> None:
    intent = an_intent("west", "spare", start=NOW - 60)
    new = a_placement("spare", created=NOW - 60, ready=False, intent=intent)
    given = {"links": {("p2", "spare"): 10.0}, "prices": {"spare": "0.1"}}
    warming = decision(*BOTH, new, **given)
    expect_moves(warming, "spare", "BetterSite")
    expect_serves_at(warming, "east", "spare")
    assert warming.kept == (WEST,)
    ready = decision(*BOTH, a_placement("spare", created=NOW - 60, intent=intent), **given)
    expect_serves_at(ready, "east", "spare")
    assert ready.kept == ()


def test_a_replacement_that_is_not_ready_in_time_is_given_up_and_not_tried_again_at_once() -> None:
    intent = an_intent("west", "spare", start=NOW - 700)
    new = a_placement("spare", created=NOW - 700, ready=False, intent=intent)
    given = {"links": {("p2", "spare"): 10.0}, "prices": {"spare": "0.1"}}
    found = decision(*BOTH, new, **given)
    expect_serves_at(found, "east", "west")
    assert found.rolled_back is not None
    assert found.rolled_back.target == SPARE
    assert SPARE not in found.kept
    assert "spare was given up" in found.message
    record = a_move("west", "spare", ended=NOW - 10, started=NOW - 700, failed=True)
    after = decision(*BOTH, new, **given, status=a_status(moves=[record]))
    expect_serves_at(after, "east", "west")
    assert after.rolled_back is None
    assert after.suppressed is None


def test_a_silent_site_runs_on_and_its_clients_elsewhere_are_served_by_others() -> None:
    silent = {"west": a_site("west", tier="Fog", per_hour="1", connectivity="Disconnected")}
    found = decision(*BOTH, states=silent, links={("p2", "spare"): 20.0}, nodes=[a_node("w", site="west", ready=False)])
    expect_serves_at(found, "east", "spare")
    assert found.kept == (WEST,)
    assert found.serves == {EAST: ("p1",), SPARE: ("p2",)}
    assert "spare makes up for west" in found.message


def test_a_silent_site_whose_clients_fell_silent_with_it_is_not_made_up_for() -> None:
    dark = {name: a_site(name, tier="Fog", connectivity="Disconnected") for name in ("west", "p2")}
    found = decision(*BOTH, states=dark, nodes=[a_node(f"{name}-1", site=name, ready=False) for name in dark])
    expect_serves_at(found, "east")
    assert found.kept == (WEST,)


def test_a_site_that_came_back_may_be_one_too_many_until_it_has_proved_itself() -> None:
    three = (*BOTH, a_placement("spare"))
    near = {("p2", "spare"): 10.0}
    young = decision(*three, links=near, states={"west": a_site("west", tier="Fog", per_hour="1", since=NOW - 100)})
    expect_serves_at(young, "east", "spare", "west")
    assert young.next_check_at == NOW + 500
    found = decision(*three, links=near)
    assert len(found.assignments) == 2
    assert EAST in found.assignments
    assert found.kept == ()


def test_a_site_that_the_owner_ruled_out_is_replaced_at_once() -> None:
    cloud = {"cloud": a_site("cloud", tier="Cloud", per_hour="9")}
    found = decision(a_placement("east"), a_placement("cloud"), states=cloud, tiers=["Fog"])
    expect_serves_at(found, "east", "west")
    assert found.kept == (CLOUD,)
    ready = decision(*BOTH, a_placement("cloud"), states=cloud, tiers=["Fog"])
    assert ready.kept == ()


def test_a_site_whose_node_died_is_replaced_after_the_window() -> None:
    given = {"nodes": DEAD, "links": {("p2", "spare"): 20.0}}
    unready = (a_placement("east"), a_placement("west", ready=False))
    waits = decision(*unready, **given)
    expect_held_back(waits, "ResourcePressure", "violationSeconds")
    found = decision(*unready, **given, status=a_status(challenger=("spare", NOW - 90)))
    assert expect_moves(found, "spare", "ResourcePressure").source == WEST
    expect_serves_at(found, "east", "spare")


def test_a_site_that_ails_stays_when_nothing_can_take_its_place() -> None:
    full = [a_node(f"{site}-1", site=site, used_cpu="8") for site in ("spare", "cloud")]
    found = decision(a_placement("east"), a_placement("west", ready=False), nodes=[*DEAD, *full])
    expect_serves_at(found, "east", "west")
    assert found.suppressed is None


def test_nothing_is_changed_while_a_path_is_unknown() -> None:
    found = decision(*BOTH, age=500.0, prices={"spare": "0.1"})
    assert found.reason is DecisionReason.HELD
    expect_serves_at(found, "east", "west")
    assert found.latency_met is None


def test_with_every_site_silent_all_run_on() -> None:
    states = {name: a_site(name, tier="Fog", connectivity="Disconnected") for name in PRICES}
    found = decision(*BOTH, states=states, nodes=[a_node(name, site=name, ready=False) for name in PRICES])
    expect_serves_at(found, "east", "west")
    assert "east, west run on alone" in found.message


def test_manual_changes_wait_for_an_approval_that_names_the_new_site() -> None:
    given = {"prices": {"spare": "0.1"}, "links": {("p2", "spare"): 10.0}, "migration": {"mode": "Manual"}}
    expect_held_back(decision(*BOTH, **given), "aiworkload.dev/approve-move-to: spare")
    found = decision(*BOTH, **given, approved="spare")
    expect_serves_at(found, "east", "spare")


def test_more_sites_asked_for_are_added_at_once() -> None:
    found = decision(*BOTH, min_sites=3, max_sites=3)
    assert found.reason is DecisionReason.PLACED
    assert len(found.assignments) == 3
    assert {EAST, WEST} < set(found.assignments)


@pytest.mark.parametrize("created", [LONG_AGO, NOW - 5])
def test_what_stands_twice_at_a_site_is_reduced_to_one(created: float) -> None:
    found = decision(*BOTH, a_placement("west", "old", created=created))
    expect_serves_at(found, "east", "west")
    assert found.kept == ()


def test_a_member_that_never_got_ready_is_replaced_and_the_message_says_how_long_it_was_waited_for() -> None:
    never = a_placement("west", created=NOW - 900, ready=False)
    unready = Condition(
        type="Ready", status=ConditionStatus.FALSE, reason="X", last_transition_time=to_rfc3339(NOW - 900)
    )
    status = a_status().model_copy(update={"conditions": (unready,)})
    found = decision(a_placement("east"), never, links={("p2", "spare"): 20.0}, status=status)
    assert expect_moves(found, "spare", "ResourcePressure").source == WEST
    assert "no replica at west got ready within readyTimeoutSeconds (600 s)" in found.message


def test_a_change_that_keeps_the_ceiling_says_so() -> None:
    dear = {"prices": {"west": "9", "east": "1"}, "links": {("p2", "east"): 20.0}, "max_cost": "1"}
    found = decision(*BOTH, **dear)
    expect_held_back(found, "LatencyViolated", "violationSeconds")
    assert "doing without west keeps maxPerHour" in found.message


def test_nothing_is_changed_for_the_better_while_one_path_in_use_is_unknown() -> None:
    """The other paths tell of a cheaper set all the while."""
    found = decision(*BOTH, prices={"spare": "0.1"}, links={("p2", "west"): None, ("p2", "spare"): 10.0})
    assert found.reason is DecisionReason.HELD
    assert found.suppressed is None
    expect_serves_at(found, "east", "west")


def test_when_every_member_ails_and_no_other_site_fits_all_stay() -> None:
    dead = [a_node("east-1", site="east", ready=False), a_node("east-2", site="east", used_cpu="8"), *DEAD]
    full = [a_node(f"{site}-1", site=site, used_cpu="8") for site in ("spare", "cloud")]
    unready = (a_placement("east", ready=False), a_placement("west", ready=False))
    found = decision(*unready, nodes=[*dead, *full])
    expect_serves_at(found, "east", "west")
    assert found.move is None
