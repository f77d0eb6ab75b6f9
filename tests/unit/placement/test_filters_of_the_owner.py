# SPDX-License-Identifier: Apache-2.0
"""What the owner rules out: tiers, variants, site labels, sites without clients."""

from aiworkload.placement.plan import DecisionReason, RejectReason
from tests.builders import a_site, a_snapshot, a_variant, a_workload, assignment
from tests.expectations import candidate_at, decided, expect_feasible, expect_rejected


def test_a_tier_that_is_not_allowed_is_rejected() -> None:
    sites = [a_site("plant-7"), a_site("cloud", tier="Cloud")]
    found = decided(a_snapshot(sites=sites, workloads=[a_workload(tiers=["Edge", "Fog"])]))
    expect_feasible(found, "plant-7")
    expect_rejected(found, "cloud", RejectReason.TIER_NOT_ALLOWED, "cloud is Cloud tier", "Edge, Fog")


def test_a_variant_goes_only_to_its_tiers() -> None:
    sites = [a_site("plant-7"), a_site("cloud", tier="Cloud")]
    variants = [a_variant("fp32", tiers=["Cloud"]), a_variant("int8", tiers=["Edge"])]
    found = decided(a_snapshot(sites=sites, workloads=[a_workload(variants=variants)]))
    assert candidate_at(found, "cloud", "fp32").feasible
    rejection = candidate_at(found, "plant-7", "fp32").rejection
    assert rejection is not None
    assert rejection.reason is RejectReason.VARIANT_NOT_FOR_TIER
    assert rejection.message == "variant fp32 is for Cloud, and plant-7 is Edge tier"


def test_a_site_needs_all_selected_labels() -> None:
    sites = [a_site("plant-7", labels={"line": "3", "hall": "a"}), a_site("plant-8", labels={"line": "3"})]
    found = decided(a_snapshot(sites=sites, workloads=[a_workload(selector={"line": "3", "hall": "a"})]))
    expect_feasible(found, "plant-7")
    expect_rejected(found, "plant-8", RejectReason.SITE_NOT_SELECTED, "plant-8 lacks the label hall=a")


def test_offline_required_goes_to_client_sites_only() -> None:
    sites = [a_site("plant-7"), a_site("fog-1", tier="Fog")]
    workload = a_workload(offline=True, target=50, clients=["plant-7"])
    found = decided(a_snapshot(sites=sites, workloads=[workload]))
    assert found.assignments == (assignment("plant-7"),)
    expect_rejected(found, "fog-1", RejectReason.OFFLINE_REQUIRED, "fog-1 is no client site")


def test_without_any_fit_the_message_counts_the_reasons_and_names_the_first() -> None:
    sites = [a_site("plant-7"), a_site("plant-8"), a_site("cloud", tier="Cloud")]
    workload = a_workload(tiers=["Cloud"], boundary="Site", sites=["plant-7"])
    found = decided(a_snapshot(sites=sites, workloads=[workload]))
    assert found.reason is DecisionReason.INFEASIBLE
    assert found.assignments == ()
    assert found.message.startswith("no site fits: 2 PrivacyBoundary, 1 TierNotAllowed; ")
    assert "plant-8 is not among the allowed sites: plant-7" in found.message


def test_a_cluster_without_sites_is_said_to_have_none() -> None:
    found = decided(a_snapshot(workloads=[a_workload()]))
    assert found.message == "no site fits: there is no Site"
