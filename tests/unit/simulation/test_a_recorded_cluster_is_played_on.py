# SPDX-License-Identifier: Apache-2.0
"""A snapshot is played on from what stands in it, and a link by the user's word is one more thing that may be so."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from aiworkload.cli.main import app
from aiworkload.simulation.recorded import scenario_of
from aiworkload.simulation.report import SimulationReport
from aiworkload.simulation.simulate import simulate
from aiworkload.snapshot.document.snapshot import from_document
from aiworkload.snapshot.document.what_if import with_link
from tests.unit.simulation.scenes import ROOT, of, ways

SAMPLE = ROOT / "manifests" / "snapshots" / "plant-fog-cloud.yaml"
POD = {"name": "detector-1", "node": "fog-1-a", "ready": True, "requests": {"cpu": "2", "memory": "4Gi"}}
STANDING = {"site": "fog-1", "variant": "int8", "uid": "there-already"}
AFTER_A_MINUTE = 60
"""The violation window."""


def document(**standing: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a placement
    """The sample with its detector standing at the gateway."""
    found: dict[str, Any] = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    found["workloads"][0]["placements"] = [STANDING | standing]
    return found


def played(milliseconds: int | None = None, **standing: Any) -> SimulationReport:  # noqa: ANN401 - any field
    """An hour from there, perhaps with another round trip between plant and gateway."""
    snapshot = from_document(document(**standing))
    if milliseconds is not None:
        snapshot = with_link(snapshot, "plant-7", "fog-1", milliseconds * 1000)
    return simulate(scenario_of(snapshot, "recorded"))


@pytest.mark.parametrize("standing", [{}, {"pods": [POD]}], ids=["by hand", "with its pods"])
def test_what_stands_serves_from_the_first_second_and_is_not_rolled_out_anew(standing: dict[str, Any]) -> None:
    detector = of(played(**standing), "defect-detector")
    assert (detector.first_answer_seconds, detector.unserved_seconds) == (0, 0)
    assert [stay.site for stay in detector.stays] == ["fog-1"]
    assert detector.moves == ()


def test_a_slower_link_drives_it_away_after_its_window_without_a_gap() -> None:
    detector = of(played(40), "defect-detector")
    assert ways(detector) == [("fog-1", "eu-central", "LatencyViolated")]
    assert detector.moves[0].start - detector.stays[0].begin >= AFTER_A_MINUTE
    assert detector.unserved_seconds == 0


def test_the_command_asks_what_if_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "now.yaml"
    file.write_text(yaml.safe_dump(document()), encoding="utf-8")
    asked = ["simulate", "--snapshot", str(file), "-o", "json", "--until", "20m"]
    here, there = (CliRunner().invoke(app, [*asked, *more]) for more in ([], ["--set-link", "plant-7:fog-1=40ms"]))
    assert [yaml.safe_load(result.stdout)["moves"] for result in (here, there)] == [0, 1]


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        ([], "say what to play"),
        (["x.yaml", "--snapshot", "y.yaml"], "say what to play"),
        (["x.yaml", "--set-link", "a:b=1ms"], "goes with --snapshot"),
        (["--snapshot", str(SAMPLE), "--set-link", "a:fog-1=1ms"], "no such Site"),
    ],
)
def test_what_cannot_be_played_is_told(options: list[str], cure: str) -> None:
    result = CliRunner().invoke(app, ["simulate", *options], env={"COLUMNS": "200"})
    assert result.exit_code != 0
    assert cure in result.stderr
