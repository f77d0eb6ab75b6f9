# SPDX-License-Identifier: Apache-2.0
"""`NoBandwidth`: what all workloads send over a link stays within what it can carry."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aiworkload.placement.plan import Decision, RejectReason
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.workload import Workload
from tests.builders import LONG_AGO, a_link, a_placement, a_site, a_snapshot, a_workload
from tests.expectations import decided, expect_feasible, expect_rejected, expect_serves_at, points_of


def a_way(site: str, kilobits: float | None) -> Link:
    return replace(a_link("plant", site, 10), bandwidth_kilobits=None if kilobits is None else int(kilobits))


def a_camera(name: str = "detector", *, rate: int = 10, stands: str | None = None, **fields: object) -> Workload:
    """100 KiB a picture: 10 a second are 8192 kbit/s."""
    placements = [a_placement(stands)] if stands else []
    given = {"target": 50, "clients": [("plant", rate)], "kibibytes": 100, "created": LONG_AGO, **fields}
    return a_workload(name, placements=placements, **given)


def over(links: Sequence[Link], *workloads: Workload, name: str = "detector") -> Decision:
    sites = [a_site("plant", hosts=False), a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")]
    return decided(a_snapshot(sites=sites, links=links, workloads=workloads), name)


def test_what_fits_exactly_is_allowed_and_a_kilobit_less_is_not() -> None:
    expect_feasible(over([a_way("fog", 8192)], a_camera()), "fog")
    found = expect_rejected(over([a_way("fog", 8191)], a_camera()), "fog", RejectReason.NO_BANDWIDTH)
    assert found.message == "the link plant - fog has 8.191 of 8.191 Mbit/s left, and 8.192 are needed"


def test_what_others_send_over_the_link_already_is_not_there_any_more() -> None:
    other = a_camera("other", stands="fog")
    links = [a_way("fog", 12_000), a_way("cloud", 12_000)]
    expect_rejected(over(links, a_camera(), other), "fog", RejectReason.NO_BANDWIDTH, "3.808 of 12 Mbit/s left")
    expect_serves_at(over(links, a_camera(), other), "cloud")


def test_what_the_workload_itself_sends_is_not_counted_against_it() -> None:
    found = over([a_way("fog", 10_000)], a_camera(stands="fog"))
    expect_feasible(found, "fog")


def test_together_standing_workloads_that_overfill_a_link_are_both_told_so() -> None:
    both = (a_camera(stands="fog"), a_camera("other", stands="fog"))
    links = [a_way("fog", 12_000), a_way("cloud", 50_000)]
    for name in ("detector", "other"):
        expect_rejected(over(links, *both, name=name), "fog", RejectReason.NO_BANDWIDTH)


def test_two_that_are_placed_at_once_do_not_overfill_it_together() -> None:
    older, younger = a_camera(created=LONG_AGO - 1), a_camera("other")
    links = [a_way("fog", 12_000), a_way("cloud", 12_000)]
    expect_serves_at(over(links, older, younger), "cloud")
    second = over(links, older, younger, name="other")
    expect_serves_at(second, "fog")
    expect_rejected(second, "cloud", RejectReason.NO_BANDWIDTH, "has 3.808 of 12 Mbit/s left")


def test_what_stands_without_a_service_yet_is_about_to_send() -> None:
    waiting = replace(a_camera("other", stands="fog"), service=None)
    expect_rejected(over([a_way("fog", 12_000)], a_camera(), waiting), "fog", RejectReason.NO_BANDWIDTH)


def test_a_link_whose_capacity_nobody_told_refuses_nothing() -> None:
    found = over([a_way("fog", None)], a_camera(rate=100_000))
    expect_feasible(found, "fog")
    assert points_of(found, "fog", "bandwidth") == 50


def test_clients_at_the_very_site_cross_no_link() -> None:
    sites = [a_site("plant"), a_site("fog", tier="Fog")]
    found = decided(a_snapshot(sites=sites, links=[a_way("fog", 100)], workloads=[a_camera()]))
    expect_feasible(found, "plant")
    expect_rejected(found, "fog", RejectReason.NO_BANDWIDTH)
    assert points_of(found, "plant", "bandwidth") == 100


def test_a_client_without_requests_or_without_traffic_needs_no_bandwidth() -> None:
    expect_feasible(over([a_way("fog", 1)], a_camera(rate=0)), "fog")
    expect_feasible(over([a_way("fog", 1)], a_camera(kibibytes=0)), "fog")


@pytest.mark.parametrize(("kilobits", "points"), [(8192, 0), (16_384, 50), (81_920, 90), (8_192_000, 100)])
def test_points_fall_with_the_share_of_the_link_that_is_taken(kilobits: int, points: int) -> None:
    assert points_of(over([a_way("fog", kilobits)], a_camera()), "fog", "bandwidth") == points


def test_the_fullest_of_several_links_decides() -> None:
    sites = [a_site("plant", hosts=False), a_site("mill", hosts=False), a_site("fog", tier="Fog")]
    links = [a_way("fog", 81_920), replace(a_link("mill", "fog", 10), bandwidth_kilobits=16_384)]
    workload = a_camera(clients=[("plant", 10), ("mill", 10)])
    found = decided(a_snapshot(sites=sites, links=links, workloads=[workload]))
    assert points_of(found, "fog", "bandwidth") == 50


def test_without_any_traffic_the_factor_weighs_nothing() -> None:
    found = over([a_way("fog", 8192)], a_camera(kibibytes=0))
    factor = next(f for c in found.candidates for f in c.factors if f.name == "bandwidth")
    assert factor.weight == 0
