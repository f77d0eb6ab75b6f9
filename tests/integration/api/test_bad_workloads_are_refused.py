# SPDX-License-Identifier: Apache-2.0
"""The API server refuses an AIWorkload that cannot work, with a sentence that says what to do."""

from typing import Any

import pytest

from tests.integration.api.conftest import Refusal
from tests.integration.api.manifests import CLIENTS, a_workload, with_variant

pytestmark = pytest.mark.integration

FACTORS = ("latency", "cost", "bandwidth", "headroom", "connectivity", "stability", "accuracy", "accelerator")
WEIGHTLESS = dict.fromkeys(FACTORS, 0)
MANY_CLIENTS = [{"site": f"site-{number}"} for number in range(65)]

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "model: nothing said": ({"model": {}}, "say where the model is exactly once"),
    "model: said twice": ({"model": {"uri": "s3://m", **with_variant()}}, "say where the model is exactly once"),
    "model: no scheme": ({"model": {"uri": "models/x"}}, "write where the model is as file://, pvc://"),
    "model: unknown scheme": ({"model": {"uri": "ftp://models/x"}}, "write where the model is as file://, pvc://"),
    "model: name in capitals": ({"model": {"uri": "s3://m", "name": "Detector"}}, "write lower-case letters, digits"),
    "model: version with a space": ({"model": {"uri": "s3://m", "version": "3 beta"}}, "write a version of letters"),
    "model: no variant": ({"model": {"variants": []}}, "should have at least 1 items"),
    "model: a number for a name": ({"model": {"uri": "s3://m", "name": 7}}, "must be of type string"),
    "model: a family that nobody knows": (
        {"model": {"uri": "s3://m", "family": "GNN"}},
        'supported values: "FeatureBased", "CNN", "RNN", "Transformer", "Other"',
    ),
    "model: a size that no variant has": (
        {"model": {"sizeMebibytes": 90, **with_variant()}},
        "sizeMebibytes beside variants would be nobody's: say it in each variant",
    ),
    "model: of no size": ({"model": {"uri": "s3://m", "sizeMebibytes": 0}}, "should be greater than or equal to 1"),
    "variant: larger than a tebibyte": (
        {"model": with_variant(sizeMebibytes=1_048_577)},
        "should be less than or equal to 1048576",
    ),
    "variant: never right": ({"model": with_variant(accuracyPercent=0)}, "should be greater than or equal to 1"),
    "variant: more than always right": (
        {"model": with_variant(accuracyPercent=101)},
        "should be less than or equal to 100",
    ),
    "variant: twice the same": (
        {"model": {"variants": [{"name": "a", "uri": "s3://a"}, {"name": "a", "uri": "s3://b"}]}},
        "Duplicate value",
    ),
    "variant: nine of them": (
        {"model": {"variants": [{"name": f"v{n}", "uri": "s3://m"} for n in range(9)]}},
        "must have at most 8 items",
    ),
    "variant: no uri": ({"model": {"variants": [{"name": "a"}]}}, "variants[0].uri: Required value"),
    "variant: accelerator without a domain": (
        {"model": with_variant(accelerator="gpu")},
        "write an extended resource as its nodes offer it, for example nvidia.com/gpu",
    ),
    "variant: devices of nothing": ({"model": with_variant(acceleratorCount=2)}, "name it, for example accelerator"),
    "variant: no devices": (
        {"model": with_variant(accelerator="nvidia.com/gpu", acceleratorCount=0)},
        "should be greater than or equal to 1",
    ),
    "variant: unknown tier": ({"model": with_variant(tiers=["Moon"])}, 'supported values: "Edge", "Fog", "Cloud"'),
    "variant: a tier twice": ({"model": with_variant(tiers=["Edge", "Edge"])}, "Duplicate value"),
    "variant: faster than nothing": (
        {"model": with_variant(computeMilliseconds=-1)},
        "should be greater than or equal to 0",
    ),
    "quantity: unknown unit": (
        {"model": with_variant(resources={"requests": {"memory": "2GB"}})},
        "write a Kubernetes quantity that is not negative, for example 500m, 2 or 4Gi",
    ),
    "quantity: words": (
        {"model": with_variant(resources={"limits": {"cpu": "a lot"}})},
        "write a Kubernetes quantity that is not negative",
    ),
    "quantity: negative text": (
        {"model": with_variant(resources={"requests": {"cpu": "-500m"}})},
        "write a Kubernetes quantity that is not negative",
    ),
    "quantity: negative number": (
        {"model": with_variant(resources={"requests": {"cpu": -1}})},
        "write a Kubernetes quantity that is not negative",
    ),
    "quantity: empty": (
        {"model": with_variant(resources={"requests": {"cpu": ""}})},
        "write a Kubernetes quantity that is not negative",
    ),
    "resources: a device among them": (
        {"model": with_variant(resources={"requests": {"nvidia.com/gpu": 1}})},
        "a GPU or another device goes into the variant's accelerator",
    ),
    "server: image with a space": ({"server": {"image": "triton 24"}}, "write an image's name without spaces"),
    "server: variable named by a number": ({"server": {"env": [{"name": "1A"}]}}, "write a variable's name"),
    "latency: no time at all": (
        {"requirements": {"latency": {"p95Milliseconds": 0}}},
        "should be greater than or equal to 1",
    ),
    "latency: a fraction": ({"requirements": {"latency": {"p95Milliseconds": 1.5}}}, "must be of type integer"),
    "latency: no target": ({"requirements": {"latency": {}}}, "p95Milliseconds: Required value"),
    "latency: a client site twice": (
        {"requirements": {"latency": {"p95Milliseconds": 5, "clients": [{"site": "a"}, {"site": "a"}]}}},
        "Duplicate value",
    ),
    "latency: too many client sites": (
        {"requirements": {"latency": {"p95Milliseconds": 5, "clients": MANY_CLIENTS}}},
        "must have at most 64 items",
    ),
    "latency: negative rate": (
        {"requirements": {"latency": {"p95Milliseconds": 5, "clients": [{"site": "a", "requestsPerSecond": -1}]}}},
        "should be greater than or equal to 0",
    ),
    "traffic: negative": (
        {"requirements": {"traffic": {"requestKibibytes": -1}}},
        "should be greater than or equal to 0",
    ),
    "privacy: unknown boundary": ({"requirements": {"privacy": {"boundary": "Country"}}}, "Unsupported value"),
    "privacy: Site of nobody": (
        {"requirements": {"privacy": {"boundary": "Site"}}},
        "privacy.boundary: Site needs to know which sites",
    ),
    "privacy: Premises of nobody": (
        {"requirements": {"privacy": {"boundary": "Premises"}}},
        "privacy.boundary: Region or Premises needs to know which regions",
    ),
    "privacy: regions that nothing reads": (
        {"requirements": {**CLIENTS, "privacy": {"boundary": "Site", "regions": ["eu"]}}},
        "regions are read for boundary Region and Premises only",
    ),
    "privacy: sites that nothing reads": (
        {"requirements": {**CLIENTS, "privacy": {"boundary": "Region", "sites": ["plant-7"]}}},
        "sites are read for boundary Site only",
    ),
    "offline: nowhere to stand": (
        {"requirements": {"offline": {"mode": "Required"}}},
        "offline.mode: Required puts a replica at every client site: name them",
    ),
    "offline: a client site beyond the boundary": (
        {
            "requirements": {
                **CLIENTS,
                "privacy": {"boundary": "Site", "sites": ["plant-8"]},
                "offline": {"mode": "Required"},
            }
        },
        "privacy.sites leaves one of them out",
    ),
    "offline: autonomy that is not asked for": (
        {"requirements": {"offline": {"autonomySeconds": 3600}}},
        "set mode: Required with it",
    ),
    "placement: tiers that exclude every variant": (
        {"model": with_variant(tiers=["Cloud"]), "placement": {"tiers": ["Edge", "Fog"]}},
        "no variant may run on any of placement.tiers",
    ),
    "cost: no ceiling": ({"requirements": {"cost": {}}}, "cost.maxPerHour: Required value"),
    "cost: with a currency": (
        {"requirements": {"cost": {"maxPerHour": "1.20 EUR"}}},
        "write an amount of money as a decimal in quotes",
    ),
    "placement: more sites at least than at most": (
        {"requirements": CLIENTS, "placement": {"minSites": 3, "maxSites": 2}},
        "minSites cannot be above maxSites, which is 1 when left out",
    ),
    "placement: several sites without a ceiling": (
        {"requirements": CLIENTS, "placement": {"minSites": 2}},
        "raise maxSites, or lower minSites",
    ),
    "placement: seventeen sites": (
        {"requirements": CLIENTS, "placement": {"maxSites": 17}},
        "should be less than or equal to 16",
    ),
    "placement: several sites for nobody": (
        {"placement": {"maxSites": 2}},
        "placement.maxSites above 1 spreads the workload over its clients: name them in requirements.latency.clients",
    ),
    "placement: several sites for a target without clients": (
        {"requirements": {"latency": {"p95Milliseconds": 50}}, "placement": {"maxSites": 2}},
        "placement.maxSites above 1 spreads the workload over its clients",
    ),
    "placement: several sites where offline decides them": (
        {"requirements": {**CLIENTS, "offline": {"mode": "Required"}}, "placement": {"maxSites": 2}},
        "offline.mode: Required decides the sites itself, one replica at every client site: leave placement.minSites",
    ),
    "placement: unknown profile": (
        {"placement": {"profile": "Fast"}},
        'supported values: "Latency", "Balanced", "Cost"',
    ),
    "placement: no tier": ({"placement": {"tiers": []}}, "should have at least 1 items"),
    "placement: no weight": ({"placement": {"weights": WEIGHTLESS}}, "at least one weight must be above 0"),
    "placement: negative weight": (
        {"placement": {"weights": {"cost": -1}}},
        "should be greater than or equal to 0",
    ),
    "placement: a selector that no label can match": (
        {"placement": {"siteSelector": {"matchLabels": {"a": "two words"}}}},
        "write a label value",
    ),
    "placement: a selector by no label": (
        {"placement": {"siteSelector": {"matchLabels": {"": "x"}}}},
        "write label keys of at most 317 characters",
    ),
    "scaling: no replica": ({"scaling": {"minReplicas": 0}}, "should be greater than or equal to 1"),
    "migration: unknown mode": ({"migration": {"mode": "Sometimes"}}, 'supported values: "Auto", "Manual"'),
    "migration: eleven moves an hour": (
        {"migration": {"maxMovesPerHour": 11}},
        "should be less than or equal to 10",
    ),
    "migration: no time to become ready": (
        {"migration": {"readyTimeoutSeconds": 1}},
        "should be greater than or equal to 10",
    ),
    "priority: a class of the system's own": (
        {"priorityClassName": "system-node-critical"},
        "name a PriorityClass of your own",
    ),
    "priority: a name in capitals": ({"priorityClassName": "High"}, "write a PriorityClass's name: lower-case letters"),
    "unknown field": ({"requirments": {}}, 'unknown field "spec.requirments"'),
    "unknown field deep inside": (
        {"requirements": {"latency": {"p95Millis": 5, "p95Milliseconds": 5}}},
        'unknown field "spec.requirements.latency.p95Millis"',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_workload_that_cannot_work_is_refused_with_a_sentence(case: str, refusal: Refusal) -> None:
    spec, sentence = REFUSED[case]
    assert sentence in refusal(a_workload(**spec))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a" * 64, "metadata.name becomes the name of a Service: use at most 63"),
        ("a" * 253, "metadata.name becomes the name of a Service: use at most 63"),
        ("two.labels", "metadata.name becomes the name of a Service"),
        ("7-of-nine", "beginning with a letter"),
        ("Detector", "lowercase RFC 1123 subdomain"),
    ],
)
def test_a_name_that_cannot_be_a_services_is_refused(name: str, sentence: str, refusal: Refusal) -> None:
    assert sentence in refusal(a_workload(name))


def test_a_workload_without_a_spec_is_refused(refusal: Refusal) -> None:
    bare = a_workload()
    del bare["spec"]
    assert "spec: Required value" in refusal(bare)
