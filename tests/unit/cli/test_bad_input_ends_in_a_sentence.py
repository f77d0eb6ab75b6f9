# SPDX-License-Identifier: Apache-2.0
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aiworkload.cli.files import read_files
from aiworkload.cli.main import app
from aiworkload.cli.output import BadInputError
from aiworkload.cli.policy import operator_policy

GOOD = "apiVersion: aiworkload.dev/v1alpha1\nkind: AIWorkload\nmetadata: {name: detector}\nspec: {}\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "file.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "is neither YAML nor JSON"),
        ("just text", "no Kubernetes object"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", "holds a v1 Pod: only AIWorkload and Site"),
        ("apiVersion: aiworkload.dev/v1alpha1\nkind: AIWorkload\n", "without metadata.name"),
        ("apiVersion: aiworkload.dev/v1alpha1\nkind: AIWorkload\nmetadata: text\n", "without metadata.name"),
        ("---\n---\n", "hold no objects"),
    ],
)
def test_a_file_that_cannot_be_planned_is_named_with_the_reason(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        read_files([written(tmp_path, text)])


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInputError, match=r"cannot read missing\.yaml"):
        read_files([Path("missing.yaml")])


def test_sites_come_before_workloads_and_json_is_yaml(tmp_path: Path) -> None:
    site = '{"apiVersion": "aiworkload.dev/v1alpha1", "kind": "Site", "metadata": {"name": "fog-1"}}'
    documents = read_files([written(tmp_path, f"{GOOD}---\n{site}\n")])
    assert [document["kind"] for document in documents] == ["Site", "AIWorkload"]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(GOOD))
    assert [document["metadata"]["name"] for document in read_files([Path("-")])] == ["detector"]


@pytest.mark.parametrize("command", [["explain", "detector"], ["plan", "-f", "missing.yaml"]])
def test_a_kubeconfig_that_is_not_there_is_one_sentence_and_code_1(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--kubeconfig", "/nowhere/config"])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: cannot read the kubeconfig /nowhere/config")


def test_an_unknown_context_is_said_with_the_cure(tmp_path: Path) -> None:
    config = written(tmp_path, "contexts: []\n")
    result = CliRunner().invoke(app, ["explain", "x", "--kubeconfig", str(config), "--context", "other"])
    assert result.exit_code == 1
    assert "has no context 'other': see `kubectl config get-contexts`" in result.stderr


def test_a_bad_setting_of_the_operator_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIWORKLOAD_POLICY_LOST_SECONDS", "never")
    with pytest.raises(BadInputError, match="AIWORKLOAD_POLICY_LOST_SECONDS"):
        operator_policy()


def test_help_teaches_with_examples() -> None:
    shown = CliRunner().invoke(app, ["plan", "--help"])
    assert shown.exit_code == 0
    assert "kubectl aiworkload plan -f defect-detector.yaml" in shown.stdout
