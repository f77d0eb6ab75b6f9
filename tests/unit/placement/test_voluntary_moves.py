# SPDX-License-Identifier: Apache-2.0
"""A better site, or a way back: only when it lasts, is worth it, and does not come too often."""

import pytest

from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.placement.plan import DecisionReason
from tests.builders import NOW, a_move, a_node, a_placement, a_site, a_status, an_intent, assignment
from tests.expectations import Story, expect_held_back, expect_moves, expect_stays

BETTER = {"fog": 49, "cloud": 5}
"""Fog is just within the target, the cloud well within: more than 10 points apart."""

BACK = a_move("cloud", "fog", "SiteDisconnected", ended=NOW - 5000)


def lasting(seconds: float = 60.0, **more: object) -> AIWorkloadStatus:
    return a_status(challenger=("cloud", NOW - seconds), **more)


def test_a_better_site_is_moved_to_when_it_lasts(story: Story) -> None:
    move = expect_moves(story(plant_to=BETTER, status=lasting()), "cloud", "BetterSite")
    assert move.source == assignment("fog")


def test_a_better_site_waits_for_its_window(story: Story) -> None:
    found = story(plant_to=BETTER, status=lasting(59))
    expect_held_back(found, "violationSeconds", "BetterSite")
    assert found.challenger is not None
    assert found.challenger.since == NOW - 59
    assert found.next_check_at == NOW + 1


def test_a_challenger_of_another_name_begins_anew(story: Story) -> None:
    found = story(plant_to=BETTER, status=a_status(challenger=("elsewhere", NOW - 9999)))
    assert found.challenger is not None
    assert (found.challenger.assignment, found.challenger.since) == (assignment("cloud"), NOW)


def test_too_small_a_gain_is_held_back_for_good(story: Story) -> None:
    found = story(plant_to=BETTER, status=lasting(9999), migration={"minGainPoints": 99})
    expect_held_back(found, "minGainPoints", "99 are needed")
    assert found.next_check_at is None


def test_an_equal_site_is_not_wanted_at_all(story: Story) -> None:
    found = story(status=lasting(9999))
    assert found.reason is DecisionReason.STAYS
    assert (found.suppressed, found.challenger) == (None, None)
    expect_stays(found, "fog", "more than cloud")


def test_dwell_holds_a_young_placement(story: Story) -> None:
    young = [a_placement("fog", created=NOW - 299)]
    found = story(plant_to=BETTER, status=lasting(), placements=young)
    expect_held_back(found, "minDwellSeconds")
    assert found.next_check_at == NOW + 1


def test_dwell_counts_from_the_end_of_the_last_move(story: Story) -> None:
    arrived = a_move("cloud", "fog", ended=NOW - 299)
    expect_held_back(story(plant_to=BETTER, status=lasting(moves=[arrived])), "minDwellSeconds")


def test_dwell_counts_from_the_switch_even_before_the_status_knows_it(story: Story) -> None:
    switch = an_intent("elsewhere", "fog", start=NOW - 30, switched=NOW - 20)
    expect_held_back(story(plant_to=BETTER, status=lasting(), switch=switch), "minDwellSeconds")


def test_a_failed_move_elsewhere_does_not_begin_the_dwell_anew(story: Story) -> None:
    failed = a_move("fog", "elsewhere", ended=NOW - 10, failed=True)
    expect_moves(story(plant_to=BETTER, status=lasting(moves=[failed])), "cloud", "BetterSite")


@pytest.mark.parametrize(("spent", "held"), [(4, True), (3, False)])
def test_the_budget_of_moves_in_an_hour_holds(story: Story, spent: int, *, held: bool) -> None:
    moves = [a_move("cloud", "fog", ended=NOW - 3000 + n) for n in range(spent)]
    found = story(plant_to=BETTER, status=lasting(moves=moves))
    if held:
        expect_held_back(found, "maxMovesPerHour (4 of 4 are spent)")
        assert found.next_check_at == NOW + 600
    else:
        expect_moves(found, "cloud", "BetterSite")


def test_moves_of_more_than_an_hour_ago_are_forgotten(story: Story) -> None:
    moves = [a_move("cloud", "fog", ended=NOW - 3601 - n) for n in range(9)]
    expect_moves(story(plant_to=BETTER, status=lasting(moves=moves)), "cloud", "BetterSite")


@pytest.mark.parametrize(
    ("failures", "ago", "held"), [(1, 299, True), (1, 300, False), (2, 599, True), (2, 600, False)]
)
def test_a_target_that_failed_is_left_alone_for_twice_as_long_each_time(
    story: Story, failures: int, ago: int, *, held: bool
) -> None:
    moves = [a_move("fog", "cloud", ended=NOW - ago - n * 5000, failed=True) for n in range(failures)]
    found = story(plant_to=BETTER, status=lasting(moves=moves))
    if held:
        expect_stays(found, "fog")
        assert found.next_check_at == NOW + 1
    else:
        expect_moves(found, "cloud", "BetterSite")


def test_a_success_ends_the_row_of_failures(story: Story) -> None:
    moves = [
        a_move("fog", "cloud", ended=NOW - 310, failed=True),
        a_move("fog", "cloud", ended=NOW - 4000),
        a_move("fog", "cloud", ended=NOW - 5000, failed=True),
    ]
    expect_moves(story(plant_to=BETTER, status=lasting(moves=moves)), "cloud", "BetterSite")


