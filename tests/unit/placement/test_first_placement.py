# SPDX-License-Identifier: Apache-2.0
"""Nothing stands: the best candidate that passes is taken."""

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import DecisionReason
from aiworkload.placement.policy import Policy
from tests.builders import NOW, a_placement, a_snapshot, a_workload, assignment
from tests.expectations import Story, decided, expect_serves_at


def test_the_best_candidate_is_taken_and_the_margin_told(story: Story) -> None:
    found = story(placements=[], plant_to={"cloud": 45})
    assert found.reason is DecisionReason.PLACED
    assert found.assignments == (assignment("fog"),)
    assert found.margin_points is not None
    assert found.margin_points > 0
    assert found.message.startswith("fog (default) has ")
    assert found.message.endswith("more than cloud")


def test_equal_candidates_are_taken_by_name(story: Story) -> None:
    expect_serves_at(story(placements=[]), "cloud")


def test_the_only_candidate_has_no_margin(story: Story) -> None:
    found = story(placements=[], plant_to={"cloud": 60})
    assert found.margin_points is None
    assert found.message.endswith("no other site fits")


def test_candidates_are_best_first_and_rejected_ones_last(story: Story) -> None:
    found = story(placements=[], plant_to={"cloud": 40})
    assert [c.assignment.site for c in found.candidates] == ["fog", "cloud", "plant"]


def test_the_figures_of_the_place_are_told(story: Story) -> None:
    found = story(placements=[], compute=12, plant_to={"cloud": 40})
    assert found.latency is not None
    assert found.latency.network_microseconds == 10_000
    assert found.latency.total_microseconds == 22_000
    assert found.latency.observed_at == NOW - 3
    assert found.latency_met is True
    assert found.cost_per_hour == "0.0125"


def test_what_is_being_deleted_does_not_stand(story: Story) -> None:
    assert story(placements=[a_placement("fog", deleting=True)]).reason is DecisionReason.PLACED


def test_a_workload_that_is_being_deleted_is_not_decided() -> None:
    workload = a_workload()
    going = a_workload("gone")
    snapshot = a_snapshot(workloads=[workload])
    object.__setattr__(going, "deleting", True)
    snapshot = a_snapshot(workloads=[workload, going])
    assert set(decide(snapshot, Policy(), NOW).decisions) == {workload.key}


def test_a_client_site_that_is_no_site_is_unknown_and_does_not_crash(story: Story) -> None:
    found = story(placements=[], clients=["nowhere"])
    assert found.reason is DecisionReason.PLACED
    assert found.latency_met is None


def test_an_empty_cluster_is_decided_too() -> None:
    assert decide(a_snapshot(), Policy(), NOW).next_check_at is None
    assert decided(a_snapshot(workloads=[a_workload()])).reason is DecisionReason.INFEASIBLE


def test_a_workload_is_named_by_namespace_and_name() -> None:
    assert str(a_workload().key) == "factory/detector"
