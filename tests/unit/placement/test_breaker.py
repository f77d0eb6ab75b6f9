# SPDX-License-Identifier: Apache-2.0
"""When much looks wrong at once only rescues move, and when nothing is measured nothing does."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from aiworkload.api.serving import Tier
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.breaker import Breaker, state
from aiworkload.placement.connectivity import judged
from aiworkload.placement.plan import DecisionReason
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Report, Snapshot
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_status, a_workload
from tests.expectations import Story, decided, expect_held_back, expect_moves, expect_stays

ORDINARY = tuple(t for t in MoveTrigger if t not in ("SiteDisconnected", "SiteLost", "SpecChanged"))


def a_tier(nodes: int, *, down: int = 0, silent: int = 0, cut: bool = False) -> Snapshot:
    """A fog site of so many nodes, the first of them not ready, the next ones' agents silent."""
    machines = [a_node(f"fog-{n:03}", site="fog", ready=n >= down and not cut) for n in range(nodes)]
    reports = {
        node.name: Report(node.name, "uid", "fog", observed_at=NOW - (99 if down <= n < down + silent else 3))
        for n, node in enumerate(machines)
    }
    sites = [a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")]
    found = a_snapshot(sites=sites, nodes=[*machines, a_node("cloud-1", site="cloud")])
    return replace(found, reports=reports)


def breaker_of(snapshot: Snapshot, policy: Policy | None = None) -> Breaker:
    return state(judged(snapshot, policy or Policy()), policy or Policy(), NOW)


@pytest.mark.parametrize(
    ("nodes", "wrong", "trips"),
    [
        (20, {"down": 4}, False),
        (20, {"down": 5}, True),
        (20, {"silent": 5}, True),
        (20, {"down": 3, "silent": 2}, True),
        (20, {"silent": 4}, False),
        (3, {"down": 2}, False),
        (1, {"down": 1}, False),
        (4, {"down": 3}, True),
        (10, {"cut": True}, True),
    ],
)
def test_it_takes_more_than_a_fifth_of_a_tier_and_at_least_three_nodes(
    nodes: int, wrong: Mapping[str, int], *, trips: bool
) -> None:
    assert (Tier.FOG in breaker_of(a_tier(nodes, **wrong)).suspects) is trips


def test_the_share_is_the_administrators() -> None:
    assert breaker_of(a_tier(20, down=5), Policy(breaker_suspect_percent=25)).suspects == {}
    assert Tier.FOG in breaker_of(a_tier(20, down=6), Policy(breaker_suspect_percent=25)).suspects
    assert breaker_of(a_tier(20, cut=True), Policy(breaker_suspect_percent=100)).suspects == {}


def test_a_degraded_site_of_healthy_nodes_is_no_mass_failure() -> None:
    snapshot = a_tier(10)
    lossy = a_link("plant", "fog", 9, losses=9)
    seen = judged(replace(snapshot, links={("plant", "fog"): lossy, ("plant", "cloud"): lossy}), Policy())
    assert state(seen, Policy(), NOW) == Breaker()


@pytest.mark.parametrize("trigger", ORDINARY)
def test_what_leaves_or_enters_a_doubted_tier_is_held_and_other_tiers_are_not(trigger: MoveTrigger) -> None:
    breaker = breaker_of(a_tier(10, down=3))
    for tiers in ((Tier.FOG, Tier.CLOUD), (Tier.CLOUD, Tier.FOG)):
        held = breaker.hold(trigger, *tiers)
        assert held is not None
        assert held.sentence == "breakerSuspectPercent (3 of 10 Fog nodes are not ready, silent or cut off)"
        assert (held.until, held.blind) == (None, False)
    assert breaker.hold(trigger, Tier.CLOUD, Tier.EDGE) is None


@pytest.mark.parametrize("trigger", ["SiteDisconnected", "SiteLost", "SpecChanged"])
def test_rescues_and_the_owners_word_pass(trigger: str) -> None:
    assert breaker_of(a_tier(10, down=3)).hold(MoveTrigger(trigger), Tier.FOG) is None


def blind(*ages: float) -> Breaker:
    links = [a_link(f"plant-{n}", "fog", 9, age=age) for n, age in enumerate(ages)]
    return breaker_of(replace(a_tier(1), links={(link.from_site, link.to_site): link for link in links}))


def test_it_is_blind_when_links_of_two_sites_were_measured_once_and_none_is_any_more() -> None:
    assert blind(99, 40).blind == "none of 2 measured links is fresh, the newest is 40 s old"
    assert blind(99, 3).blind is None
    assert blind(99).blind is None
    assert blind().blind is None


@pytest.mark.parametrize("trigger", [*ORDINARY, MoveTrigger.SITE_DISCONNECTED, MoveTrigger.SITE_LOST])
def test_nothing_moves_blindly_but_by_the_owners_word(trigger: MoveTrigger) -> None:
    held = blind(99, 40).hold(trigger, Tier.CLOUD)
    assert held is not None
    assert held.blind
    assert held.sentence.startswith("MeasurementsStale (none of 2 measured links")
    assert blind(99, 40).hold(MoveTrigger.SPEC_CHANGED, Tier.CLOUD) is None


def test_a_workload_stays_in_a_doubted_tier_and_says_why(story: Story) -> None:
    broken = {f"edge-{n}": a_node(f"edge-{n}", site="edge", ready=False) for n in range(3)}
    places = {"edge": a_site("edge", tier="Fog")}
    missed = a_status(missed_since=NOW - 99)
    found = story(plant_to={"fog": 60}, places=places, nodes=broken, status=missed)
    expect_held_back(found, "LatencyViolated", "breakerSuspectPercent (3 of 4 Fog nodes")
    expect_stays(found, "fog", "60 ms, above the target", "fog stays for now")


def a_deaf_cluster(**workload: object) -> Snapshot:
    sites = [a_site("plant", hosts=False), a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")]
    links = [a_link("plant", "fog", 9, age=99), a_link("fog", "cloud", 9, age=99)]
    nodes = [a_node("fog-1", site="fog", ready=False), a_node("cloud-1", site="cloud")]
    detector = a_workload(placements=[a_placement("fog")], target=50, clients=["plant"], **workload)
    return a_snapshot(sites=sites, nodes=nodes, links=links, workloads=[detector])


def test_not_even_a_rescue_happens_blindly_and_the_decision_is_held() -> None:
    found = decided(a_deaf_cluster())
    assert found.reason is DecisionReason.HELD
    expect_stays(found, "fog", "MeasurementsStale (none of 2 measured links is fresh", "until something is measured")


def test_what_a_person_approved_is_moved_all_the_same() -> None:
    found = decided(a_deaf_cluster(migration={"mode": "Manual"}, approved="cloud"))
    expect_moves(found, "cloud", "SiteDisconnected")
