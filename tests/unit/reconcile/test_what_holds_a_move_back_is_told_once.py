# SPDX-License-Identifier: Apache-2.0
"""`MigrationSuppressed` says a new thing or nothing: another rule, or another target."""

from aiworkload.api.workload_status import AIWorkloadStatus, ChallengerStatus, DecisionStatus
from aiworkload.reconcile.notes import status_notes
from tests.builders import a_workload


def a_status(rule: str | None, target: str = "cloud") -> AIWorkloadStatus:
    """A status whose decision's message ends as the operator writes it."""
    held = f"; a move to {target} (LatencyViolated) is held back by {rule}" if rule else ""
    better = ChallengerStatus(site=target, variant="default", since_time="2026-11-23T10:00:00Z")
    message = f"fog is 80 ms from plant; fog stays for now{held}"
    decision = DecisionStatus(time="2026-11-23T10:00:00Z", reason="Stays", message=message, challenger=better)
    return AIWorkloadStatus(decision=decision)


def told(before: AIWorkloadStatus | None, after: AIWorkloadStatus) -> list[tuple[str, str]]:
    return [(note.reason, note.message) for note in status_notes(a_workload(status=before), after)]


def test_a_move_that_begins_to_wait_is_told_with_its_rule() -> None:
    sentence = "a move to cloud (LatencyViolated) is held back by violationSeconds (60 s), until 2026-11-23T10:01:00Z"
    rule = "violationSeconds (60 s), until 2026-11-23T10:01:00Z"
    assert told(None, a_status(rule)) == [("MigrationSuppressed", sentence)]
    assert told(a_status(None), a_status(rule)) == [("MigrationSuppressed", sentence)]


def test_the_same_rule_and_target_with_other_figures_is_not_told_again() -> None:
    before = a_status("violationSeconds (60 s), until 2026-11-23T10:01:00Z")
    assert told(before, a_status("violationSeconds (60 s), until 2026-11-23T10:02:00Z")) == []


def test_another_rule_and_another_target_are_told() -> None:
    before = a_status("violationSeconds (60 s), until 2026-11-23T10:01:00Z")
    assert len(told(before, a_status("minDwellSeconds (300 s), until 2026-11-23T10:05:00Z"))) == 1
    assert len(told(before, a_status("violationSeconds (60 s), until 2026-11-23T10:01:00Z", "hub"))) == 1


def test_a_place_that_is_not_better_by_enough_holds_nothing_back() -> None:
    assert told(None, a_status("minGainPoints (it would gain 3 points, and 10 are needed)")) == []
