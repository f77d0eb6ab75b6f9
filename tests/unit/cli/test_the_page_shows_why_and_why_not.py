# SPDX-License-Identifier: Apache-2.0
from typing import Any

from rich.console import Console

from aiworkload.cli.documents import explanation
from aiworkload.cli.live import status_after
from aiworkload.cli.pages import explanation_page
from aiworkload.placement.decide import decide
from aiworkload.placement.policy import Policy
from tests.builders import a_link, a_placement, a_site, a_snapshot, a_workload

FACTORY = {"metadata": {"namespace": "factory", "name": "detector", "generation": 1}}


def page(document: dict[str, Any]) -> str:
    console = Console(width=200, record=True, quiet=False, file=_Nowhere())
    console.print(explanation_page(document))
    return console.export_text()


class _Nowhere:
    def write(self, _text: str) -> int:
        return 0

    def flush(self) -> None:
        """Nothing to flush."""


def decided(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - what a_workload takes
    workload = a_workload(target=50, clients=["plant-7"], **fields)
    snapshot = a_snapshot(
        sites=[a_site("plant-7"), a_site("fog-1", tier="Fog"), a_site("cloud", tier="Cloud")],
        links=[a_link("plant-7", "fog-1", 10), a_link("plant-7", "cloud", 90)],
        workloads=[workload],
    )
    plan = decide(snapshot, Policy(), snapshot.taken_at)
    return explanation(FACTORY, status_after(snapshot, plan, workload.key), live=True)


def test_each_candidate_stands_with_its_points_or_the_sentence_against_it() -> None:
    shown = page(decided(placements=[a_placement("plant-7")], serving="plant-7"))
    assert "factory/detector is at plant-7 (default, Serving)" in shown
    assert "decided just now" in shown
    assert "LatencyUnreachable: cloud is 90 ms from plant-7" in shown
    assert "latency 100 (weight 4" in shown


def test_brackets_in_a_message_are_text_and_not_markup() -> None:
    document = decided(placements=[a_placement("plant-7")], serving="plant-7")
    document["decision"]["message"] = "wants [bold] things"
    assert "wants [bold] things" in page(document)


def test_a_workload_that_nobody_has_decided_about_is_nowhere() -> None:
    shown = page(explanation({**FACTORY, "spec": {}}, {}, live=False))
    assert "factory/detector is nowhere" in shown
    assert "is it running?" in shown


def test_latency_is_told_in_its_parts_with_its_target() -> None:
    document = explanation({**FACTORY, "spec": {"requirements": {"latency": {"p95Milliseconds": 50}}}}, {}, live=False)
    assert "unknown (target 50 ms p95)" in page(document)
    document["latency"] = {"totalP95Milliseconds": 12, "networkP95Milliseconds": 12, "source": "Measured"}
    assert "12 ms = network 12 ms + compute unknown, Measured (target 50 ms p95)" in page(document)


def test_the_page_says_what_would_change_it() -> None:
    document = decided(placements=[a_placement("plant-7")], serving="plant-7")
    assert document["decision"]["overturns"]
    shown = page(document)
    assert "What would change it" in shown
    assert all(sentence in shown for sentence in document["decision"]["overturns"])


def test_of_many_candidates_ten_are_shown_and_the_refused_are_counted() -> None:
    document = decided(placements=[a_placement("plant-7")], serving="plant-7")
    refused = document["decision"]["candidates"][-1]
    document["decision"]["candidates"] = [*document["decision"]["candidates"][:1] * 12, *[refused] * 80]
    document["decision"]["rejected"] = [{"reason": refused["rejectReason"], "count": 80}]
    shown = page(document)
    assert shown.count("latency 100 (weight 4") == 10
    assert shown.count(refused["rejectMessage"]) == 1
    assert "80" in shown
