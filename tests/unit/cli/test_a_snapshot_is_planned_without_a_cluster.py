# SPDX-License-Identifier: Apache-2.0
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from aiworkload.cli.main import app
from aiworkload.cli.offline import read_snapshot
from aiworkload.placement.decide import decide
from aiworkload.placement.policy import Policy

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "manifests" / "snapshots" / "plant-fog-cloud.yaml"


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((ROOT / "docs" / "reference" / f"{name}.schema.json").read_text()))


def planned(*options: str, snapshot: Path = SAMPLE) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["plan", "--snapshot", str(snapshot), "-o", "json", *options])
    assert result.stderr == ""
    return result.exit_code, json.loads(result.stdout)


def places(document: dict[str, Any], field: str = "to") -> dict[str, list[str]]:
    return {one["name"]: [place["site"] for place in one[field] or ()] for one in document["workloads"]}


def written(tmp_path: Path, document: object, name: str = "file.yaml") -> Path:
    file = tmp_path / name
    file.write_text(yaml.safe_dump(document))
    return file


def test_every_decision_of_the_engine_is_told() -> None:
    code, document = planned()
    snapshot = read_snapshot(SAMPLE)
    decisions = decide(snapshot, Policy(), snapshot.taken_at).decisions
    assert code == 2
    assert document["source"] == "Snapshot"
    assert places(document) == {key.name: [one.site for one in d.assignments] for key, d in decisions.items()}
    for one, decision in zip(document["workloads"], (d for _, d in sorted(decisions.items())), strict=True):
        assert len(one["candidates"]) == len(decision.candidates)
        assert one["marginPoints"] == decision.margin_points
        assert [c["rejectMessage"] for c in one["candidates"] if not c["feasible"]] == [
            c.rejection.message for c in decision.candidates if c.rejection
        ]


def test_a_points_measurement_is_told_with_its_source_and_age() -> None:
    _, document = planned()
    factors = [f for one in document["workloads"] for c in one["candidates"] for f in c["factors"]]
    measured = [f for f in factors if f["source"] == "Predicted"]
    assert measured
    assert all(isinstance(f["ageSeconds"], int) for f in measured)
    assert all(f["ageSeconds"] is None for f in factors if f["source"] is None)


def test_the_answer_and_the_sample_are_as_their_schemas_say() -> None:
    _, document = planned("--set-link", "plant-7:fog-1=600ms")
    schema("plan").validate(document)
    schema("snapshot").validate(yaml.safe_load(SAMPLE.read_text()))


def test_a_schema_refuses_what_the_reader_refuses() -> None:
    document = yaml.safe_load(SAMPLE.read_text())
    document["nodes"][0]["alocatable"] = {}
    assert [error.validator for error in schema("snapshot").iter_errors(document)] == ["additionalProperties"]


def test_what_if_a_link_were_slower() -> None:
    _, before = planned()
    code, after = planned("--set-link", "plant-7:fog-1=600ms")
    assert places(before)["defect-detector"] == ["fog-1"]
    assert places(after)["defect-detector"] != ["fog-1"]
    assert places(after, "otherwise") == places(before)
    assert [one["name"] for one in after["workloads"] if one["changes"]] == ["defect-detector"]
    assert code == 2


def test_a_link_that_stays_as_good_changes_nothing() -> None:
    assert planned("--set-link", "fog-1:plant-7=9ms")[0] == 0


def test_a_workload_of_a_file_is_put_in_place(tmp_path: Path) -> None:
    sample = yaml.safe_load(SAMPLE.read_text())
    bound = {**sample["workloads"][0], "apiVersion": "aiworkload.dev/v1alpha1", "kind": "AIWorkload"}
    bound["spec"]["placement"] = {"tiers": ["Cloud"]}
    _, document = planned("-f", str(written(tmp_path, bound)))
    assert document["objects"] == [
        {"kind": "AIWorkload", "namespace": "vision", "name": "defect-detector", "action": "Change"}
    ]
    assert places(document)["defect-detector"] == ["eu-central"]


