# SPDX-License-Identifier: Apache-2.0
"""A file has no API server to refuse what cannot work: the rules of the CRDs are read from the same models."""

from collections.abc import Iterator
from typing import Any

import pytest

from aiworkload.api.crd import KINDS, custom_resource_definition
from aiworkload.snapshot.document.cel import UnknownCel, compiled
from aiworkload.snapshot.document.problems import BadDocument
from aiworkload.snapshot.document.reading import read
from aiworkload.snapshot.document.site import SitePart
from aiworkload.snapshot.document.workload import WorkloadPart

URI = {"model": {"uri": "s3://models/m"}}
CLIENTS = {"latency": {"p95Milliseconds": 50, "clients": [{"site": "plant-7"}]}}


def rules_of(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (rule["rule"] for rule in node.get("x-kubernetes-validations", ()))
        for child in node.values():
            yield from rules_of(child)
    elif isinstance(node, list):
        for child in node:
            yield from rules_of(child)


ALL_RULES = sorted({rule for kind in KINDS for rule in rules_of(custom_resource_definition(kind))})


@pytest.mark.parametrize("rule", ALL_RULES)
def test_every_rule_of_our_definitions_can_be_read(rule: str) -> None:
    assert callable(compiled(rule))


def test_there_are_rules_to_read() -> None:
    assert len(ALL_RULES) > 20


def problems(spec: dict[str, Any]) -> list[str]:
    with pytest.raises(BadDocument) as raised:
        read(WorkloadPart, {"metadata": {"name": "detector"}, "spec": spec})
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("spec", "path", "sentence"),
    [
        ({"model": {}}, "spec.model", "say where the model is exactly once"),
        (
            {"model": {"variants": [{"name": "a", "uri": "s3://m/a", "acceleratorCount": 2}]}},
            "spec.model.variants[0]",
            "acceleratorCount counts devices of an accelerator: name it",
        ),
        (
            {**URI, "requirements": {"privacy": {"boundary": "Site"}}},
            "spec.requirements",
            "privacy.boundary: Site needs to know which sites",
        ),
        (
            {**URI, "requirements": {"privacy": {"boundary": "Region", "sites": ["a"], "regions": ["eu"]}}},
            "spec.requirements.privacy",
            "sites are read for boundary Site only",
        ),
        (
            {**URI, "requirements": {**CLIENTS, "offline": {"autonomySeconds": 60}}},
            "spec.requirements.offline",
            "set mode: Required with it",
        ),
        (
            {
                "model": {"variants": [{"name": "a", "uri": "s3://m/a", "tiers": ["Cloud"]}]},
                "placement": {"tiers": ["Edge"]},
            },
            "spec",
            "no variant may run on any of placement.tiers",
        ),
        (
            {"model": {"variants": [{"name": "a", "uri": "s3://m/a"}] * 2}},
            "spec.model.variants[1]",
            "stands here twice",
        ),
        (
            {
                "model": {
                    "variants": [
                        {"name": "a", "uri": "s3://m/a", "resources": {"requests": {"nvidia.com/gpu": "1"}}},
                    ]
                }
            },
            "spec.model.variants[0].resources.requests",
            "a GPU or another device goes into the variant's accelerator",
        ),
    ],
)
def test_what_the_api_server_would_refuse_is_refused_with_its_sentence(
    spec: dict[str, Any], path: str, sentence: str
) -> None:
    [problem] = problems(spec)
    assert problem.startswith(f"{path}: ")
    assert sentence in problem


@pytest.mark.parametrize(
    "spec",
    [
        URI,
        {**URI, "requirements": {**CLIENTS, "privacy": {"boundary": "Site"}, "offline": {"mode": "Required"}}},
        {**URI, "requirements": {"privacy": {"boundary": "Region", "regions": ["eu"]}}},
    ],
)
def test_what_the_api_server_would_take_is_taken(spec: dict[str, Any]) -> None:
    assert read(WorkloadPart, {"metadata": {"name": "detector"}, "spec": spec}).spec


def test_a_site_is_held_to_its_rules_too() -> None:
    twice = [{"site": "cloud", "rttMilliseconds": 1}, {"site": "cloud", "rttMilliseconds": 2}]
    with pytest.raises(BadDocument, match=r"spec\.links\[1\]: stands here twice"):
        read(SitePart, {"metadata": {"name": "plant-7"}, "spec": {"tier": "Edge", "links": twice}})


@pytest.mark.parametrize(
    ("rule", "variables", "answer"),
    [
        ("self == 3 ? self > 2 : false", {"self": 3}, True),
        ("[1, 2].all(n, n < self)", {"self": 2}, False),
        ("!['+', '-'].exists(s, self.startsWith(s)) && isQuantity(self)", {"self": "4Gi"}, True),
        ("self.matches(r'^a+$') || self.size() == 0", {"self": ""}, True),
        ("type(self) == int && self + 1 >= 0", {"self": -1}, True),
        ("size(self) != 2", {"self": [1]}, True),
        ("has(self.a) && has(self.a.b)", {"self": {"a": {}}}, False),
    ],
)
def test_cel_means_what_it_says(rule: str, variables: dict[str, Any], answer: bool) -> None:  # noqa: FBT001 - a table's column
    assert compiled(rule)(variables) is answer


@pytest.mark.parametrize("rule", ["self.map(x, x)", "self ==", "self # 1", "(self", "self]", "[1 2]"])
def test_more_cel_than_is_known_is_an_error_and_never_a_guess(rule: str) -> None:
    with pytest.raises(UnknownCel):
        compiled(rule)
