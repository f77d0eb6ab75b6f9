# SPDX-License-Identifier: Apache-2.0
"""A plant is cut off: it goes on by itself, the outside gets a replacement where allowed, and it all comes home."""

import time
from dataclasses import dataclass, field

import pytest

from demo import sightings
from tests.e2e.product import figures
from tests.e2e.product.traffic import Answers, requests_from
from tests.e2e.product.words import Product, a_workload, containers, moves, settled_at, workload_pods

PLANT, OTHER = "plant-7", "plant-8"
WORKLOADS = ("counter", "guard")
"""Any plant may have the counter; the guard's pictures may not leave plant-7."""


@dataclass
class Story:
    """What was seen before, during and after the cut."""

    before: dict[str, dict[str, int]] = field(default_factory=dict)
    during: dict[str, dict[str, int]] = field(default_factory=dict)
    after: dict[str, dict[str, int]] = field(default_factory=dict)
    sites_during: dict[str, set[str]] = field(default_factory=dict)
    inside: dict[str, Answers] = field(default_factory=dict)
    outside: Answers = field(default_factory=lambda: Answers(()))
    moves: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)
    ready: dict[str, str] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)
    cut_at: float = 0.0
    healed_at: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(product: Product) -> Story:
    """Five minutes without an uplink (90 s in the short form), with clients in the plant and outside of it."""
    seen = Story()
    windows = {"minDwellSeconds": 30, "failbackSeconds": _failback(short=product.short), "drainSeconds": 5}
    bound = {"boundary": "Site", "sites": [PLANT]}
    product.apply(
        a_workload("counter", tiers=["Edge"], migration=windows),
        a_workload("guard", migration=windows, privacy=bound),
    )
    for name in WORKLOADS:
        product.settled(name, PLANT)
    with (
        requests_from(product.lab, PLANT, *WORKLOADS) as inside,
        requests_from(product.lab, OTHER, "counter") as outside,
    ):
        time.sleep(5)
        seen.before = {name: containers(product.world, name, PLANT) for name in WORKLOADS}
        _cut(product, seen)
        _heal(product, seen)
        time.sleep(5)
        seen.inside = {name: inside.answers(name) for name in WORKLOADS}
        seen.outside = outside.answers("counter")
    seen.after = {name: containers(product.world, name) for name in WORKLOADS}
    seen.moves = {name: moves(product.world, name) for name in WORKLOADS}
    seen.gaps = {name: product.world.availability.gaps(name, seen.cut_at, time.time()) for name in WORKLOADS}
    _note(seen)
    return seen


def test_the_plant_goes_on_by_itself(story: Story) -> None:
    """No request inside the plant fails while it is cut off."""
    for name, answers in story.inside.items():
        alone = answers.between(story.cut_at, story.healed_at)
        assert len(alone.all) > 100
        assert not alone.failed, f"{name}: {alone.failed[:3]}"


def test_nor_does_any_fail_when_the_uplink_is_back(story: Story) -> None:
    """The return of the API server, and the workload's way home, are not felt inside the plant."""
    for name, answers in story.inside.items():
        later = answers.between(story.healed_at, time.time())
        assert later.all
        assert not later.failed, f"{name}: {later.failed[:3]}"


def test_the_outside_gets_a_replacement_where_that_is_allowed(story: Story) -> None:
    """The counter serves at the other plant, for the clients that the cut has parted from it."""
    assert OTHER in story.sites_during["counter"]
    end = story.outside.between(story.healed_at - 20, story.healed_at)
    assert end.all
    assert not end.failed


def test_their_services_have_an_endpoint_all_the_while(story: Story) -> None:
    """Also when Kubernetes gives the silent node up, before which the replacement need not be ready."""
    assert story.gaps == dict.fromkeys(WORKLOADS, 0)


def test_a_boundary_is_not_crossed_for_a_cut(story: Story) -> None:
    """The guard has no pod anywhere else, and its condition does not claim to know that it serves."""
    assert story.sites_during["guard"] == {PLANT}
    assert story.ready["guard"] == "Unknown"


def test_no_pod_is_rebuilt(story: Story) -> None:
    """The pods of the plant are the very same after the cut, and none of their containers was restarted."""
    assert all(len(pods) == 1 for pods in story.before.values())
    assert story.after == story.before


def test_it_returns_once_and_the_replacement_goes(story: Story, product: Product) -> None:
    """One move away, one back after the failback's window; what was bound has no move at all."""
    away, back = (PLANT, OTHER, "SiteDisconnected", "Completed"), (OTHER, PLANT, "Failback", "Completed")
    assert story.moves["guard"] == []
    assert story.moves["counter"] == [away, back]
    assert story.steps["home_s"] - story.steps["connected_s"] >= _failback(short=product.short) - 2


def _failback(*, short: bool) -> int:
    return 20 if short else 60


def _cut(product: Product, seen: Story) -> None:
    """Cut the uplink, watch the replacement come, and wait until the time is over."""
    world = product.world
    product.lab.link(PLANT).cut()
    seen.cut_at = time.time()
    steps = {
        "silent_s": lambda: sightings.site_is(world, PLANT, {"Disconnected", "Lost"}),
        "decided_s": lambda: OTHER in sightings.placements(world, "counter"),
        "replacement_ready_s": lambda: sightings.ready_at(world, "counter", OTHER),
        "switched_s": lambda: sightings.service_site(world, "counter") == OTHER,
    }
    for name, step in steps.items():
        seen.steps[name] = product.see(f"cut: {name}", step, seconds=150) - seen.cut_at
    while time.time() < seen.cut_at + (90 if product.short else 300):
        for name in WORKLOADS:
            sites = {pod["metadata"]["labels"][sightings.SITE_LABEL] for pod in workload_pods(world, name)}
            seen.sites_during.setdefault(name, set()).update(sites)
        time.sleep(0.5)
    guard = world.find("AIWorkload", "guard", sightings.NAMESPACE)
    seen.ready = {"guard": sightings.condition(guard, "Ready").get("status", "")}


def _heal(product: Product, seen: Story) -> None:
    """Heal it, and wait until the counter is home and alone there."""
    world = product.world
    product.lab.link(PLANT).heal()
    seen.healed_at = time.time()
    steps = {
        "in_contact_s": lambda: sightings.site_is(world, PLANT, {"Degraded", "Connected"}),
        "connected_s": lambda: sightings.site_is(world, PLANT, {"Connected"}),
        "home_s": lambda: sightings.service_site(world, "counter") == PLANT,
        "replacement_gone_s": lambda: settled_at(world, "counter", PLANT),
    }
    for name, step in steps.items():
        seen.steps[name] = product.see(f"healed: {name}", step, seconds=300) - seen.healed_at


def _note(seen: Story) -> None:
    outage = seen.outside.between(seen.cut_at - 5, seen.healed_at)
    figures.note(
        "cut",
        cut_for_s=seen.healed_at - seen.cut_at,
        **seen.steps,
        inside_asked=sum(len(answers.all) for answers in seen.inside.values()),
        inside_failed=sum(len(answers.between(0, seen.healed_at).failed) for answers in seen.inside.values()),
        inside_failed_after_heal=sum(
            len(answers.between(seen.healed_at, time.time()).failed) for answers in seen.inside.values()
        ),
        outside_without_answer_s=outage.longest_gap_seconds,
        outside_failed_after_heal=len(seen.outside.between(seen.healed_at, time.time()).failed),
    )