def test_when_the_only_target_keeps_failing_the_message_says_so(story: Story) -> None:
    failed = a_move("fog", "cloud", ended=NOW - 10, failed=True)
    found = story(plant_to={"fog": 60}, status=a_status(missed_since=NOW - 99, moves=[failed]))
    expect_stays(found, "fog", "moves to cloud have failed")


def test_a_site_it_was_driven_from_is_returned_to_after_the_longer_window(story: Story) -> None:
    expect_moves(story(status=lasting(600, moves=[BACK])), "cloud", "Failback")
    found = story(status=lasting(599, moves=[BACK]))
    expect_held_back(found, "failbackSeconds", "Failback")


def test_a_return_waits_for_the_site_to_be_well_for_as_long(story: Story) -> None:
    sites = {"cloud": a_site("cloud", tier="Cloud", per_hour="0.1", since=NOW - 500)}
    expect_held_back(story(places=sites, status=lasting(900, moves=[BACK])), "failbackSeconds")


def test_a_site_that_is_worse_is_not_returned_to(story: Story) -> None:
    expect_stays(story(plant_to={"cloud": 45}, status=lasting(900, moves=[BACK])), "fog")


def test_a_move_of_its_own_accord_makes_a_new_home(story: Story) -> None:
    moves = [a_move("plant", "fog", "BetterSite", ended=NOW - 4000), BACK]
    found = story(status=lasting(900, moves=moves))
    expect_stays(found, "fog")
    assert found.suppressed is None


def test_what_was_left_running_at_a_healed_site_is_kept_until_the_window_is_over(story: Story) -> None:
    detached = [a_placement("fog"), a_placement("cloud")]
    sites = {"cloud": a_site("cloud", tier="Cloud", per_hour="0.1", since=NOW - 100)}
    found = story(places=sites, placements=detached, status=a_status(moves=[BACK]))
    assert found.kept == (assignment("cloud"),)
    expect_held_back(found, "Failback")
    back = story(placements=detached, status=lasting(600, moves=[BACK]))
    assert expect_moves(back, "cloud", "Failback").target == assignment("cloud")


def test_what_was_left_running_is_given_up_when_it_is_not_wanted_after_two_windows(story: Story) -> None:
    detached = [a_placement("fog"), a_placement("cloud")]
    found = story(plant_to={"cloud": 45}, placements=detached, status=a_status(moves=[BACK]))
    assert found.kept == ()
    young = {"cloud": a_site("cloud", tier="Cloud", since=NOW - 1199)}
    found = story(plant_to={"cloud": 45}, places=young, placements=detached, status=a_status(moves=[BACK]))
    assert found.kept == (assignment("cloud"),)
    assert found.next_check_at == NOW + 1


def test_what_was_left_running_at_a_site_that_is_no_site_any_more_is_given_up(story: Story) -> None:
    detached = [a_placement("fog"), a_placement("nowhere")]
    gone = a_move("nowhere", "fog", "SiteDisconnected", ended=NOW - 5000)
    assert story(placements=detached, status=a_status(moves=[gone])).kept == ()


def test_what_was_left_running_is_returned_to_only_when_it_is_ready(story: Story) -> None:
    detached = [a_placement("fog"), a_placement("cloud", ready=False)]
    expect_stays(story(placements=detached, status=lasting(900, moves=[BACK])), "fog")


def test_whatever_stands_at_a_silent_site_is_left_alone(story: Story) -> None:
    detached = [a_placement("fog"), a_placement("cloud")]
    found = story(nodes={"cloud": a_node("cloud-1", site="cloud", ready=False)}, placements=detached)
    assert found.kept == (assignment("cloud"),)
    degraded = {"cloud": a_site("cloud", tier="Cloud", connectivity="Degraded", since=NOW - 9)}
    assert story(places=degraded, placements=detached, status=a_status(moves=[BACK])).kept == (assignment("cloud"),)


def test_two_targets_that_take_turns_by_noise_do_not_reset_each_others_window(story: Story) -> None:
    near = {"cloud-2": a_site("cloud-2", tier="Cloud", per_hour="0.1")}
    links = {"fog": 49, "cloud": 29, "cloud-2": 28}
    found = story(plant_to=links, places=near, status=lasting(40))
    assert found.challenger is not None
    assert (found.challenger.assignment, found.challenger.since) == (assignment("cloud"), NOW - 40)


def test_a_target_that_is_clearly_better_takes_the_challengers_place(story: Story) -> None:
    near = {"cloud-2": a_site("cloud-2", tier="Cloud", per_hour="0.1")}
    links = {"fog": 49, "cloud": 40, "cloud-2": 5}
    found = story(plant_to=links, places=near, status=lasting(40))
    assert found.challenger is not None
    assert found.challenger.assignment == assignment("cloud-2")


def test_what_was_left_running_goes_at_once_when_the_boundary_has_been_tightened_meanwhile(story: Story) -> None:
    detached = [a_placement("fog"), a_placement("cloud")]
    healed = {"cloud": a_site("cloud", tier="Cloud", per_hour="0.1", since=NOW - 100)}
    assert story(places=healed, placements=detached, status=a_status(moves=[BACK])).kept == (assignment("cloud"),)
    private = story(places=healed, placements=detached, status=a_status(moves=[BACK]), boundary="Site", sites=["fog"])
    assert private.kept == ()
    other = story(places=healed, placements=detached, status=a_status(moves=[BACK]), tiers=["Fog"])
    assert other.kept == ()
