# SPDX-License-Identifier: Apache-2.0
"""Offline serving is required: a replica at every client site, through every cut."""

from collections.abc import Sequence

from aiworkload.placement.plan import Decision, DecisionReason, RejectReason
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.workload import Placement
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_variant, a_workload, assignment
from tests.expectations import decided, expect_feasible, expect_rejected, expect_serves_at

PLANTS = ("plant-7", "plant-8")


def decision(
    *placements: Placement,
    nodes: Sequence[Node] | None = None,
    sites: Sequence[str] = PLANTS,
    links: Sequence[Link] = (),
    **spec: object,
) -> Decision:
    given = {"target": 50, "clients": PLANTS, "offline": True, **spec}
    places = [*(a_site(name) for name in sites), a_site("cloud", tier="Cloud")]
    workload = a_workload(placements=placements, **given)
    return decided(a_snapshot(sites=places, nodes=nodes, links=links, workloads=[workload]))


def test_each_client_site_gets_a_replica() -> None:
    found = decision()
    assert found.reason is DecisionReason.PLACED
    expect_serves_at(found, *PLANTS)
    assert "a replica at every client site: plant-7, plant-8" in found.message


def test_the_other_client_sites_are_not_its_clients() -> None:
    """A link between two plants says nothing about a replica that serves its own plant only."""
    found = decision(links=[a_link("plant-7", "plant-8", 400)])
    expect_feasible(found, "plant-7")
    assert found.latency_met is True


def test_what_stands_stays() -> None:
    found = decision(a_placement("plant-7"), a_placement("plant-8"))
    assert found.reason is DecisionReason.STAYS
    assert found.move is None


def test_a_cut_site_is_not_replaced_but_serves_on() -> None:
    dark = [a_node("plant-7-1", site="plant-7", ready=False), a_node("plant-8-1", site="plant-8")]
    found = decision(a_placement("plant-7"), a_placement("plant-8"), nodes=[*dark, a_node("c", site="cloud")])
    expect_serves_at(found, *PLANTS)
    assert found.move is None
    expect_rejected(found, "plant-7", RejectReason.SITE_DISCONNECTED)


def test_a_client_site_that_cannot_host_is_said_and_the_others_serve() -> None:
    nodes = [a_node("plant-7-1", site="plant-7")]
    found = decision(nodes=nodes)
    assert found.reason is DecisionReason.PARTIAL
    expect_serves_at(found, "plant-7")
    assert "plant-8 has no nodes" in found.message


def test_a_client_site_that_is_no_site_is_said() -> None:
    found = decision(sites=["plant-7"])
    assert found.reason is DecisionReason.PARTIAL
    assert "there is no Site plant-8" in found.message


def test_without_any_host_it_is_infeasible() -> None:
    found = decision(nodes=[])
    assert found.reason is DecisionReason.INFEASIBLE
    assert found.assignments == ()
    assert found.latency is None
    assert found.cost_per_hour is None


def test_the_best_variant_is_chosen_for_each_site_and_the_standing_one_kept() -> None:
    variants = [a_variant("gpu", accelerator="nvidia.com/gpu"), a_variant("int8")]
    nodes = [a_node("a", site="plant-7", gpus=1), a_node("b", site="plant-8")]
    found = decision(nodes=nodes, variants=variants)
    assert found.assignments == (assignment("plant-7", "gpu"), assignment("plant-8", "int8"))
    stands = decision(a_placement("plant-7", "int8", node="a"), nodes=nodes, variants=variants)
    assert assignment("plant-7", "int8") in stands.assignments


def test_a_variant_that_left_the_spec_is_kept_until_its_successor_is_ready() -> None:
    old = [a_placement("plant-7", "old"), a_placement("plant-8", "old")]
    successors = [a_placement("plant-7"), a_placement("plant-8", ready=False)]
    found = decision(*old, *successors)
    assert found.kept == (assignment("plant-7", "old"), assignment("plant-8", "old"))
    ready = [a_placement("plant-7"), a_placement("plant-8")]
    assert decision(*old, *ready).kept == ()


def test_a_variant_that_its_tier_no_longer_allows_is_replaced() -> None:
    variants = [a_variant("old", tiers=["Cloud"]), a_variant("new")]
    found = decision(a_placement("plant-7", "old"), a_placement("plant-8", "new"), variants=variants)
    assert found.assignments == (assignment("plant-7", "new"), assignment("plant-8", "new"))
    assert found.kept == (assignment("plant-7", "old"),)


def test_the_slowest_variant_is_the_latency_that_is_told() -> None:
    variants = [
        a_variant("slow", computeMilliseconds=40, accelerator="nvidia.com/gpu"),
        a_variant("quick", computeMilliseconds=4, tiers=["Edge"]),
    ]
    standing = [a_placement("plant-7", "slow", node="a"), a_placement("plant-8", "quick", node="b")]
    nodes = [a_node("a", site="plant-7", gpus=1), a_node("b", site="plant-8")]
    found = decision(*standing, nodes=nodes, variants=variants)
    assert found.latency is not None
    assert found.latency.total_microseconds == 40_000
    assert found.latency.observed_at == NOW
