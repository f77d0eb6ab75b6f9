# SPDX-License-Identifier: Apache-2.0
"""The privacy boundary is never crossed."""

import pytest

from aiworkload.placement.plan import Decision, DecisionReason, RejectReason
from aiworkload.snapshot.site import Site
from tests.builders import a_link, a_placement, a_site, a_snapshot, a_workload
from tests.expectations import decided, expect_feasible, expect_rejected, expect_serves_at

PRIVACY = RejectReason.PRIVACY_BOUNDARY


def the_sites() -> list[Site]:
    return [
        a_site("plant-7", tier="Edge", region="eu"),
        a_site("fog-1", tier="Fog", region="eu"),
        a_site("cloud-eu", tier="Cloud", region="eu"),
        a_site("cloud-us", tier="Cloud", region="us"),
    ]


def decision(**spec: object) -> Decision:
    links = [a_link("plant-7", site, 5) for site in ("fog-1", "cloud-eu", "cloud-us")]
    return decided(a_snapshot(sites=the_sites(), links=links, workloads=[a_workload(**spec)]))


def test_anywhere_means_anywhere() -> None:
    found = decision()
    for site in ("plant-7", "fog-1", "cloud-eu", "cloud-us"):
        expect_feasible(found, site)


def test_region_defaults_to_the_client_sites_regions() -> None:
    found = decision(boundary="Region", target=50, clients=["plant-7"])
    expect_feasible(found, "cloud-eu")
    expect_rejected(found, "cloud-us", PRIVACY, "cloud-us is in region us", "eu only")


def test_named_regions_replace_the_clients_regions() -> None:
    found = decision(boundary="Region", regions=["us"], target=50, clients=["plant-7"])
    expect_feasible(found, "cloud-us")
    expect_rejected(found, "plant-7", PRIVACY)


def test_premises_exclude_the_cloud_of_the_same_region() -> None:
    found = decision(boundary="Premises", target=50, clients=["plant-7"])
    expect_feasible(found, "fog-1")
    expect_rejected(found, "cloud-eu", PRIVACY, "Cloud tier", "Edge and Fog sites only")


def test_premises_exclude_other_regions_too() -> None:
    found = decision(boundary="Premises", regions=["us"])
    expect_rejected(found, "fog-1", PRIVACY, "us only")


def test_site_defaults_to_the_client_sites() -> None:
    found = decision(boundary="Site", target=50, clients=["plant-7"])
    expect_feasible(found, "plant-7")
    expect_rejected(found, "fog-1", PRIVACY, "not among the allowed sites: plant-7")


def test_named_sites_replace_the_client_sites() -> None:
    found = decision(boundary="Site", sites=["fog-1"], target=50, clients=["plant-7"])
    expect_serves_at(found, "fog-1")


def test_a_client_site_without_a_region_may_host_its_own_data_and_no_other_site_without_one_may() -> None:
    sites = [a_site("plant-7", region=""), a_site("plant-8", region="")]
    workload = a_workload(boundary="Region", target=50, clients=["plant-7"])
    found = decided(a_snapshot(sites=sites, workloads=[workload]))
    expect_feasible(found, "plant-7")
    expect_rejected(found, "plant-8", PRIVACY, "in no region", "no known region")


@pytest.mark.parametrize("state", ["Disconnected", "Lost"])
def test_failover_does_not_cross_the_boundary_but_stays_and_says_so(state: str) -> None:
    sites = [a_site("plant-7", connectivity=state, last_report_at=0.0), a_site("cloud-eu", tier="Cloud")]
    workload = a_workload(boundary="Site", target=50, clients=["plant-7"], placements=[a_placement("plant-7")])
    found = decided(
        a_snapshot(
            sites=sites,
            nodes=[],
            links=[a_link("cloud-eu", "plant-7", None, losses=9)],
            workloads=[workload],
        )
    )
    assert found.reason is DecisionReason.INFEASIBLE
    assert found.move is None
    expect_serves_at(found, "plant-7")
    assert "PrivacyBoundary" in found.message
