# SPDX-License-Identifier: Apache-2.0
"""Each factor at its knees, and each monotonic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.placement.scorers.latency import curve
from aiworkload.placement.scoring import weighted_mean
from aiworkload.placement.weights import FACTORS
from aiworkload.snapshot.link import Link
from tests.builders import (
    NOW,
    a_link,
    a_move,
    a_node,
    a_placement,
    a_site,
    a_snapshot,
    a_status,
    a_variant,
    a_workload,
)
from tests.expectations import candidate_at, decided, points_of


def latency_points(*links: Link, **spec: object) -> int:
    sites = [a_site("plant-7", hosts=False), a_site("plant-8", hosts=False), a_site("fog-1")]
    given_spec = {"target": 100, "clients": ["plant-7"], **spec}
    return points_of(
        decided(a_snapshot(sites=sites, links=links, workloads=[a_workload(**given_spec)])), "fog-1", "latency"
    )


@pytest.mark.parametrize(("milliseconds", "points"), [(0, 100), (50, 100), (75, 70), (100, 40)])
def test_latency_is_full_up_to_half_of_the_target_and_falls_to_40_at_it(milliseconds: float, points: int) -> None:
    assert latency_points(a_link("plant-7", "fog-1", milliseconds)) == points


def test_latency_beyond_the_target_falls_to_nothing_at_twice() -> None:
    assert curve(1.5) == 20
    assert curve(2.0) == curve(9.0) == 0


@given(st.floats(0, 10), st.floats(0, 10))
def test_latency_points_never_rise_with_latency(one: float, other: float) -> None:
    assert curve(min(one, other)) >= curve(max(one, other))


def test_latency_of_a_busy_client_weighs_more_and_the_worst_is_not_outvoted() -> None:
    links = [a_link("plant-7", "fog-1", 10), a_link("plant-8", "fog-1", 100)]
    assert latency_points(*links, clients=[("plant-7", 9), ("plant-8", 1)]) == round((0.9 * 100 + 0.1 * 40 + 40) / 2)
    assert latency_points(*links, clients=[("plant-7", 1), ("plant-8", 9)]) == round((0.1 * 100 + 0.9 * 40 + 40) / 2)


def test_latency_without_any_rate_takes_the_clients_as_equal() -> None:
    links = [a_link("plant-7", "fog-1", 10), a_link("plant-8", "fog-1", 100)]
    assert latency_points(*links, clients=[("plant-7", 0), ("plant-8", 0)]) == 55


def test_latency_that_is_stale_counts_half_and_that_is_unknown_nothing() -> None:
    assert latency_points(a_link("plant-7", "fog-1", 10, age=99)) == 50
    assert latency_points() == 0


def test_latency_without_a_target_is_no_difference() -> None:
    assert latency_points(target=None, clients=[]) == 100


def test_latency_without_clients_is_the_computing_alone() -> None:
    assert latency_points(clients=[], compute=75) == 70


def test_latency_of_a_standing_placement_that_lost_its_path_is_nothing() -> None:
    sites = [a_site("plant-7", hosts=False), a_site("fog-1")]
    workload = a_workload(target=100, clients=["plant-7"], placements=[a_placement("fog-1")])
    found = decided(a_snapshot(sites=sites, links=[a_link("plant-7", "fog-1", 9, losses=9)], workloads=[workload]))
    assert points_of(found, "fog-1", "latency") == 0
    assert found.latency_met is False
    assert found.latency is not None
    assert found.latency.network_microseconds is None


def costs(*prices: str, **spec: object) -> list[int]:
    sites = [a_site(f"site-{n}", per_hour=price) for n, price in enumerate(prices)]
    found = decided(a_snapshot(sites=sites, workloads=[a_workload(cpu="4", **spec)]))
    return [points_of(found, site.name, "cost") for site in sites]


def test_cost_gives_the_cheapest_all_and_twice_the_price_about_half() -> None:
    assert costs("2", "4") == [100, 50]


def test_cost_differences_below_a_cent_hardly_matter() -> None:
    assert costs("0", "0.0001") == [100, 99]


def test_cost_of_nothing_beside_a_price_is_comparable() -> None:
    free, dear = costs("0", "2")
    assert (free, dear) == (100, 0)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_cost_points_never_rise_with_the_price(one: float, other: float) -> None:
    cheap, dear = costs(f"{min(one, other)}", f"{max(one, other)}")
    assert cheap >= dear


def test_cost_of_a_build_that_is_too_slow_anywhere_is_no_measure() -> None:
    """Such a build made all others look equally dear, and the price told a site from another no more."""
    fogs = [a_site("fog-1", tier="Fog", per_hour="4"), a_site("fog-2", tier="Fog", per_hour="8")]
    fast = a_variant("fast", computeMilliseconds=5, tiers=["Fog"], resources={"requests": {"cpu": "4"}})
    slow = a_variant("slow", computeMilliseconds=80, resources={"requests": {"cpu": "4"}})
    workload = a_workload(target=50, variants=[fast, slow])
    found = decided(a_snapshot(sites=[*fogs, a_site("plant", per_hour="0")], workloads=[workload]))
    assert [points_of(found, site, "cost", "fast") for site in ("fog-1", "fog-2")] == [100, 50]


def test_cost_of_a_site_that_only_has_clients_is_no_measure() -> None:
    """Its price of nothing made a site at ten times the price of another look as dear."""
    sites = [a_site("plant", hosts=False), a_site("fog", per_hour="4"), a_site("cloud", per_hour="8")]
    found = decided(a_snapshot(sites=sites, workloads=[a_workload(cpu="4")]))
    assert [points_of(found, site, "cost") for site in ("fog", "cloud")] == [100, 50]


def test_cost_is_the_dominant_share_of_a_node_for_each_replica() -> None:
    sites = [a_site("fog", per_hour="0.80")]
    workload = a_workload(cpu="2", memory="8Gi", replicas=1)
    found = decided(a_snapshot(sites=sites, workloads=[workload]))
    assert found.cost_per_hour == "0.4"


def test_cost_of_a_site_that_lost_all_its_nodes_is_that_of_a_whole_one() -> None:
    workload = a_workload(cpu="2", placements=[a_placement("fog")])
    found = decided(a_snapshot(sites=[a_site("fog", per_hour="0.80")], nodes=[], workloads=[workload]))
    assert found.cost_per_hour == "0.8"


def test_cost_of_egress_follows_the_requests_of_clients_elsewhere() -> None:
    sites = [a_site("plant-7", hosts=False), a_site("cloud", tier="Cloud", egress="0.05")]
    workload = a_workload(target=500, clients=[("plant-7", 10)], kibibytes=1024)
    found = decided(a_snapshot(sites=sites, links=[a_link("plant-7", "cloud", 20)], workloads=[workload]))
    assert found.cost_per_hour == "1.757813"  # 10/s x 3600 s x 1 MiB = 35.15625 GiB, at 0.05


def test_cost_of_clients_at_the_very_site_is_no_egress() -> None:
    sites = [a_site("plant-7", egress="0.05")]
    workload = a_workload(target=500, clients=[("plant-7", 10)], kibibytes=1024)
    assert decided(a_snapshot(sites=sites, workloads=[workload])).cost_per_hour == "0"


@pytest.mark.parametrize(("used", "points"), [("0", 100), ("4", 100), ("6", 50), ("8", 0)])
def test_headroom_is_full_with_half_of_the_roomiest_node_free(used: str, points: int) -> None:
    nodes = [a_node("a", site="fog", cpu="8", used_cpu="8"), a_node("b", site="fog", cpu="8", used_cpu=used)]
    found = decided(a_snapshot(sites=[a_site("fog")], nodes=nodes, workloads=[a_workload()]))
    assert points_of(found, "fog", "headroom") == points


def test_headroom_counts_what_the_newcomer_would_take_and_what_stands_only_once() -> None:
    nodes = [a_node("fog-1", site="fog", cpu="8", used_cpu="4")]
    new = decided(a_snapshot(sites=[a_site("fog")], nodes=nodes, workloads=[a_workload(cpu="2")]))
    assert points_of(new, "fog", "headroom") == 50
    stands = a_workload(cpu="2", placements=[a_placement("fog")])
    found = decided(a_snapshot(sites=[a_site("fog")], nodes=nodes, workloads=[stands]))
    assert points_of(found, "fog", "headroom") == 100


@pytest.mark.parametrize(
    ("link", "points"),
    [
        (a_link("plant-7", "fog-1", 9), 100),
        (a_link("plant-7", "fog-1", 9, loss_percent=2.5), 75),
        (a_link("plant-7", "fog-1", 9, loss_percent=5), 50),
        (a_link("plant-7", "fog-1", 9, loss_percent=50), 50),
        (a_link("plant-7", "fog-1", 9, jitter=10), 88),
        (a_link("plant-7", "fog-1", 9, jitter=20), 75),
        (a_link("plant-7", "fog-1", 9, jitter=900, loss_percent=90), 25),
        (a_link("plant-7", "fog-1", 9, age=99), 25),
    ],
)
def test_connectivity_loses_points_to_loss_and_jitter_and_most_to_the_unknown(link: Link, points: int) -> None:
    sites = [a_site("plant-7", hosts=False), a_site("fog-1")]
    workload = a_workload(target=50, clients=["plant-7"])
    assert (
        points_of(decided(a_snapshot(sites=sites, links=[link], workloads=[workload])), "fog-1", "connectivity")
        == points
    )


def test_connectivity_of_a_degraded_site_is_half() -> None:
    sites = [a_site("fog-1", connectivity="Degraded", since=NOW - 5)]
    found = decided(a_snapshot(sites=sites, workloads=[a_workload()]))
    assert points_of(found, "fog-1", "connectivity") == 50


def test_connectivity_of_a_silent_site_is_nothing() -> None:
    sites = [a_site("fog-1")]
    node = a_node("fog-1-1", site="fog-1", ready=False)
    found = decided(a_snapshot(sites=sites, nodes=[node], workloads=[a_workload(placements=[a_placement("fog-1")])]))
    assert points_of(found, "fog-1", "connectivity") == 0


def test_stability_is_for_where_it_stands_and_for_where_it_was_driven_from() -> None:
    sites = [a_site("fog-1"), a_site("fog-2"), a_site("fog-3")]
    status = a_status(moves=[a_move("fog-2", "fog-1", "LatencyViolated", ended=NOW - 9000)])
    workload = a_workload(placements=[a_placement("fog-1")], status=status)
    found = decided(a_snapshot(sites=sites, workloads=[workload]))
    assert [points_of(found, site, "stability") for site in ("fog-1", "fog-2", "fog-3")] == [100, 100, 0]


def test_every_factor_weighs_as_the_owner_says_and_none_cancels_another() -> None:
    """A rival computed a score from the other operand's field, so that a factor cancelled out."""
    factors = np.array([[80, 20], [80, 20], [1, 0], [0, 0]])
    weights = np.array([[3, 1], [0, 1], [1, 1], [0, 0]])
    assert weighted_mean(factors, weights).tolist() == [65, 20, 1, 0]


@pytest.mark.parametrize("factor", FACTORS)
def test_a_weight_alone_makes_the_total_that_factor(factor: str) -> None:
    """A rival nested one factor under another factor's check: each must work alone."""
    weights = {name: 100 if name == factor else 0 for name in FACTORS}
    sites = [a_site("plant-7", per_hour="1"), a_site("fog-1", per_hour="3")]
    links = [a_link("plant-7", "fog-1", 75, jitter=10)]
    variants = [
        {
            "name": "int8",
            "uri": "s3://m",
            "accuracyPercent": 95,
            "computeMilliseconds": 5,
            "resources": {"requests": {"cpu": "6"}},
        }
    ]
    workload = a_workload(
        target=100, clients=["plant-7"], variants=variants, weights=weights, kibibytes=8, family="CNN"
    )
    found = decided(a_snapshot(sites=sites, links=links, workloads=[workload]))
    assert candidate_at(found, "fog-1", "int8").points == points_of(found, "fog-1", factor, "int8")
