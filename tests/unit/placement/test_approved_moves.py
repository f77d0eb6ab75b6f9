# SPDX-License-Identifier: Apache-2.0
"""With `migration.mode: Manual` a person names the target, and the operator goes there or says why not."""

from aiworkload.placement.plan import DecisionReason
from tests.builders import NOW, a_link, a_move, a_node, a_placement, a_site, a_status, a_variant, assignment
from tests.expectations import Story, expect_held_back, expect_moves, expect_serves_at, expect_stays

MANUAL = {"mode": "Manual"}
YOUNG = [a_placement("fog", created=NOW - 1)]
DARK = {"fog": a_node("fog-1", site="fog", ready=False)}


def test_a_manual_workload_waits_for_approval_even_in_need(story: Story) -> None:
    found = story(migration=MANUAL, nodes=DARK)
    expect_held_back(found, "SiteDisconnected", "migration.mode Manual", "aiworkload.dev/approve-move-to: cloud")
    expect_serves_at(found, "fog")
    approved = story(migration=MANUAL, nodes=DARK, approved="cloud")
    assert expect_moves(approved, "cloud", "SiteDisconnected").keep_source is True
    expect_held_back(story(migration=MANUAL, nodes=DARK, approved="plant"), "Manual")


def test_an_approved_improvement_needs_no_window(story: Story) -> None:
    found = story(plant_to={"fog": 49}, placements=YOUNG, migration=MANUAL, approved="cloud")
    expect_moves(found, "cloud", "Manual")


def test_a_target_that_is_not_the_best_is_moved_to_when_it_is_approved(story: Story) -> None:
    places = {"fog-2": a_site("fog-2", tier="Fog", per_hour="0.1")}
    found = story(plant_to={"fog": 49, "cloud": 5, "fog-2": 20}, places=places, migration=MANUAL, approved="fog-2")
    assert "fog-2 was approved" in found.message
    expect_moves(found, "fog-2", "Manual")


def test_a_rescue_goes_where_it_was_approved_to(story: Story) -> None:
    places = {"fog-2": a_site("fog-2", tier="Fog", per_hour="0.1")}
    links = {"cloud": 5, "fog-2": 40}
    found = story(plant_to=links, places=places, nodes=DARK, migration=MANUAL, approved="fog-2")
    assert expect_moves(found, "fog-2", "SiteDisconnected").keep_source is True


def test_a_target_that_is_worse_than_the_standing_place_is_moved_to_when_it_is_approved(story: Story) -> None:
    expect_moves(story(plant_to={"cloud": 45}, migration=MANUAL, approved="cloud"), "cloud", "Manual")


def test_an_approved_target_is_moved_to_although_the_standing_latency_is_unknown(story: Story) -> None:
    stale = {"fog": a_link("plant", "fog", 10, age=95)}
    assert story(plant_to=stale, migration=MANUAL).reason is DecisionReason.HELD
    expect_moves(story(plant_to=stale, migration=MANUAL, approved="cloud"), "cloud", "Manual")


def test_of_two_variants_at_the_approved_site_the_better_one_goes(story: Story) -> None:
    variants = [a_variant("default", computeMilliseconds=30), a_variant("quick", computeMilliseconds=5)]
    found = story(plant_to={"fog": 19}, variants=variants, migration=MANUAL, approved="cloud")
    assert expect_moves(found, "cloud", "Manual").target == assignment("cloud", "quick")


def test_an_approved_site_that_cannot_host_it_is_said_with_the_reason(story: Story) -> None:
    found = story(plant_to={"cloud": 60}, migration=MANUAL, approved="cloud")
    expect_stays(found, "fog", "the approved site cloud is not moved to, because cloud is 60 ms from plant")
    nowhere = story(migration=MANUAL, approved="nowhere")
    expect_stays(nowhere, "fog", "the approved site nowhere is not moved to, because there is no such Site")


def test_an_approved_site_that_has_just_failed_is_tried_again_after_its_back_off(story: Story) -> None:
    failed = a_status(moves=[a_move("fog", "cloud", "Manual", ended=NOW - 10, failed=True)])
    found = story(migration=MANUAL, approved="cloud", status=failed)
    expect_stays(found, "fog", "a move to it has failed; it is tried again at")
    assert found.next_check_at == NOW + 290


def test_what_stands_at_the_approved_site_and_is_not_ready_is_waited_for(story: Story) -> None:
    leftovers = [a_placement("fog"), a_placement("cloud", ready=False)]
    found = story(migration=MANUAL, approved="cloud", placements=leftovers)
    expect_stays(found, "fog", "what stands there is not ready")


def test_an_approval_of_where_it_stands_and_one_in_auto_mode_change_nothing(story: Story) -> None:
    assert "approved" not in story(migration=MANUAL, approved="fog").message
    assert "approved" not in story(approved="cloud").message


def test_an_approval_outlasts_the_move_and_asks_for_no_other(story: Story) -> None:
    found = story(placements=[a_placement("cloud")], migration=MANUAL, approved="cloud", plant_to={"cloud": 45})
    expect_held_back(found, "migration.mode Manual")
    expect_serves_at(found, "cloud")
