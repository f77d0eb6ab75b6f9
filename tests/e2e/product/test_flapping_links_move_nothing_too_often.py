# SPDX-License-Identifier: Apache-2.0
"""One link comes and goes every 5 s, another's delay swings around the target: moves keep to budget and dwell.

A swing is slow enough for the agents' window of a minute to follow it, so that each half of it tempts to move: without
dwell and budget the swung workload would move six times.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from demo import sightings
from tests.e2e.product import figures
from tests.e2e.product.traffic import Answers, requests_from
from tests.e2e.product.words import Manifest, Product, a_workload, seconds_of

FLAPPING, SWINGING = "plant-7", "plant-8"
FLAP_SECONDS = 5
SWING_SECONDS = 100
"""Half of a swing: the agents' window, the failback's, and what a busy machine takes to report and to move."""
GOOD_MS, SLOW_MS, TARGET_MS = 10, 250, 130
SECONDS = 600
DWELL, BUDGET = 90, 3
WINDOWS = {
    "violationSeconds": 10,
    "minDwellSeconds": DWELL,
    "failbackSeconds": 20,
    "drainSeconds": 5,
    "maxMovesPerHour": BUDGET,
}
"""Shorter than the defaults (60, 300, 600 s), or ten minutes would tempt nothing to move twice."""
CLIENTS = {"flapped": FLAPPING, "swung": SWINGING, "stayer": FLAPPING}


@dataclass(frozen=True)
class Story:
    """The moves of each workload, and the answers to a client beside the one that stands in the flapping plant."""

    moves: dict[str, list[Manifest]]
    held_by: set[str]
    near: Answers


@pytest.fixture(scope="module")
def story(product: Product) -> Story:
    """Ten minutes of both at the same time."""
    latencies: dict[str, Manifest] = {
        name: {"p95Milliseconds": TARGET_MS, "clients": [{"site": site}]} for name, site in CLIENTS.items()
    }
    product.apply(
        a_workload("flapped", migration=WINDOWS, latency=latencies["flapped"]),
        a_workload("swung", migration=WINDOWS, latency=latencies["swung"]),
        a_workload("stayer", tiers=["Edge"], migration=WINDOWS, latency={**latencies["stayer"], "p95Milliseconds": 20}),
    )
    product.settled("flapped", "fog-1")
    product.settled("swung", "fog-1")
    product.settled("stayer", FLAPPING)
    flapping, swinging = product.lab.link(FLAPPING), product.lab.link(SWINGING)
    with requests_from(product.lab, FLAPPING, "stayer") as loop:
        with (
            _in_turn(FLAP_SECONDS, flapping.cut, flapping.heal),
            _in_turn(SWING_SECONDS, lambda: swinging.set(delay_ms=SLOW_MS), lambda: swinging.set(delay_ms=GOOD_MS)),
        ):
            held_by = _rules_told(product, "swung", SECONDS)
        near = loop.answers("stayer")
    moves = {name: list(sightings.status_of(product.world, name).get("moves", [])) for name in CLIENTS}
    figures.note(
        "flapping",
        for_s=SECONDS,
        **{f"moves_of_{name}": len(found) for name, found in moves.items()},
        asked_beside_it=len(near.all),
        failed=len(near.failed),
    )
    return Story(moves, held_by, near)


def test_as_many_moves_as_the_budget_allows_and_no_more(story: Story) -> None:
    """`maxMovesPerHour` holds for every workload; the swung one spends it, and is told what holds it then."""
    assert all(len(found) <= BUDGET for found in story.moves.values())
    assert len(story.moves["swung"]) == BUDGET
    assert "maxMovesPerHour" in story.held_by


def test_never_two_moves_within_the_dwell(story: Story) -> None:
    """From the end of one move to the start of the next at least `minDwellSeconds` pass, of which one was held."""
    for name, found in story.moves.items():
        for earlier, later in pairwise(found):
            assert (seconds_of(later["startTime"]) - seconds_of(earlier["endTime"])) >= DWELL, (name, earlier, later)
    assert "minDwellSeconds" in story.held_by


def test_what_stands_beside_its_client_serves_throughout(story: Story) -> None:
    """The plant does not need its uplink: no request inside it fails."""
    assert len(story.near.all) > 100
    assert not story.near.failed


def _rules_told(product: Product, workload: str, seconds: int) -> set[str]:
    """The rules that the workload's decision named in that time as what holds a move back."""
    told: set[str] = set()

    def note() -> bool:
        message = (sightings.status_of(product.world, workload).get("decision") or {}).get("message", "")
        told.update(rule for rule in ("minDwellSeconds", "maxMovesPerHour") if rule in message)
        return False

    product.world.wait(note, seconds)
    return told


@contextmanager
def _in_turn(seconds: float, *acts: Callable[[], None]) -> Iterator[None]:
    """Do one after the other, again and again, in the background; the last one at the end.

    What goes wrong there is raised at the end: links that stood still would tempt nothing to move.
    """
    over = threading.Event()

    def run() -> None:
        turn = 0
        while not over.is_set():
            acts[turn % len(acts)]()
            turn += 1
            over.wait(seconds)

    worker = ThreadPoolExecutor(max_workers=1)
    turning = worker.submit(run)
    try:
        yield
    finally:
        over.set()
        worker.shutdown()
        acts[-1]()
    turning.result()
