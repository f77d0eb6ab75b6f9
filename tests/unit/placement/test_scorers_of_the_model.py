# SPDX-License-Identifier: Apache-2.0
"""Accuracy and accelerator fit at their knees; a factor that the workload says nothing about; profiles; monotony."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.placement.plan import Decision
from tests.builders import a_link, a_node, a_site, a_snapshot, a_variant, a_workload
from tests.expectations import candidate_at, decided, expect_serves_at, points_of
from tests.unit.placement.worlds import examples

GPU = "nvidia.com/gpu"


def with_variants(*variants: dict[str, Any], cpu: str = "16", gpus: int = 0, **spec: object) -> Decision:
    nodes = [a_node("a", site="fog", cpu=cpu, memory="64Gi", gpus=gpus)]
    workload = a_workload(variants=variants, **spec)
    return decided(a_snapshot(sites=[a_site("fog", tier="Fog")], nodes=nodes, workloads=[workload]))


def weight_of(decision: Decision, factor: str) -> int:
    return next(f.weight for c in decision.candidates for f in c.factors if f.name == factor)


@pytest.mark.parametrize(("percent", "points"), [(99, 100), (98, 90), (94, 50), (89, 0), (50, 0)])
def test_accuracy_loses_ten_points_for_each_percent_below_the_best(percent: int, points: int) -> None:
    found = with_variants(a_variant("best", accuracyPercent=99), a_variant("other", accuracyPercent=percent))
    assert points_of(found, "fog", "accuracy", "best") == 100
    assert points_of(found, "fog", "accuracy", "other") == points


def test_a_variant_whose_accuracy_nobody_told_counts_as_perfect() -> None:
    found = with_variants(a_variant("silent"), a_variant("told", accuracyPercent=95))
    assert points_of(found, "fog", "accuracy", "silent") == 100
    assert points_of(found, "fog", "accuracy", "told") == 50


@pytest.mark.parametrize(
    ("family", "cpu", "points"),
    [("FeatureBased", "16", 100), ("CNN", "16", 60), ("CNN", "4", 40), ("RNN", "16", 80), ("Transformer", "4", 0)],
)
def test_a_family_suits_some_processors_more_than_others(family: str, cpu: str, points: int) -> None:
    variant = a_variant("v", resources={"requests": {"cpu": "500m", "memory": "1Gi"}})
    assert points_of(with_variants(variant, cpu=cpu, family=family), "fog", "accelerator", "v") == points


@pytest.mark.parametrize(("family", "points"), [("FeatureBased", 0), ("CNN", 100), ("Transformer", 100)])
def test_a_gpu_is_for_those_who_gain_by_it(family: str, points: int) -> None:
    found = with_variants(a_variant("v", accelerator=GPU), gpus=1, family=family)
    assert points_of(found, "fog", "accelerator", "v") == points


def test_a_factor_that_the_workload_says_nothing_about_weighs_nothing() -> None:
    silent = with_variants(a_variant("v"))
    assert [weight_of(silent, factor) for factor in ("accuracy", "accelerator", "bandwidth")] == [0, 0, 0]
    told = with_variants(a_variant("v", accuracyPercent=99), family="CNN")
    assert [weight_of(told, factor) for factor in ("accuracy", "accelerator")] == [1, 1]


def test_the_profile_decides_between_near_and_cheap() -> None:
    sites = [
        a_site("plant", hosts=False),
        a_site("fog", tier="Fog", per_hour="2"),
        a_site("cloud", tier="Cloud", per_hour="0.2"),
    ]
    links = [a_link("plant", "fog", 10), a_link("plant", "cloud", 48)]
    for profile, site in (("Latency", "fog"), ("Cost", "cloud")):
        workload = a_workload(target=50, clients=["plant"], cpu="4", profile=profile)
        expect_serves_at(decided(a_snapshot(sites=sites, links=links, workloads=[workload])), site)


def in_a_world(**changed: int) -> int:
    """Points of fog, with one thing otherwise."""
    facts = {"rtt": 30, "loss": 1, "jitter": 4, "price": 100, "used": 4, "kilobits": 20_000, "accuracy": 95, **changed}
    sites = [
        a_site("plant", hosts=False),
        a_site("fog", tier="Fog", per_hour=f"0.{facts['price']:04d}"),
        a_site("cloud", tier="Cloud", per_hour="0.0300"),
    ]
    way = a_link("plant", "fog", facts["rtt"], loss_percent=facts["loss"], jitter=facts["jitter"])
    nodes = [
        a_node("f", site="fog", cpu="16", used_cpu=f"{facts['used']}"),
        a_node("c", site="cloud", cpu="16"),
    ]
    variants = [
        a_variant("v", accuracyPercent=facts["accuracy"], tiers=["Fog"], resources={"requests": {"cpu": "1"}}),
        a_variant("w", accuracyPercent=99, tiers=["Cloud"], resources={"requests": {"cpu": "1"}}),
    ]
    workload = a_workload(target=100, clients=[("plant", 10)], kibibytes=50, variants=variants, family="CNN")
    links = [replace(way, bandwidth_kilobits=facts["kilobits"]), a_link("plant", "cloud", 40)]
    return candidate_at(
        decided(a_snapshot(sites=sites, nodes=nodes, links=links, workloads=[workload])), "fog", "v"
    ).points


@pytest.mark.parametrize(
    ("fact", "least", "most", "best"),
    [
        ("rtt", 0, 80, "least"),
        ("loss", 0, 20, "least"),
        ("jitter", 0, 40, "least"),
        ("price", 0, 9999, "least"),
        ("used", 0, 13, "least"),
        ("kilobits", 5_000, 400_000, "most"),
        ("accuracy", 80, 99, "most"),
    ],
)
def test_a_better_fact_never_lowers_the_points(fact: str, least: int, most: int, best: str) -> None:
    @examples(12)
    @given(st.integers(least, most), st.integers(least, most))
    def holds(one: int, other: int) -> None:
        worse, better = sorted((one, other), reverse=best == "least")
        assert in_a_world(**{fact: better}) >= in_a_world(**{fact: worse})

    holds()
