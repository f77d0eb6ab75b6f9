# SPDX-License-Identifier: Apache-2.0
"""Good objects are accepted, and come back with every default filled in by the API server."""

import json
from pathlib import Path
from typing import Any

import pytest

from aiworkload.api.site import SiteSpec
from aiworkload.api.workload import AIWorkloadSpec
from localcluster import ControlPlane
from tests.integration.api.conftest import Create
from tests.integration.api.manifests import CLIENTS, GOOD_MODEL, a_report, a_site, a_workload, with_variant

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[3]

ALL_BUT_COST = dict.fromkeys(
    ("latency", "bandwidth", "headroom", "connectivity", "stability", "accuracy", "accelerator"), 0
)
SAMPLES = [
    path
    for path in sorted((ROOT / "manifests" / "samples").glob("*.yaml"))
    # A snapshot is a file for `kubectl aiworkload plan --snapshot`, and no object of a cluster.
    if "\nkind: Snapshot\n" not in path.read_text(encoding="utf-8")
]
GOOD: dict[str, dict[str, Any]] = {
    "only a model": {},
    "a target and a client": {"requirements": CLIENTS},
    "a target without clients": {"requirements": {"latency": {"p95Milliseconds": 50}}},
    "quantities of every form": {
        "model": with_variant(
            resources={"requests": {"cpu": 2, "memory": "1.5Gi"}, "limits": {"cpu": "2500m", "memory": "2e9"}}
        )
    },
    "a device": {"model": with_variant(accelerator="nvidia.com/gpu", acceleratorCount=2)},
    "privacy by named sites": {"requirements": {"privacy": {"boundary": "Site", "sites": ["plant-7"]}}},
    "privacy by the clients' sites": {"requirements": {**CLIENTS, "privacy": {"boundary": "Site"}}},
    "privacy by region": {"requirements": {"privacy": {"boundary": "Premises", "regions": ["eu"]}}},
    "offline for a day": {"requirements": {**CLIENTS, "offline": {"mode": "Required", "autonomySeconds": 86_400}}},
    "a kind of model and its size": {"model": {"uri": "s3://m", "family": "CNN", "sizeMebibytes": 98}},
    "size and accuracy of a variant": {"model": with_variant(sizeMebibytes=25, accuracyPercent=97)},
    "a cost ceiling": {"requirements": {"cost": {"maxPerHour": "1.20"}}},
    "several sites for clients": {"requirements": CLIENTS, "placement": {"minSites": 2, "maxSites": 16}},
    "one site named where offline decides": {
        "requirements": {**CLIENTS, "offline": {"mode": "Required"}},
        "placement": {"minSites": 1, "maxSites": 1},
    },
    "a profile": {"placement": {"profile": "Latency"}},
    "one weight of its own": {"placement": {"profile": "Cost", "weights": {"latency": 0}}},
    "one weight above nothing": {"placement": {"weights": ALL_BUT_COST | {"cost": 1}}},
    "all weights but one at nothing": {"placement": {"weights": ALL_BUT_COST}},
    "a priority": {"priorityClassName": "line-a.critical"},
    "one of two variants fits the tiers": {
        "model": {"variants": [{"name": "a", "uri": "s3://a", "tiers": ["Cloud"]}, {"name": "b", "uri": "s3://b"}]},
        "placement": {"tiers": ["Edge"]},
    },
}


@pytest.mark.parametrize("case", GOOD)
def test_a_good_workload_comes_back_as_the_model_would_complete_it(case: str, create: Create, fresh_name: str) -> None:
    sent = {"model": GOOD_MODEL} | GOOD[case]
    kept = create(a_workload(fresh_name, **sent))["spec"]
    assert AIWorkloadSpec.model_validate(kept) == AIWorkloadSpec.model_validate(sent)
    completed = AIWorkloadSpec.model_validate(sent).to_api()
    assert kept | {"model": None} == completed | {"model": None}, "the API server and the model disagree on a default"


def test_a_good_site_comes_back_complete(create: Create, fresh_name: str) -> None:
    kept = create(a_site(fresh_name, links=[{"site": "cloud-1", "rttMilliseconds": 20}]))["spec"]
    assert kept["cost"] == {"perHour": "0", "perGibibyteEgress": "0"}
    assert SiteSpec.model_validate(kept).to_api() == kept


def test_a_report_may_have_any_name_that_a_node_may_have(create: Create) -> None:
    name = ".".join(["a" * 62] * 4) + "a"
    assert create(a_report(name))["spec"] == {"peers": []}


def test_a_name_of_63_characters_is_accepted(create: Create) -> None:
    assert create(a_workload("a" * 63))["metadata"]["name"] == "a" * 63
    assert create(a_site("a" * 63))["metadata"]["name"] == "a" * 63


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_accepted(sample: Path, api_server: ControlPlane) -> None:
    answer = api_server.run_kubectl("apply", "--dry-run=server", "--validate=strict", "-o", "json", "-f", str(sample))
    assert json.loads(answer)["apiVersion"]
