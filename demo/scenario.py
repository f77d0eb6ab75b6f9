# SPDX-License-Identifier: Apache-2.0
"""What happens, act by act. Each act does something to the world and expects what the API must then show."""

import time
from collections.abc import Callable
from typing import Final

from demo import acts_of_a_cut, manifests
from demo.show import Show
from demo.sightings import (
    deciding,
    moved,
    ready_at,
    rejection,
    service_selects,
    settled_at,
)

PLACED_SECONDS: Final = 40.0
MOVED_SECONDS: Final = 45.0
"""Deadlines, several times what a quiet machine needs, so that a busy one passes too."""

SLOW_MILLISECONDS: Final = 120
"""What the way between the plant and the fog site takes when it is slow: more than twice the detector's target."""

Act = Callable[[Show], None]


def everything_finds_its_place(show: Show) -> None:
    """Four samples and a fifth workload are applied; each belongs somewhere else."""
    show.timeline.act("Apply: every workload finds its place")
    begun = time.monotonic()
    show.apply(*(document for name in manifests.SAMPLE_NAMES for document in manifests.sample(name)))
    show.apply(*manifests.own("pallet-counter"))
    for workload, site, why in (
        ("realtime-detector", "fog-1", "the nearest GPU"),
        ("privacy-bound", "plant-9", "inside its boundary"),
        ("cost-driven", "eu-central", "where it is cheapest"),
        ("offline-required", "plant-9", "at its client site"),
        ("pallet-counter", "plant-9", "the cheaper plant"),
    ):
        title = f"{workload} serves at {site}, {why}"
        show.expect(title, settled_at, workload, site, within=PLACED_SECONDS, since=begun)


def a_link_becomes_slow(show: Show) -> None:
    """The detector's target is missed where it is, so it moves, and only then leaves."""
    show.timeline.act("Degrade: the way between plant-7 and fog-1 becomes slow")
    before, begun = time.time(), time.monotonic()
    show.stage.network.degrade("plant-7", "fog-1", milliseconds=SLOW_MILLISECONDS)
    show.timeline.did(f"plant-7 - fog-1 now takes {SLOW_MILLISECONDS} ms there and back")
    _watch_move(show, begun, "fog-1", "eu-central", "LatencyViolated")
    show.expect_no_gap("realtime-detector", before, "through the move away")


def the_link_heals(show: Show) -> None:
    """What was better before is better again: the detector goes back."""
    show.timeline.act("Heal: the link is as it was")
    before, begun = time.time(), time.monotonic()
    show.stage.network.restore("plant-7", "fog-1")
    show.timeline.did("plant-7 - fog-1 is as short as before")
    _watch_move(show, begun, "eu-central", "fog-1", "Failback")
    show.expect_no_gap("realtime-detector", before, "through the move back")


def a_plant_is_full(show: Show) -> None:
    """Somebody else's pods take the machines of a plant; what comes next goes elsewhere and says why."""
    show.timeline.act("Fill: somebody else's Deployment takes the machines of plant-7")
    show.apply(*manifests.own("night-job"))
    show.stage.cluster.run_kubectl("rollout", "status", "deployment/night-job", "--timeout=30s")
    begun = time.monotonic()
    show.apply(*manifests.own("line-inspector"))
    about = ("line-inspector", "plant-7")
    show.expect(
        "plant-7 is rejected for line-inspector: InsufficientResources",
        rejection, *about, "InsufficientResources", within=PLACED_SECONDS, since=begun,
    )  # fmt: skip
    title = "line-inspector serves at fog-1, on the same premises"
    show.expect(title, settled_at, "line-inspector", "fog-1", within=PLACED_SECONDS, since=begun)


ACTS: Final[tuple[Act, ...]] = (
    everything_finds_its_place,
    a_link_becomes_slow,
    the_link_heals,
    acts_of_a_cut.a_plant_is_cut_off,
    acts_of_a_cut.the_plant_is_back,
    a_plant_is_full,
)


def _watch_move(show: Show, begun: float, source: str, target: str, trigger: str) -> None:
    name = "realtime-detector"
    for title, sighting, words in (
        (f"{name}: moving to {target} is decided", deciding, (name, target)),
        (f"{name}: the new placement at {target} is Ready", ready_at, (name, target)),
        (f"{name}: its Service is switched to {target}", service_selects, (name, target)),
        (f"{name}: serves at {target} only, {source} is removed", settled_at, (name, target)),
        (f"{name}: the move is recorded as {trigger}", moved, (name, source, target, trigger)),
    ):
        show.expect(title, sighting, *words, within=MOVED_SECONDS, since=begun)
