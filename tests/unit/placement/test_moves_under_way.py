# SPDX-License-Identifier: Apache-2.0
"""A move is resumed from the objects alone, finished, or given up."""

from typing import Any

import pytest

from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.plan import DecisionReason, Move
from aiworkload.snapshot.workload import MoveIntent, Placement, Service
from tests.builders import NOW, a_link, a_move, a_node, a_placement, a_status, a_workload, an_intent, assignment
from tests.expectations import Story, expect_moves, expect_serves_at, expect_stays

BEGUN = an_intent("fog", "cloud", "LatencyViolated", start=NOW - 40)


def on_the_way(
    *, ready: bool = False, intent: MoveIntent = BEGUN, node: str | None = "", **placement: object
) -> list[Placement]:
    target = a_placement("cloud", created=intent.start_time, ready=ready, intent=intent, node=node, **placement)
    return [a_placement("fog"), target]


def test_a_restarted_operator_goes_on_with_the_very_same_move(story: Story) -> None:
    found = story(placements=on_the_way())
    assert found.move == Move(assignment("fog"), assignment("cloud"), MoveTrigger.LATENCY_VIOLATED, NOW - 40)
    assert found.reason is DecisionReason.MOVES
    expect_serves_at(found, "cloud")
    assert found.next_check_at == NOW - 40 + 600


def test_a_move_goes_on_although_its_reason_has_gone(story: Story) -> None:
    expect_moves(story(placements=on_the_way(), plant_to={"fog": 1}), "cloud", "LatencyViolated")


def test_clients_are_still_served_by_the_source(story: Story) -> None:
    found = story(placements=on_the_way(), plant_to={"fog": 40, "cloud": 5})
    assert found.latency is not None
    assert found.latency.network_microseconds == 40_000


def test_a_replacement_of_a_cut_site_leaves_its_source_alone(story: Story) -> None:
    begun = an_intent("fog", "cloud", "SiteDisconnected", start=NOW - 40)
    found = story(placements=on_the_way(intent=begun), nodes={"fog": a_node("fog-1", site="fog", ready=False)})
    assert expect_moves(found, "cloud", "SiteDisconnected").keep_source is True
    assert found.kept == (assignment("fog"),)


def test_a_target_that_is_not_ready_in_time_is_given_up(story: Story) -> None:
    late = an_intent("fog", "cloud", start=NOW - 600)
    found = story(placements=on_the_way(intent=late))
    expect_stays(found, "fog", "given up", "not ready within readyTimeoutSeconds (600 s)")
    assert found.rolled_back is not None
    assert (found.rolled_back.target, found.rolled_back.started_at) == (assignment("cloud"), NOW - 600)
    assert found.kept == ()


def test_a_target_that_is_ready_at_last_is_not_given_up(story: Story) -> None:
    late = an_intent("fog", "cloud", start=NOW - 900)
    found = story(placements=on_the_way(intent=late, ready=True))
    expect_moves(found, "cloud", "BetterSite")
    assert found.next_check_at is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tiers": ["Fog"]}, "placement.tiers allows Fog"),
        ({"plant_to": {"cloud": 60}}, "above the target of 50 ms"),
        ({"nodes": {"cloud": a_node("cloud-1", site="cloud", ready=False)}}, "cloud has been Disconnected"),
    ],
)
def test_a_target_that_is_ruled_out_is_given_up_at_once(story: Story, change: dict[str, Any], words: str) -> None:
    found = story(placements=on_the_way(), **change)
    expect_stays(found, "fog", words)
    assert found.rolled_back is not None


def test_a_target_that_finds_no_room_is_given_up(story: Story) -> None:
    full = {"cloud": a_node("cloud-1", site="cloud", cpu="1", used_cpu="1")}
    assert story(placements=on_the_way(node=None), nodes=full).rolled_back is not None


def test_a_target_whose_site_is_gone_is_given_up(story: Story) -> None:
    placements = [a_placement("fog"), a_placement("nowhere", intent=an_intent("fog", "nowhere", start=NOW - 1))]
    expect_stays(story(placements=placements), "fog", "nowhere or its variant default is gone")


def test_a_target_of_stale_measurements_is_waited_for(story: Story) -> None:
    stale = a_link("plant", "cloud", 10, age=99)
    expect_moves(story(placements=on_the_way(), plant_to={"cloud": stale}), "cloud", "LatencyViolated")


