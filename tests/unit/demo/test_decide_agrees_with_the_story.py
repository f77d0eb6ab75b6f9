# SPDX-License-Identifier: Apache-2.0
"""The story's places are not scripted: the product's own decision function finds them from the demo's manifests."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from aiworkload.api.quantity import resources
from aiworkload.api.site import SiteSpec
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Decision
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload, WorkloadKey
from demo import manifests, topology
from tests.builders import NOW, a_link, a_site

PLACED = {
    "realtime-detector": "fog-1",
    "privacy-bound": "plant-9",
    "cost-driven": "eu-central",
    "offline-required": "plant-9",
    "pallet-counter": "plant-9",
}


def sites() -> dict[str, Site]:
    documents = manifests.load(manifests.HERE / "sites.yaml")
    found = {document["metadata"]["name"]: SiteSpec.model_validate(document["spec"]) for document in documents}
    return {
        place.name: replace(a_site(place.name, last_report_at=NOW), spec=found[place.name], nodes=place.nodes)
        for place in topology.PLACES
    }


def nodes(used_cpu: Mapping[str, int]) -> dict[str, Node]:
    return {
        node["metadata"]["name"]: Node(
            name=node["metadata"]["name"],
            site=place.name,
            labels=node["metadata"]["labels"],
            allocatable=resources(node["status"]["allocatable"]),
            requested={"cpu": used_cpu.get(place.name, 0)},
        )
        for place in topology.PLACES
        for node in manifests.nodes(place)
    }


def decided(
    *names: str, slow: Mapping[topology.Pair, int] | None = None, used_cpu: Mapping[str, int] | None = None
) -> dict[str, Decision]:
    documents = [
        document
        for name in names
        for document in (manifests.sample if name in manifests.SAMPLE_NAMES else manifests.own)(name)
    ]
    workloads = [
        Workload(
            WorkloadKey("default", document["metadata"]["name"]),
            AIWorkloadSpec.model_validate(document["spec"]),
            created_at=NOW + number,
        )
        for number, document in enumerate(documents)
    ]
    milliseconds = {**topology.ROUND_TRIPS, **(slow or {})}
    snapshot = Snapshot(
        taken_at=NOW,
        sites=sites(),
        nodes=nodes(used_cpu or {}),
        links={
            (one, other): a_link(one, other, milliseconds[min(one, other), max(one, other)], age=1)
            for one, other in topology.directions()
        },
        workloads={workload.key: workload for workload in workloads},
    )
    plan = decide(snapshot, Policy(), NOW)
    return {key.name: decision for key, decision in plan.decisions.items()}


@pytest.mark.parametrize("name", PLACED)
def test_each_workload_belongs_where_the_story_expects_it(name: str) -> None:
    decision = decided(*PLACED)[name]
    assert [where.site for where in decision.assignments] == [PLACED[name]], decision.message


@pytest.mark.parametrize("name", PLACED)
def test_a_busy_machine_does_not_change_the_story(name: str) -> None:
    """Every link seems 25 ms longer, as when the processes that measure have to wait for a processor."""
    slow = {pair: milliseconds + 25 for pair, milliseconds in topology.ROUND_TRIPS.items()}
    decision = decided(*PLACED, slow=slow)[name]
    assert [where.site for where in decision.assignments] == [PLACED[name]], decision.message


@pytest.mark.parametrize("name", ["realtime-detector", "cost-driven", "pallet-counter"])
def test_who_could_choose_has_a_clear_favourite(name: str) -> None:
    """A few points of jitter or headroom more or less decide nothing."""
    margin = decided(*PLACED)[name].margin_points
    assert margin is not None
    assert margin >= 10


def test_a_slow_link_leaves_the_cloud_as_the_only_gpu_within_the_target() -> None:
    decision = decided("realtime-detector", slow={("fog-1", "plant-7"): 120})["realtime-detector"]
    assert [where.site for where in decision.assignments] == ["eu-central"], decision.message


def test_a_full_plant_is_rejected_for_lack_of_resources() -> None:
    decision = decided("line-inspector", used_cpu={"plant-7": 3000})["line-inspector"]
    [plant] = [candidate for candidate in decision.candidates if candidate.assignment.site == "plant-7"]
    assert plant.rejection
    assert plant.rejection.reason.value == "InsufficientResources"
    assert [where.site for where in decision.assignments] == ["fog-1"]


def test_an_empty_plant_would_take_it() -> None:
    decision = decided("line-inspector")["line-inspector"]
    assert [where.site for where in decision.assignments] == ["plant-7"], decision.message
