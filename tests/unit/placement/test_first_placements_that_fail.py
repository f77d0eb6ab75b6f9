# SPDX-License-Identifier: Apache-2.0
"""A first placement that never gets ready is not waited for without end: the next best site is tried."""

from dataclasses import replace

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.placement.plan import DecisionReason
from tests.builders import NOW, a_move, a_placement, a_site, a_status, an_intent
from tests.expectations import Story, expect_moves, expect_serves_at, expect_stays

WARMING = [a_placement("fog", created=NOW - 700, ready=False)]


def unready(seconds: float, **status: object) -> AIWorkloadStatus:
    since = to_rfc3339(NOW - seconds)
    down = Condition(type="Ready", status=ConditionStatus.FALSE, reason="ReplicasNotReady", last_transition_time=since)
    return replace_conditions(a_status(**status), down)


def replace_conditions(status: AIWorkloadStatus, *conditions: Condition) -> AIWorkloadStatus:
    return status.model_copy(update={"conditions": conditions})


def test_it_moves_on_to_the_next_best_site_after_the_timeout(story: Story) -> None:
    found = story(placements=WARMING, status=unready(600))
    move = expect_moves(found, "cloud", "ResourcePressure")
    assert move.keep_source is False
    assert "no replica at fog got ready within readyTimeoutSeconds (600 s)" in found.message


def test_until_then_it_is_waited_for_and_looked_at_in_time(story: Story) -> None:
    found = story(placements=WARMING, status=unready(599))
    expect_stays(found, "fog")
    assert found.next_check_at == NOW + 1


def test_the_dwell_of_what_never_served_holds_nothing(story: Story) -> None:
    found = story(placements=WARMING, status=unready(600), migration={"minDwellSeconds": 9000})
    expect_moves(found, "cloud", "ResourcePressure")


def test_a_deployment_that_was_made_anew_has_its_own_time(story: Story) -> None:
    young = [a_placement("fog", created=NOW - 5, ready=False)]
    expect_stays(story(placements=young, status=unready(9000)), "fog")


def test_one_ready_replica_is_worth_waiting_for_the_others(story: Story) -> None:
    half = [replace(a_placement("fog", replicas=2, ready=False), ready_replicas=1)]
    expect_stays(story(placements=half, status=unready(9000), replicas=2), "fog")


def test_when_the_next_best_fails_too_the_one_after_it_is_tried(story: Story) -> None:
    places = {"cloud-2": a_site("cloud-2", tier="Cloud", per_hour="0.1")}
    failed = a_move("fog", "cloud", "ResourcePressure", ended=NOW - 5, failed=True)
    links = {"cloud": 5, "cloud-2": 20}
    found = story(placements=WARMING, plant_to=links, places=places, status=unready(1300, moves=[failed]))
    expect_moves(found, "cloud-2", "ResourcePressure")


def test_when_all_others_have_failed_it_waits_for_the_first_back_off_to_end(story: Story) -> None:
    failed = a_move("fog", "cloud", "ResourcePressure", ended=NOW - 5, failed=True)
    found = story(placements=WARMING, status=unready(1300, moves=[failed]))
    expect_serves_at(found, "fog")
    assert found.next_check_at == NOW + 295


def test_without_another_site_it_goes_on_waiting(story: Story) -> None:
    found = story(placements=WARMING, status=unready(9000), tiers=["Fog"])
    assert found.reason is DecisionReason.STAYS
    expect_stays(found, "fog", "fog stays, although no replica at fog got ready", "TierNotAllowed")


def test_what_came_by_a_move_is_no_first_placement(story: Story) -> None:
    arrived = a_move("cloud", "fog", ended=NOW - 9000)
    expect_stays(story(placements=WARMING, status=unready(9000, moves=[arrived])), "fog")
    moved = [replace(WARMING[0], intent=an_intent("cloud", "fog", start=NOW - 9000))]
    switch = an_intent("cloud", "fog", start=NOW - 9000, switched=NOW - 8000)
    expect_stays(story(placements=moved, switch=switch, status=unready(9000)), "fog")
