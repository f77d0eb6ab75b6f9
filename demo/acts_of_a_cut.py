# SPDX-License-Identifier: Apache-2.0
"""The two acts around a plant that is cut off: what is replaced, what is left alone, and what happens on its return."""

import time
from functools import partial
from typing import Final

from demo.show import Show
from demo.sightings import (
    deciding,
    left_alone,
    moved,
    nodes_not_ready,
    pods,
    ready_at,
    service_selects,
    settled_at,
    site_is,
)

CUT_SITE: Final = "plant-9"
REPLACED: Final = "pallet-counter"
REPLACEMENT_SITE: Final = "plant-7"
BOUND: Final = ("privacy-bound", "offline-required")
"""Workloads that may not, or must not, be started anywhere else."""

SILENCE_SECONDS: Final = 45.0
MOVED_SECONDS: Final = 45.0
"""Deadlines, several times what a quiet machine needs, so that a busy one passes too."""
WATCHED_SECONDS: Final = 3.0
"""How long pods are watched for being left alone once everything else has happened."""


def a_plant_is_cut_off(show: Show) -> None:
    """No node heartbeat, no report, no link: what may be replaced is, everything else is left alone."""
    show.timeline.act(f"Cut: {CUT_SITE} loses its uplink and all its links")
    show.stage.pods_before_cut = {name: pods(show.world, name) for name in (*BOUND, REPLACED)}
    before, begun = time.time(), time.monotonic()
    show.stage.network.cut_off(CUT_SITE)
    show.timeline.did(f"{CUT_SITE} is silent: heartbeats, agent, links")
    title = f"{CUT_SITE} is seen as Disconnected"
    show.checks.expect(
        title, partial(site_is, show.world, CUT_SITE, {"Disconnected"}), within=SILENCE_SECONDS, since=begun
    )
    for title, sighting in (
        (f"{REPLACED}: a replacement at {REPLACEMENT_SITE} is decided", deciding),
        (f"{REPLACED}: the replacement is Ready", ready_at),
        (f"{REPLACED}: its Service is switched to {REPLACEMENT_SITE}", service_selects),
    ):
        show.expect(title, sighting, REPLACED, REPLACEMENT_SITE, within=MOVED_SECONDS, since=begun)
    title = f"{CUT_SITE}: Kubernetes has given its nodes up as NotReady"
    show.expect(title, nodes_not_ready, CUT_SITE, within=SILENCE_SECONDS, since=begun)
    _expect_left_alone(show)
    show.expect_no_gap(REPLACED, before, "through its replacement")


def the_plant_is_back(show: Show) -> None:
    """The pods at the plant never stopped: they are taken back as they are."""
    show.timeline.act(f"Heal: {CUT_SITE} is reachable again")
    before, begun = time.time(), time.monotonic()
    show.stage.network.reconnect(CUT_SITE)
    show.timeline.did(f"{CUT_SITE} is heard again")
    title = f"{CUT_SITE} is seen as Connected"
    show.checks.expect(
        title, partial(site_is, show.world, CUT_SITE, {"Connected"}), within=SILENCE_SECONDS, since=begun
    )
    within = {"within": MOVED_SECONDS, "since": begun}
    show.expect(
        f"{REPLACED}: fails back to {CUT_SITE}, the replacement is removed", settled_at, REPLACED, CUT_SITE, **within
    )
    about = (REPLACED, REPLACEMENT_SITE, CUT_SITE, "Failback")
    show.expect(f"{REPLACED}: the move is recorded as Failback", moved, *about, **within)
    show.expect_no_gap(REPLACED, before, "through the failback")
    for name in (*BOUND, REPLACED):
        same = pods(show.world, name, CUT_SITE) == show.stage.pods_before_cut[name]
        show.checks.expect_now(f"{name}: the very same pods as before the cut", passed=same, seen=_uids(show, name))


def _expect_left_alone(show: Show) -> None:
    def broken() -> str | None:
        found = (
            left_alone(show.world, name, before) for name, before in show.stage.pods_before_cut.items() if name in BOUND
        )
        return next((sentence for sentence in found if sentence), None)

    title = f"{' and '.join(BOUND)}: no replacement, pods left alone"
    show.checks.expect_throughout(title, broken, seconds=WATCHED_SECONDS)


def _uids(show: Show, workload: str) -> str:
    return ", ".join(f"uid {uid[:8]} on {node}" for uid, node in sorted(pods(show.world, workload, CUT_SITE).items()))
