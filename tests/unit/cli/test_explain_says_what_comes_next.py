# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from aiworkload.cli.documents import explanation, next_step_sentence


def condition(kind: str, status: str, reason: str = "Because", message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def status(*conditions: dict[str, Any], **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a status
    return {"observedGeneration": 1, "conditions": list(conditions), **parts}


def test_without_a_status_it_asks_whether_the_operator_runs() -> None:
    assert "is it running?" in next_step_sentence({}, 1)


def test_an_old_status_is_said_to_be_old() -> None:
    assert "newest spec" in next_step_sentence(status(), 2)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("Stalled", "waits until this changes: no site fits"),
        ("Migrating", "the move goes on: no site fits"),
        ("Reconciling", "the rollout goes on: no site fits"),
    ],
)
def test_a_condition_in_the_way_is_told_in_its_own_words(kind: str, words: str) -> None:
    assert words in next_step_sentence(status(condition(kind, "True", message="no site fits")), 1)


def test_what_stops_it_outweighs_what_goes_on() -> None:
    found = next_step_sentence(status(condition("Migrating", "True"), condition("Stalled", "True")), 1)
    assert found.startswith("it waits")


def test_a_better_site_is_named_with_what_holds_the_move_back() -> None:
    challenger = {"site": "fog-1", "variant": "gpu", "sinceTime": "2026-11-23T18:00:00Z"}
    decision = {"message": "stays; minDwellSeconds: 12 s left", "challenger": challenger}
    found = next_step_sentence(status(decision=decision), 1)
    assert found == "fog-1 (gpu) has been better since 2026-11-23T18:00:00Z: stays; minDwellSeconds: 12 s left"


def test_with_nothing_going_on_nothing_happens() -> None:
    assert next_step_sentence(status(condition("Stalled", "False")), 1).startswith("nothing: it stays")


def test_the_document_carries_the_published_parts_as_they_are() -> None:
    workload = {"metadata": {"namespace": "default", "name": "detector", "generation": 1}, "spec": {}}
    published = status(placements=[{"site": "fog-1"}], moves=[{"toSite": "fog-1"}])
    document = explanation(workload, published, live=False)
    assert document["placements"] == published["placements"]
    assert document["moves"] == published["moves"]
    assert document["upToDate"] is True
    assert document["source"] == "Status"
    assert document["decision"] is None