def test_without_its_source_a_move_goes_on_and_one_that_fails_is_chosen_anew(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = on_the_way()[1]
    monkeypatch.setattr("tests.builders.Service", lambda name, _, intent: Service(name, assignment("fog"), intent))
    found = story(placements=[target])
    assert expect_moves(found, "cloud", "LatencyViolated").source == assignment("fog")
    found = story(placements=[target], tiers=["Fog"])
    assert found.rolled_back is not None
    assert found.reason is DecisionReason.PLACED
    expect_serves_at(found, "fog")
    nowhere = story(placements=[target], tiers=["Edge"])
    assert nowhere.reason is DecisionReason.INFEASIBLE
    assert nowhere.rolled_back is not None


SWITCHED = an_intent("fog", "cloud", "LatencyViolated", start=NOW - 40, switched=NOW - 5)


def test_after_the_switch_the_source_is_to_go(story: Story) -> None:
    found = story(placements=on_the_way(ready=True), serving="cloud", switch=SWITCHED)
    expect_serves_at(found, "cloud")
    assert found.kept == ()
    move = expect_moves(found, "cloud", "LatencyViolated")
    assert (move.source, move.started_at) == (assignment("fog"), NOW - 40)
    assert "cloud serves, fog is drained and removed" in found.message


def test_after_the_switch_and_the_removal_it_is_settled(story: Story) -> None:
    found = story(placements=on_the_way(ready=True)[1:], serving="cloud", switch=SWITCHED)
    assert found.reason is DecisionReason.STAYS
    assert found.move is None


def test_after_a_replacement_the_silent_source_is_kept_and_the_move_is_over(story: Story) -> None:
    switched = an_intent("fog", "cloud", "SiteDisconnected", start=NOW - 40, switched=NOW - 5)
    dark = {"fog": a_node("fog-1", site="fog", ready=False)}
    found = story(placements=on_the_way(ready=True), serving="cloud", switch=switched, nodes=dark)
    assert found.reason is DecisionReason.STAYS
    assert found.kept == (assignment("fog"),)


def test_after_a_loss_the_source_is_not_kept(story: Story) -> None:
    switched = an_intent("fog", "cloud", "SiteLost", start=NOW - 40, switched=NOW - 5)
    dark = {"fog": a_node("fog-1", site="fog", ready=False)}
    found = story(placements=on_the_way(ready=True), serving="cloud", switch=switched, nodes=dark)
    assert found.kept == ()


def test_an_old_intent_of_a_placement_that_was_left_is_no_move_under_way(story: Story) -> None:
    """The cloud was moved to long ago, and left since: its Deployment still remembers how it came to be."""
    old = an_intent("fog", "cloud", start=NOW - 9000)
    back = an_intent("cloud", "fog", "SiteDisconnected", start=NOW - 4000, switched=NOW - 3990)
    placements = on_the_way(intent=old, ready=True)
    found = story(placements=placements, serving="fog", switch=back)
    expect_stays(found, "fog")
    assert found.rolled_back is None


def test_a_switch_that_the_status_records_already_counts_once(story: Story) -> None:
    recorded = a_move("elsewhere", "fog", started=NOW - 40, ended=NOW - 5)
    switch = an_intent("elsewhere", "fog", start=NOW - 40, switched=NOW - 6)
    found = story(
        plant_to={"fog": 49, "cloud": 5},
        switch=switch,
        status=a_status(challenger=("cloud", NOW - 90), moves=[recorded]),
        migration={"minDwellSeconds": 0, "maxMovesPerHour": 2},
    )
    expect_moves(found, "cloud", "BetterSite")


def test_before_there_is_a_service_the_first_placement_is_where_it_serves(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.builders.Service", lambda *_: None)
    expect_stays(story(placements=[a_placement("fog", ready=False)]), "fog")


def test_a_service_that_reaches_everything_serves_at_the_oldest_ready_one(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.builders.Service", lambda name, _, intent: Service(name, None, intent))
    both = [a_placement("cloud", ready=False, created=NOW - 9000), a_placement("fog", created=NOW - 8000)]
    expect_serves_at(story(placements=both), "fog")
    alone = on_the_way(ready=True)[1:]
    expect_stays(story(placements=alone), "cloud")


def test_what_the_service_reaches_serves_and_nothing_without_one() -> None:
    both = [a_placement("fog"), a_placement("cloud")]
    assert a_workload(placements=both, serving="cloud").serving == (both[1],)
    assert a_workload().serving == ()
