# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.cli import snapshot as command
from aiworkload.cli.main import app
from aiworkload.cli.offline import read_snapshot
from aiworkload.cli.session import Target
from aiworkload.placement.decide import decide
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.document.redaction import redacted
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import UnreadableWorkload, WorkloadKey
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_workload

ROOT = Path(__file__).resolve().parents[3]
SECRET = "hunter2"  # noqa: S105 - it must not be found
SPEC = AIWorkloadSpec.model_validate(
    {
        "model": {"variants": [{"name": "a", "uri": f"https://me:{SECRET}@models.example/m?signature={SECRET}#x"}]},
        "server": {"env": [{"name": "TOKEN", "value": SECRET}], "args": [f"--password={SECRET}", "--verbose"]},
        "requirements": {"latency": {"p95Milliseconds": 50, "clients": [{"site": "plant-7"}]}},
    }
)
TAKEN = a_snapshot(
    sites=[a_site("plant-7", last_report_at=NOW - 3), a_site("fog-1", tier="Fog", last_report_at=NOW - 2)],
    links=[a_link("plant-7", "fog-1", 12)],
    workloads=[a_workload(spec=SPEC, placements=[a_placement("fog-1", "a")])],
)


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A context whose cluster is the snapshot above."""

    async def taken(_: Target) -> Snapshot:
        return TAKEN

    monkeypatch.setattr(command, "_taken", taken)
    file = tmp_path / "config"
    file.write_text("current-context: factory\ncontexts: [{name: factory, context: {}}]\n")
    return file


def recorded(kubeconfig: Path, *options: str) -> str:
    result = CliRunner().invoke(app, ["snapshot", "--kubeconfig", str(kubeconfig), *options])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_the_file_says_when_and_from_where(kubeconfig: Path) -> None:
    first, second, *_ = recorded(kubeconfig).split("\n")
    assert first.startswith("# Recorded 2027-01-15T08:00:00Z from the context 'factory' by kubectl-aiworkload ")
    assert "'redacted' stands for environment values and arguments" in second


@pytest.mark.parametrize("output", ["yaml", "json"])
def test_no_secret_is_in_it_and_names_stay(kubeconfig: Path, output: str) -> None:
    text = recorded(kubeconfig, "-o", output)
    assert SECRET not in text
    [workload] = yaml.safe_load(text)["workloads"]
    assert workload["spec"]["server"] == {"env": [{"name": "TOKEN", "value": "redacted"}], "args": ["redacted"] * 2}
    assert workload["spec"]["model"]["variants"][0]["uri"] == "https://models.example/m"


def test_the_same_is_decided_from_the_file(kubeconfig: Path, tmp_path: Path) -> None:
    file = tmp_path / "now.yaml"
    file.write_text(recorded(kubeconfig))
    found = read_snapshot(file)
    assert decide(found, Policy(), found.taken_at).decisions == decide(TAKEN, Policy(), NOW).decisions


def test_what_was_recorded_is_as_its_schema_says(kubeconfig: Path) -> None:
    schema = json.loads((ROOT / "docs" / "reference" / "snapshot.schema.json").read_text())
    Draft202012Validator(schema).validate(json.loads(recorded(kubeconfig, "-o", "json")))


def test_the_manifest_of_a_redacted_workload_is_no_change(kubeconfig: Path, tmp_path: Path) -> None:
    now, file = tmp_path / "now.yaml", tmp_path / "w.yaml"
    now.write_text(recorded(kubeconfig))
    manifest = {
        "apiVersion": "aiworkload.dev/v1alpha1",
        "kind": "AIWorkload",
        "metadata": {"name": "detector", "namespace": "factory"},
        "spec": SPEC.model_dump(mode="json", by_alias=True, exclude_unset=True),
    }
    file.write_text(yaml.safe_dump(manifest))
    result = CliRunner().invoke(app, ["plan", "--snapshot", str(now), "-f", str(file), "-o", "json"])
    assert json.loads(result.stdout)["objects"][0]["action"] == "None"


def test_redacting_twice_changes_nothing() -> None:
    assert redacted(redacted(SPEC)) == redacted(SPEC)
    bare = AIWorkloadSpec.model_validate({"model": {"uri": f"s3://models/m?k={SECRET}"}})
    assert redacted(bare).model.uri == "s3://models/m"


def test_an_object_that_cannot_be_read_is_left_out_and_named(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def taken(_: Target) -> Snapshot:
        old = UnreadableWorkload(WorkloadKey("factory", "old"), "u", 1, "1", "spec.model: Field required")
        return Snapshot(taken_at=NOW, unreadable=(old,))

    monkeypatch.setattr(command, "_taken", taken)
    result = CliRunner().invoke(app, ["snapshot", "--kubeconfig", str(kubeconfig)])
    assert result.exit_code == 0
    assert result.stderr == "warning: left out: AIWorkload factory/old: spec.model: Field required\n"


def test_a_context_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["snapshot", "--kubeconfig", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: cannot read the kubeconfig")
