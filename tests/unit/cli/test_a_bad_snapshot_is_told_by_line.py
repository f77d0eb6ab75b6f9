# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aiworkload.cli.main import app
from aiworkload.cli.sources import MOST_PROBLEMS

BAD = """\
apiVersion: aiworkload.dev/v1alpha1
kind: Snapshot
takenTime: tomorrow
sites:
- metadata: {name: plant-7}
  spec:
    tier: edge
nodes:
- name: plant-7-a
  site: plant-7
  alocatable: {cpu: "4"}
- name: fog-a
  allocatable:
    cpu: 4 cores
links:
- from: plant-7
  rttP95Microseconds: 9000
workloads:
- metadata: {name: detector}
  spec:
    model: {uri: detector.onnx}
"""


def refused(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "s.yaml"
    file.write_text(text)
    result = CliRunner().invoke(app, ["plan", "--snapshot", str(file)])
    assert result.exit_code == 1
    assert result.stdout == ""
    return result.stderr.replace(f"{tmp_path}/", "").strip().split("\n")


def test_every_problem_is_told_at_once_with_line_field_value_and_cure(tmp_path: Path) -> None:
    assert refused(tmp_path, BAD) == [
        "error: s.yaml:3: takenTime ('tomorrow'): write a time as RFC 3339, for example 2026-11-23T18:41:22Z",
        "s.yaml:7: sites[0].spec.tier ('edge'): input should be 'Edge', 'Fog' or 'Cloud'",
        "s.yaml:11: nodes[0].alocatable: no such field; did you mean allocatable?",
        "s.yaml:14: nodes[1].allocatable.cpu ('4 cores'): write a Kubernetes quantity that is not negative, for example"
        " 500m, 2 or 4Gi",
        "s.yaml:16: links[0].to: is required: The other end",
        "s.yaml:21: workloads[0].spec.model.uri ('detector.onnx'): write where the model is as file://, pvc://, http://,"
        " https://, s3://, gs:// or oci:// and a path",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nodes:\n- {name: a, site: x}", "s.yaml:5: nodes[0].site ('x'): there is no Site 'x' in this file"),
        (
            "nodes:\n- {name: a}\n- {name: a}",
            "s.yaml:6: nodes[1].name ('a'): an earlier entry has the same name: give each its own, or remove one",
        ),
        ("links:\n- {from: a, to: b}", "s.yaml:5: links[0]: give rttP95Microseconds, or consecutiveLosses"),
        ("nodes: []\nnodes: []", "s.yaml:5 is neither YAML nor JSON: the key 'nodes' stands twice"),
        ("nodes: [{name: a, xyzzy: 3}]", "s.yaml:4: nodes[0].xyzzy (3): no such field; there is allocatable, labels"),
        ("sites: [{metadata: 3, spec: {tier: Edge}}]", "s.yaml:4: sites[0].metadata (3): write fields with"),
        (
            "sites: [{metadata: {name: a}, spec: {tier: Edge}, apiVersion: v1}]",
            "s.yaml:4: sites[0].apiVersion ('v1'): this version reads aiworkload.dev/v1alpha1",
        ),
        (
            "sites: [{metadata: {name: a}, spec: {tier: Edge}, status: {conditions: [{type: A, status: 'True', reason:"
            " a b, lastTransitionTime: 2026-11-23T18:00:00Z}]}}]",
            "s.yaml:4: sites[0].status.conditions[0].reason ('a b'): string should match pattern",
        ),
        ("nodes: {name: a}", "s.yaml:4: nodes: write a list, each entry beginning with '- '"),
        ("nodes: [a]", "s.yaml:4: nodes[0] ('a'): write fields with their values, indented below it"),
        ("nodes: [{name: a, labels: 3}]", "s.yaml:4: nodes[0].labels (3): write fields with their values"),
        ("---\nkind: Snapshot", "s.yaml holds 2 documents: a snapshot is one of kind: Snapshot"),
    ],
)
def test_what_contradicts_itself_is_told_too(tmp_path: Path, text: str, sentence: str) -> None:
    top = "apiVersion: aiworkload.dev/v1alpha1\nkind: Snapshot\ntakenTime: 2026-11-23T18:00:00Z\n"
    [told] = refused(tmp_path, f"{top}{text}\n")
    assert told.startswith(f"error: {sentence}")


def test_a_bad_json_file_is_told_by_line_too(tmp_path: Path) -> None:
    [told, *_] = refused(tmp_path, '{"apiVersion": "aiworkload.dev/v1alpha1",\n "kind": "Snapshots"}')
    assert told.startswith("error: s.yaml:1: takenTime: is required")
    assert refused(tmp_path, '{"kind": "Snapshots",\n')[0].startswith("error: s.yaml:2 is neither YAML nor JSON")


def test_of_very_many_problems_the_first_are_told(tmp_path: Path) -> None:
    sites = "".join(f"- {{metadata: {{name: s{n}}}, spec: {{tier: x}}}}\n" for n in range(30))
    top = "apiVersion: aiworkload.dev/v1alpha1\nkind: Snapshot\ntakenTime: 2026-11-23T18:00:00Z\nsites:\n"
    told = refused(tmp_path, top + sites)
    assert len(told) == MOST_PROBLEMS + 1
    assert told[-1] == "and 10 more"


def test_a_bad_object_beside_a_snapshot_is_told_by_its_own_file(tmp_path: Path) -> None:
    snapshot, file = tmp_path / "s.yaml", tmp_path / "w.yaml"
    snapshot.write_text("apiVersion: aiworkload.dev/v1alpha1\nkind: Snapshot\ntakenTime: 2026-11-23T18:00:00Z\n")
    file.write_text("apiVersion: aiworkload.dev/v1alpha1\nkind: AIWorkload\nmetadata: {name: w}\nspec:\n  modle: {}\n")
    result = CliRunner().invoke(app, ["plan", "--snapshot", str(snapshot), "-f", str(file)])
    assert result.exit_code == 1
    assert "w.yaml:5: spec.modle: no such field; did you mean model?" in result.stderr
    assert "w.yaml:4: spec.model: is required" in result.stderr
