# SPDX-License-Identifier: Apache-2.0
"""A site that leaves a set is a move: remembered on the objects, one at a time, and not begun twice."""

from dataclasses import replace

from aiworkload.api.workload_status import PlacementState, PlacementStatus
from aiworkload.placement.plan import Decision, DecisionReason
from aiworkload.snapshot.workload import MoveIntent, Placement, Service
from tests.builders import (
    NOW,
    a_link,
    a_move,
    a_placement,
    a_site,
    a_snapshot,
    a_status,
    a_workload,
    an_intent,
    assignment,
)
from tests.expectations import decided, expect_moves, expect_serves_at

EAST, WEST, SPARE = (assignment(site) for site in ("east", "west", "spare"))
BOTH = (a_placement("east"), a_placement("west"))
WITHOUT_WEST = an_intent("west", "east", start=NOW - 11, switched=NOW - 10)
"""Traffic was told ten seconds ago that west leaves."""


def decision(
    *placements: Placement, switch: MoveIntent | None = None, cloud: bool = False, **workload: object
) -> Decision:
    """East serves both clients in time, west only p2; spare serves both and is the dearest."""
    paths = {("p1", "east"): 10, ("p2", "east"): 20, ("p1", "west"): 90, ("p2", "west"): 10}
    paths |= {(p, "spare"): 15 for p in ("p1", "p2")}
    sites = [a_site(name, tier="Fog", per_hour=price) for name, price in (("east", "1"), ("west", "1"), ("spare", "3"))]
    given = {"target": 50, "clients": ["p1", "p2"], "cpu": "4", "max_sites": 2, "placements": placements, **workload}
    made = replace(a_workload(**given), service=Service("detector", None, switch))
    sites += [a_site("cloud", tier="Cloud")] if cloud else []
    places = [*sites, *(a_site(p, hosts=False) for p in ("p1", "p2"))]
    return decided(a_snapshot(sites=places, links=[a_link(*pair, ms) for pair, ms in paths.items()], workloads=[made]))


def test_what_leaves_goes_to_the_one_that_serves_most_of_its_clients_from_then_on() -> None:
    served = PlacementStatus(site="west", variant="default", state=PlacementState.SERVING, clients=("p2",))
    status = a_status(challenger=("west", NOW - 90)).model_copy(update={"placements": (served,)})
    found = decision(*BOTH, status=status)
    assert expect_moves(found, "east", "BetterSite").source == WEST
    assert found.kept == ()


def test_a_site_that_is_being_drained_is_not_served_from_again() -> None:
    """By an operator that knows nothing but the Service's note."""
    found = decision(*BOTH, switch=WITHOUT_WEST)
    move = expect_moves(found, "east", "BetterSite")
    assert (move.source, move.started_at) == (WEST, NOW - 11)
    expect_serves_at(found, "east")


def test_what_is_recorded_and_not_yet_deleted_still_leaves() -> None:
    status = a_status(moves=[a_move("west", "east", started=NOW - 11, ended=NOW - 1)])
    found = decision(*BOTH, switch=WITHOUT_WEST, status=status)
    expect_serves_at(found, "east")
    assert found.move is None
    assert found.kept == ()


def test_what_came_back_to_a_site_after_it_was_left_serves() -> None:
    young = (a_placement("east"), a_placement("west", created=NOW - 5))
    expect_serves_at(decision(*young, switch=WITHOUT_WEST, min_sites=2), "east", "west")


def test_a_member_that_came_by_a_change_long_ago_is_no_change_under_way() -> None:
    """The status remembers the last ten moves only."""
    came = a_placement("east", intent=an_intent("spare", "east", start=NOW - 9000))
    later = an_intent("spare", "west", start=NOW - 5000, switched=NOW - 4990)
    found = decision(came, a_placement("west"), switch=later, min_sites=2)
    assert found.move is None
    assert found.reason is DecisionReason.STAYS


def test_a_member_that_ails_after_its_change_ended_is_not_given_up_as_a_failed_target() -> None:
    begun = an_intent("spare", "west", start=NOW - 5000)
    came = a_placement("west", created=NOW - 5000, ready=False, intent=begun)
    found = decision(a_placement("east"), came, switch=replace(begun, switch_time=NOW - 4990), min_sites=2)
    assert found.rolled_back is None
    expect_serves_at(found, "east", "west")


def test_a_change_whose_source_fell_silent_is_completed() -> None:
    new = a_placement("west", created=NOW - 20, intent=an_intent("gone", "west", start=NOW - 20))
    found = decision(a_placement("east"), new, min_sites=2)
    move = expect_moves(found, "west", "BetterSite")
    assert move.source.site == "gone"


def test_what_the_owner_ruled_out_leaves_by_a_move_of_its_own() -> None:
    found = decision(a_placement("east"), a_placement("cloud"), tiers=["Fog"], cloud=True)
    move = expect_moves(found, "east", "SpecChanged")
    assert move.source.site == "cloud"
    expect_serves_at(found, "east")


def test_several_too_many_leave_one_after_the_other() -> None:
    """West and spare came by themselves; both are one too many beside what the cheapest set of one needs."""
    found = decision(*BOTH, a_placement("spare"), a_placement("cloud"), cloud=True, max_sites=2)
    assert found.reason is DecisionReason.MOVES
    assert found.move is not None
    assert found.move.trigger.value == "Failback"
    assert len(found.assignments) == 3


def test_a_site_where_traffic_was_told_to_leave_goes_while_the_rest_is_one_too_many() -> None:
    standing = (*BOTH, a_placement("spare"), a_placement("cloud"))
    found = decision(*standing, cloud=True, switch=WITHOUT_WEST, max_sites=2)
    move = expect_moves(found, "east", "BetterSite")
    assert move.source == WEST
    expect_serves_at(found, "cloud", "east", "spare")


def test_what_came_by_a_change_at_its_own_site_is_not_what_leaves_it() -> None:
    begun = an_intent("west", "west", start=NOW - 60)
    new = a_placement("west", created=NOW - 60, intent=begun)
    found = decision(a_placement("east"), new, switch=replace(begun, switch_time=NOW - 10), min_sites=2)
    expect_serves_at(found, "east", "west")
    assert found.move is None
