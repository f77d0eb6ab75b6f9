# SPDX-License-Identifier: Apache-2.0
"""A workload at several sites gets the set that meets every client's target at the least cost."""

from collections.abc import Mapping

from aiworkload.placement.plan import Decision, DecisionReason
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.site import Site
from tests.builders import a_link, a_site, a_snapshot, a_variant, a_workload, assignment
from tests.expectations import decided, expect_rejected, expect_serves_at

PLANTS = ("plant-1", "plant-2", "plant-3")
NEAR = {("plant-1", "north"): 10, ("plant-2", "north"): 12, ("plant-3", "south"): 9}
"""Milliseconds: north is near two plants, south near the third; the cloud is within the target of all."""


def decision(
    prices: Mapping[str, str] | None = None,
    links: Mapping[tuple[str, str], float | None] | None = None,
    extra: tuple[Site, ...] = (),
    **spec: object,
) -> Decision:
    costs = {"north": "1", "south": "1", "cloud": "8", **(prices or {})}
    paths: dict[tuple[str, str], float | None] = {(plant, "cloud"): 30 for plant in PLANTS}
    paths |= {(plant, site): 90 for plant in PLANTS for site in ("north", "south")}
    paths |= {**NEAR, **(links or {})}
    found: list[Link] = [a_link(*pair, ms) for pair, ms in paths.items()]
    sites = [
        *(a_site(plant, hosts=False) for plant in PLANTS),
        a_site("north", tier="Fog", per_hour=costs["north"]),
        a_site("south", tier="Fog", per_hour=costs["south"]),
        a_site("cloud", tier="Cloud", per_hour=costs["cloud"]),
        *extra,
    ]
    given = {"target": 50, "clients": PLANTS, "cpu": "4", "max_sites": 3, **spec}
    return decided(a_snapshot(sites=sites, links=found, workloads=[a_workload(**given)]))


def test_two_near_sites_that_cost_less_than_the_one_that_reaches_all() -> None:
    found = decision()
    assert found.reason is DecisionReason.PLACED
    expect_serves_at(found, "north", "south")
    assert found.serves == {assignment("north"): ("plant-1", "plant-2"), assignment("south"): ("plant-3",)}
    assert found.cost_per_hour == "1"
    assert found.latency_met is True


def test_one_site_that_reaches_all_when_it_costs_less_than_the_near_ones() -> None:
    found = decision({"cloud": "1.5"})
    expect_serves_at(found, "cloud")
    assert found.serves == {assignment("cloud"): PLANTS}


def test_the_message_says_the_set_who_goes_where_and_what_the_next_best_would_cost() -> None:
    message = decision().message
    assert "2 sites cover 3 clients within 50 ms at 1 per hour" in message
    assert "north (default) for plant-1, plant-2; south (default) for plant-3" in message
    assert "the next best set (cloud) costs 3 more" in message


def test_the_latency_is_that_of_the_worst_client_at_its_own_site() -> None:
    found = decision()
    assert found.latency is not None
    assert found.latency.total_microseconds == 12_000


def test_a_site_is_a_candidate_when_it_reaches_one_client() -> None:
    far = {(plant, "south"): 90.0 for plant in PLANTS}
    expect_serves_at(decision(links={("plant-3", "south"): 40}), "north", "south")
    rejected = decision(links=far)
    expect_serves_at(rejected, "cloud")


def test_no_more_sites_than_asked_for() -> None:
    expect_serves_at(decision(max_sites=2, prices={"cloud": "2.5"}), "north", "south")
    found = decision({"cloud": "90"}, {("plant-2", "north"): 60}, max_sites=2)
    assert len(found.assignments) == 2
    assert found.latency_met is True


def test_no_fewer_sites_than_asked_for() -> None:
    assert len(decision({"cloud": "1"}, min_sites=2).assignments) == 2
    assert len(decision(min_sites=3).assignments) == 3


def test_fewer_sites_than_asked_for_are_partial_and_said() -> None:
    found = decision(min_sites=3, tiers=["Fog"])
    assert found.reason is DecisionReason.PLACED
    expect_serves_at(found, "north", "south")
    assert "1 more are asked for by minSites" in found.message


def test_of_sets_at_the_same_price_the_one_with_fewer_sites() -> None:
    expect_serves_at(decision({"north": "0", "south": "0", "cloud": "0"}), "cloud")


def test_of_sets_that_cost_about_the_same_the_better_one() -> None:
    """South is a little cheaper for plant-3 than east; east is nearer by far more than that."""
    east = (a_site("east", tier="Fog", per_hour="1.01"),)
    far = {("plant-1", "east"): 90.0, ("plant-2", "east"): 90.0}
    found = decision(links={("plant-3", "south"): 49, ("plant-3", "east"): 5, **far}, extra=east)
    expect_serves_at(found, "north", "east")


def test_a_client_that_no_site_reaches_in_time_is_said_and_the_others_are_served() -> None:
    found = decision(links={("plant-3", "south"): 80, ("plant-3", "cloud"): 90})
    expect_serves_at(found, "north")
    assert "2 clients within 50 ms and plant-3 above it or out of reach" in found.message
    assert found.latency_met is False


def test_busy_clients_go_before_quiet_ones_when_not_all_can_be_reached() -> None:
    clients = [("plant-1", 1), ("plant-2", 1), ("plant-3", 50)]
    unreachable = {(plant, "cloud"): 90.0 for plant in PLANTS}
    found = decision(links=unreachable, clients=clients, max_sites=2)
    expect_serves_at(found, "north", "south")
    assert found.serves[assignment("south")] == ("plant-3",)


def test_traffic_is_paid_for_by_the_site_that_serves_it() -> None:
    """The cloud costs nothing to stand at and much to send to."""
    dear = (a_site("cloud-2", tier="Cloud", egress="9"),)
    paths = {(plant, "cloud-2"): 20.0 for plant in PLANTS}
    found = decision(links=paths, extra=dear, kibibytes=1024, clients=[(plant, 10) for plant in PLANTS])
    expect_serves_at(found, "north", "south")


def test_a_ceiling_is_kept_and_as_many_are_served_as_it_pays_for() -> None:
    found = decision(max_cost="0.5")
    expect_serves_at(found, "north")
    assert found.cost_per_hour == "0.5"


def test_one_variant_at_a_site_and_the_one_that_is_in_time() -> None:
    variants = [
        a_variant("slow", computeMilliseconds=45, resources={"requests": {"cpu": "1"}}),
        a_variant("quick", computeMilliseconds=5, resources={"requests": {"cpu": "4"}}),
    ]
    found = decision(variants=variants)
    assert found.assignments == (assignment("north", "quick"), assignment("south", "quick"))


def test_nothing_that_fits_is_infeasible_with_the_reasons() -> None:
    found = decision(regions=["us"], boundary="Region")
    assert found.reason is DecisionReason.INFEASIBLE
    assert found.assignments == ()
    expect_rejected(found, "north", next(c.rejection.reason for c in found.candidates if c.rejection))
