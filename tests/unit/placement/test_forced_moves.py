# SPDX-License-Identifier: Apache-2.0
"""What breaks a requirement forces a move: at once, or after its window."""

from typing import Any

import pytest

from aiworkload.placement.plan import DecisionReason
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_status, a_variant, an_intent
from tests.expectations import Story, expect_held_back, expect_moves, expect_serves_at, expect_stays

YOUNG = [a_placement("fog", created=NOW - 1)]


@pytest.mark.parametrize(
    "spec",
    [
        {"boundary": "Site", "sites": ["cloud"]},
        {"tiers": ["Cloud"]},
        {"selector": {"big": "yes"}},
        {"variants": [a_variant("default", tiers=["Cloud"])]},
        {"variants": [a_variant("int8")]},
    ],
)
def test_a_spec_that_no_longer_allows_the_place_moves_it_at_once(story: Story, spec: dict[str, Any]) -> None:
    places = {"cloud": a_site("cloud", tier="Cloud", labels={"big": "yes"})}
    found = story(places=places, placements=YOUNG, **spec)
    move = expect_moves(found, "cloud", "SpecChanged")
    assert move.started_at == NOW
    assert move.keep_source is False
    expect_serves_at(found, "cloud")


def test_a_site_object_that_is_gone_moves_what_stood_there(story: Story) -> None:
    found = story(placements=[a_placement("elsewhere")])
    expect_moves(found, "cloud", "SpecChanged")
    assert "the Site elsewhere is gone" in found.message


def test_a_cut_site_is_replaced_at_once_and_what_runs_there_is_left_alone(story: Story) -> None:
    found = story(placements=YOUNG, nodes={"fog": a_node("fog-1", site="fog", ready=False)})
    move = expect_moves(found, "cloud", "SiteDisconnected")
    assert move.keep_source is True
    assert found.kept == (move.source,)
    assert "fog has been Disconnected since" in found.message


def test_a_lost_site_is_written_off(story: Story) -> None:
    sites = {"fog": a_site("fog", tier="Fog", connectivity="Lost")}
    nodes = {"fog": a_node("fog-1", site="fog", ready=False)}
    silent = {"fog": a_link("plant", "fog", None, losses=9)}
    found = story(places=sites, placements=YOUNG, nodes=nodes, plant_to=silent)
    assert expect_moves(found, "cloud", "SiteLost").keep_source is False
    assert found.kept == ()


@pytest.mark.parametrize(("seconds", "held"), [(44, True), (46, False)])
def test_a_way_without_answers_waits_until_it_is_known_whether_the_site_is_cut(
    story: Story, seconds: int, *, held: bool
) -> None:
    silent = {"fog": a_link("plant", "fog", None, losses=9)}
    missed = a_status(missed_since=NOW - seconds)
    found = story(plant_to=silent, status=missed, migration={"violationSeconds": 10})
    if held:
        expect_held_back(found, "known whether the site is cut off")
        assert found.next_check_at == NOW + 45 - seconds
    else:
        expect_moves(found, "cloud", "LatencyViolated")


def test_a_cut_site_whose_clients_are_cut_off_with_it_is_replaced_although_no_latency_is_known(story: Story) -> None:
    sites = {"plant": a_site("plant", connectivity="Disconnected", since=NOW - 1)}
    found = story(
        places=sites,
        nodes={"plant": a_node("plant-1", site="plant", ready=False)},
        placements=[a_placement("plant")],
        plant_to={"fog": a_link("fog", "plant", None, losses=9), "cloud": a_link("plant", "cloud", 9, age=40)},
    )
    expect_moves(found, "cloud", "SiteDisconnected")


def test_without_another_place_a_cut_site_keeps_its_workload(story: Story) -> None:
    found = story(nodes={"fog": a_node("fog-1", site="fog", ready=False), "cloud": None})
    assert found.reason is DecisionReason.INFEASIBLE
    expect_stays(found, "fog", "fog stays, although fog has been Disconnected", "no site fits")
    assert " 0 " not in found.message, "what is refused nowhere else is not counted"


def test_a_target_that_is_missed_moves_it_after_the_window(story: Story) -> None:
    found = story(plant_to={"fog": 60}, status=a_status(missed_since=NOW - 60))
    expect_moves(found, "cloud", "LatencyViolated")
    assert found.latency_met is False, "clients still see the old place"
    assert "60 ms, above the target of 50 ms" in found.message


def test_a_target_that_is_missed_waits_for_the_window(story: Story) -> None:
    found = story(plant_to={"fog": 60}, status=a_status(missed_since=NOW - 59))
    expect_held_back(found, "LatencyViolated", "violationSeconds")
    assert found.next_check_at == NOW + 1
    assert story(plant_to={"fog": 60}).next_check_at == NOW + 60, "the window begins with the first miss"


def test_a_target_that_is_missed_everywhere_moves_nothing(story: Story) -> None:
    found = story(plant_to={"fog": 60, "cloud": 70}, status=a_status(missed_since=NOW - 999))
    assert found.reason is DecisionReason.INFEASIBLE
    expect_stays(found, "fog", "60 ms", "LatencyUnreachable")


def test_a_target_that_is_missed_is_no_reason_to_go_into_the_unknown(story: Story) -> None:
    found = story(
        plant_to={"fog": 60, "cloud": a_link("plant", "cloud", 5, age=99)}, status=a_status(missed_since=NOW - 99)
    )
    expect_stays(found, "fog", "MeasurementsStale")


def test_a_path_that_is_lost_misses_the_target(story: Story) -> None:
    found = story(plant_to={"fog": a_link("plant", "fog", 9, losses=7)}, status=a_status(missed_since=NOW - 60))
    expect_moves(found, "cloud", "LatencyViolated")


def test_replicas_without_room_move_after_the_window(story: Story) -> None:
    full = {"fog": a_node("fog-1", site="fog", cpu="4", used_cpu="4")}
    waiting = [a_placement("fog", node=None, ready=False)]
    first = story(nodes=full, placements=waiting)
    expect_held_back(first, "ResourcePressure", "violationSeconds")
    assert first.challenger is not None
    assert first.challenger.since == NOW
    found = story(nodes=full, placements=waiting, status=a_status(challenger=("cloud", NOW - 60)))
    expect_moves(found, "cloud", "ResourcePressure")


def test_stale_measurements_hold_everything(story: Story) -> None:
    stale = a_link("plant", "fog", 10, age=95)
    found = story(plant_to={"fog": stale}, status=a_status(challenger=("cloud", NOW - 9999)), weights={"latency": 99})
    assert found.reason is DecisionReason.HELD
    expect_stays(found, "fog", "MeasurementsStale", "last 10 ms, measured 95 s ago")
    assert found.challenger is None
    assert found.latency_met is None
    assert found.latency is not None
    assert found.latency.stale


def test_a_cut_is_answered_although_measurements_are_stale(story: Story) -> None:
    stale = a_link("plant", "fog", 10, age=95)
    found = story(plant_to={"fog": stale}, nodes={"fog": a_node("fog-1", site="fog", ready=False)})
    expect_moves(found, "cloud", "SiteDisconnected")


def test_a_first_cycle_after_a_restart_does_not_move_for_unreported_sites(story: Story) -> None:
    sites = {name: a_site(name, tier="Fog", published=False) for name in ("fog", "cloud")}
    expect_stays(story(places=sites), "fog")


def test_a_switched_service_without_its_old_placement_is_settled(story: Story) -> None:
    found = story(switch=an_intent("cloud", "fog", start=NOW - 99, switched=NOW - 50))
    expect_stays(found, "fog", "fog (default) stays")
