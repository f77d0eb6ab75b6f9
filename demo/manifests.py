# SPDX-License-Identifier: Apache-2.0
"""What the demo applies: the sites, the nodes, the samples with shorter windows, and the product's own manifests."""

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from demo.topology import SITE_LABEL, Place
from localcluster.kwok import node_manifest

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
SAMPLES: Final = ROOT / "manifests" / "samples"
SAMPLE_NAMES: Final = ("realtime-detector", "privacy-bound", "cost-driven", "offline-required")

GPU: Final = "nvidia.com/gpu"

SHOW_WINDOWS: Final = {
    "violationSeconds": 8,
    "minDwellSeconds": 4,
    "failbackSeconds": 5,
    "drainSeconds": 2,
    "maxMovesPerHour": 10,
}
"""Windows for the show. In life the defaults are a minute for a violation and ten for a failback. A violation must
last longer than the silence after which a site is Disconnected, as in life, or a cut would be taken for a bad link."""

RUNS_AS_PROCESS: Final = frozenset({"Deployment", "DaemonSet", "Service"})
"""Kinds of the product's manifests that the demo leaves out: it starts the operator and the agents itself."""

Manifest = dict[str, Any]


def load(path: Path) -> list[Manifest]:
    """All objects of a YAML file."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def dump(manifests: Iterable[Manifest]) -> str:
    """Objects as YAML for kubectl."""
    return yaml.safe_dump_all(list(manifests), sort_keys=False)


def sample(name: str) -> list[Manifest]:
    """One of the product's samples, with the windows of the show."""
    return [shortened(document) for document in load(SAMPLES / f"{name}.yaml")]


def own(name: str) -> list[Manifest]:
    """A manifest of the demo itself, with the windows of the show where it is a workload."""
    return [
        shortened(document) if document["kind"] == "AIWorkload" else document
        for document in load(HERE / "workloads" / f"{name}.yaml")
    ]


def shortened(workload: Manifest) -> Manifest:
    """A workload whose windows are short enough to watch."""
    shown = copy.deepcopy(workload)
    shown["spec"]["migration"] = {**shown["spec"].get("migration", {}), **SHOW_WINDOWS}
    return shown


def nodes(place: Place) -> list[Manifest]:
    """The Node objects of one site."""
    return [_node(place, name, gpu=number < place.gpu_nodes) for number, name in enumerate(place.nodes)]


def installable(documents: Iterable[Manifest]) -> list[Manifest]:
    """The product's manifests without what the demo runs as processes: identities, rights, policies."""
    return [document for document in documents if document["kind"] not in RUNS_AS_PROCESS]


def _node(place: Place, name: str, *, gpu: bool) -> Manifest:
    labels = {SITE_LABEL: place.name, "kubernetes.io/arch": "amd64"}
    node: Manifest = node_manifest(name, labels=labels, cpu=place.cpu, memory=place.memory)
    if gpu:
        for amounts in ("allocatable", "capacity"):
            node["status"][amounts] = {**node["status"][amounts], GPU: "1"}
    return node