def test_the_same_workload_again_changes_nothing(tmp_path: Path) -> None:
    sample = yaml.safe_load(SAMPLE.read_text())
    same = {**sample["workloads"][0], "apiVersion": "aiworkload.dev/v1alpha1", "kind": "AIWorkload"}
    code, document = planned("-f", str(written(tmp_path, same)))
    assert (code, document["objects"][0]["action"]) == (0, "None")


def test_a_new_site_takes_the_nodes_that_it_selects_and_no_other_site_has(tmp_path: Path) -> None:
    sample = yaml.safe_load(SAMPLE.read_text())
    sample["nodes"].append(
        {"name": "fog-2-a", "labels": {"site": "fog-2"}, "allocatable": {"cpu": 8, "memory": "32Gi"}}
    )
    sample["links"].append({"from": "plant-7", "to": "fog-2", "rttP95Microseconds": 3000})
    site = {
        "apiVersion": "aiworkload.dev/v1alpha1",
        "kind": "Site",
        "metadata": {"name": "fog-2"},
        "spec": {"tier": "Fog", "region": "eu", "nodeSelector": {"site": "fog-2"}},
    }
    snapshot = written(tmp_path, sample, "snapshot.yaml")
    _, document = planned("-f", str(written(tmp_path, site)), snapshot=snapshot)
    candidates = {one["site"]: one for one in document["workloads"][1]["candidates"]}
    assert candidates["fog-2"]["feasible"]


def test_a_directory_is_all_of_its_files(tmp_path: Path) -> None:
    site = {"apiVersion": "aiworkload.dev/v1alpha1", "kind": "Site", "spec": {"tier": "Fog"}}
    written(tmp_path, {**site, "metadata": {"name": "a"}}, "a.yaml")
    written(tmp_path, {**site, "metadata": {"name": "b"}}, "b.yml")
    (tmp_path / "c.json").write_text(json.dumps({**site, "metadata": {"name": "c"}}))
    (tmp_path / "notes.txt").write_text("not mine: [")
    _, document = planned("-f", str(tmp_path))
    assert [one["name"] for one in document["objects"]] == ["a", "b", "c"]


@pytest.mark.parametrize("output", ["table", "yaml"])
def test_it_is_written_for_people_too(output: str) -> None:
    result = CliRunner().invoke(
        app, ["plan", "--snapshot", str(SAMPLE), "-o", output, "--set-link", "plant-7:fog-1=600ms"]
    )
    assert result.exit_code == 2
    assert "defect-detector" in result.stdout
    assert ("OTHERWISE" in result.stdout) is (output == "table")


def test_the_smallest_snapshot_of_the_docs_is_planned(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    [example] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "small.yaml"
    file.write_text(example)
    _, document = planned(snapshot=file)
    assert places(document) == {"detector": ["cloud"]}


def test_a_site_that_is_not_ready_and_silent_is_disconnected(tmp_path: Path) -> None:
    sample = yaml.safe_load(SAMPLE.read_text())
    sample["sites"][1]["lastReportAgeSeconds"] = 40
    sample["nodes"][1]["ready"] = False
    _, document = planned(snapshot=written(tmp_path, sample))
    candidates = {one["site"]: one for one in document["workloads"][1]["candidates"]}
    assert candidates["fog-1"]["rejectReason"] == "SiteDisconnected"


@pytest.mark.parametrize(
    ("metadata", "options", "namespace"),
    [({}, [], "default"), ({}, ["-n", "vision"], "vision"), ({"namespace": "own"}, ["-n", "vision"], "own")],
)
def test_a_manifest_without_a_namespace_is_of_the_one_that_is_asked_for(
    tmp_path: Path, metadata: dict[str, str], options: list[str], namespace: str
) -> None:
    manifest = {
        "apiVersion": "aiworkload.dev/v1alpha1",
        "kind": "AIWorkload",
        "metadata": {"name": "new", **metadata},
        "spec": {"model": {"uri": "s3://models/new"}},
    }
    _, document = planned("-f", str(written(tmp_path, manifest)), *options)
    assert document["objects"][0]["namespace"] == namespace
