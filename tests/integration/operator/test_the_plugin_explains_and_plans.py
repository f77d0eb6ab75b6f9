# SPDX-License-Identifier: Apache-2.0
"""`kubectl aiworkload` against a live cluster: what it says, and by which exit code."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo import manifests, processes
from demo.stage import Stage
from tests.integration.operator import words

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

NAME = "explained"


@pytest.fixture
def explained(stage: Stage) -> Iterator[str]:
    """A workload that serves in the cloud."""
    words.apply(stage, words.a_workload(NAME, tier="Cloud"))
    words.expect_settled(stage, NAME, "eu-central")
    yield NAME
    words.delete(stage, "aiw", NAME)


def plugin(stage: Stage, *arguments: str, stdin: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
    """Found by kubectl on the PATH, as a user's would be."""
    path = f"{processes.script('kubectl-aiworkload').parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [stage.cluster.kubectl, "aiworkload", *arguments],
        env={**os.environ, **processes.OPERATOR_SETTINGS, "PATH": path, "KUBECONFIG": str(stage.cluster.kubeconfig)},
        input=manifests.dump([stdin]) if stdin else None,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def planned(stage: Stage, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Exit code and document of a dry run."""
    answer = plugin(stage, "plan", "-f", "-", "-o", "json", stdin=document)
    assert answer.stderr == ""
    return answer.returncode, json.loads(answer.stdout)


def test_explain_names_every_site_with_points_or_the_sentence_against_it(stage: Stage, explained: str) -> None:
    answer = plugin(stage, "explain", explained)
    assert answer.returncode == 0, answer.stderr
    assert f"default/{explained} is at eu-central (default, Serving)" in answer.stdout
    for site in ("fog-1", "plant-7", "plant-9"):
        assert f"TierNotAllowed: {site}" in " ".join(answer.stdout.split())


def test_deciding_anew_agrees_with_what_the_operator_wrote(stage: Stage, explained: str) -> None:
    written = json.loads(plugin(stage, "explain", explained, "-o", "json").stdout)
    anew = json.loads(plugin(stage, "explain", explained, "--live", "-o", "json").stdout)
    assert (written["source"], anew["source"]) == ("Status", "Live")
    assert written["placements"] == anew["placements"]
    feasible = [[c["site"], c["feasible"]] for c in written["decision"]["candidates"]]
    assert feasible == [[c["site"], c["feasible"]] for c in anew["decision"]["candidates"]]


def test_a_workload_that_is_not_there_is_one_sentence_and_code_1(stage: Stage) -> None:
    answer = plugin(stage, "explain", "nobody")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: no AIWorkload 'nobody' in namespace default")


def test_planning_what_stands_changes_nothing(stage: Stage, explained: str) -> None:
    code, document = planned(stage, words.a_workload(explained, tier="Cloud"))
    assert (code, document["changes"]) == (0, False)


def test_planning_what_kubectl_printed_changes_nothing(stage: Stage, explained: str) -> None:
    printed = json.loads(stage.cluster.run_kubectl("get", "aiw", explained, "-o", "json"))
    code, _ = planned(stage, printed)
    assert code == 0


def test_planning_a_change_tells_the_move_and_makes_none(stage: Stage, explained: str) -> None:
    before = stage.world.find("AIWorkload", explained, words.NAMESPACE)
    code, document = planned(stage, words.a_workload(explained, tier="Fog"))
    assert code == 2
    [workload] = document["workloads"]
    assert [place["site"] for place in workload["from"]] == ["eu-central"]
    assert workload["trigger"] == "SpecChanged"
    assert "fog-1" in workload["message"]
    after = stage.world.find("AIWorkload", explained, words.NAMESPACE)
    assert before
    assert after
    assert before["spec"] == after["spec"]


def test_planning_a_new_workload_tells_its_place_and_creates_none(stage: Stage) -> None:
    code, document = planned(stage, words.a_workload("imagined", tier="Fog"))
    assert code == 2
    assert document["objects"][0]["action"] == "Create"
    assert [place["site"] for place in document["workloads"][0]["to"]] == ["fog-1"]
    assert stage.world.find("AIWorkload", "imagined", words.NAMESPACE) is None


@pytest.mark.usefixtures("explained")
def test_a_changed_site_is_a_change(stage: Stage) -> None:
    [cloud] = [d for d in manifests.load(manifests.HERE / "sites.yaml") if d["metadata"]["name"] == "eu-central"]
    cloud["spec"]["nodeSelector"] = {"no": "such-node"}
    code, document = planned(stage, cloud)
    assert code == 2
    assert [(one["kind"], one["action"]) for one in document["objects"]] == [("Site", "Change")]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("colour", "red", 'unknown field "spec.colour"'),
        ("requirements", {"privacy": {"boundary": "Site"}}, "needs to know which sites"),
    ],
)
def test_a_bad_file_is_refused_in_the_api_servers_own_words(
    stage: Stage, field: str, value: object, sentence: str
) -> None:
    bad = words.a_workload("bad", tier="Fog")
    bad["spec"][field] = value
    answer = plugin(stage, "plan", "-f", "-", stdin=bad)
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: the API server refuses AIWorkload bad: ")
    assert sentence in answer.stderr


def test_a_recorded_cluster_decides_as_the_live_one(stage: Stage, explained: str, tmp_path: Path) -> None:
    recorded = plugin(stage, "snapshot")
    assert recorded.returncode == 0, recorded.stderr
    file = tmp_path / "now.yaml"
    file.write_text(recorded.stdout)
    answer = plugin(stage, "plan", "--snapshot", str(file), "-o", "json")
    assert (answer.returncode, answer.stderr) == (0, "")
    [workload] = [one for one in json.loads(answer.stdout)["workloads"] if one["name"] == explained]
    assert [place["site"] for place in workload["to"]] == ["eu-central"]
    live = json.loads(plugin(stage, "explain", explained, "--live", "-o", "json").stdout)
    feasible = {(one["site"], one["feasible"]) for one in workload["candidates"]}
    assert feasible == {(one["site"], one["feasible"]) for one in live["decision"]["candidates"]}


def test_a_slower_link_is_asked_of_the_live_cluster(stage: Stage, explained: str) -> None:
    answer = plugin(stage, "plan", "--set-link", "plant-7:fog-1=40ms", "-o", "json")
    assert answer.stderr == ""
    assert explained not in [one["name"] for one in json.loads(answer.stdout)["workloads"] if one["changes"]]
