# SPDX-License-Identifier: Apache-2.0
import pytest

from aiworkload.api.site import SiteSpec
from aiworkload.api.workload import AIWorkloadSpec
from demo import manifests, topology

WORKLOADS = sorted(
    path
    for path in manifests.SAMPLES.glob("*.yaml")
    if {document["kind"] for document in manifests.load(path)} == {"AIWorkload"}
)
"""Beside them lies a snapshot, which is a file for `plan` and no object."""


@pytest.mark.parametrize("path", WORKLOADS, ids=lambda path: path.stem)
def test_every_sample_says_only_what_the_api_knows(path: object) -> None:
    for document in manifests.load(path):
        spec = AIWorkloadSpec.model_validate(document["spec"], extra="forbid")
        assert spec.variants


def test_the_demo_plays_all_samples() -> None:
    assert {path.stem for path in WORKLOADS} == set(manifests.SAMPLE_NAMES)


def test_a_shortened_workload_differs_in_its_windows_only() -> None:
    [full] = manifests.load(manifests.SAMPLES / "realtime-detector.yaml")
    short = manifests.shortened(full)
    assert short["spec"]["migration"]["failbackSeconds"] == manifests.SHOW_WINDOWS["failbackSeconds"]
    assert full["spec"]["migration"]["failbackSeconds"] == 600
    assert {**short["spec"], "migration": None} == {**full["spec"], "migration": None}


def test_the_sites_are_those_of_the_topology() -> None:
    documents = manifests.load(manifests.HERE / "sites.yaml")
    assert [document["metadata"]["name"] for document in documents] == list(topology.NAMES)
    for document, place in zip(documents, topology.PLACES, strict=True):
        selector = SiteSpec.model_validate(document["spec"], extra="forbid").node_selector
        assert selector == {topology.SITE_LABEL: place.name}


def test_there_are_ten_nodes_and_three_of_them_have_a_gpu() -> None:
    nodes = [node for place in topology.PLACES for node in manifests.nodes(place)]
    assert len(nodes) == 10
    assert sum(manifests.GPU in node["status"]["allocatable"] for node in nodes) == 3


def test_what_the_demo_runs_as_processes_is_not_installed_as_pods() -> None:
    kinds = {"ServiceAccount", "Deployment", "DaemonSet", "ClusterRole"}
    left = manifests.installable({"kind": kind} for kind in kinds)
    assert {document["kind"] for document in left} == {"ServiceAccount", "ClusterRole"}


def test_every_two_sites_have_a_distance_in_both_directions() -> None:
    found = {pair: topology.round_trip_milliseconds(*pair) for pair in topology.directions()}
    assert len(found) == 12
    assert all(found[other, one] == milliseconds for (one, other), milliseconds in found.items())


def test_each_site_has_a_loopback_address_of_its_own() -> None:
    assert len({topology.agent_address(name) for name in topology.NAMES}) == len(topology.NAMES)
