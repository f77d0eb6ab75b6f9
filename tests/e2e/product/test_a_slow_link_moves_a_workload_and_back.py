# SPDX-License-Identifier: Apache-2.0
"""A plant's link gets slow: its workload moves to the plant, and back to the fog when the link is good again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from demo import sightings
from tests.e2e.product import figures
from tests.e2e.product.traffic import Answers, requests_from
from tests.e2e.product.words import Manifest, Product, a_workload, moves, p95_ms, settled_at, why

PLANT, FOG = "plant-7", "fog-1"
GOOD_MS, SLOW_MS, TARGET_MS = 5, 120, 90
"""Added to the plant's round trips; the fog's own link adds 10. The target leaves room for a busy machine."""


@dataclass(frozen=True)
class Story:
    """What was seen of the two moves."""

    moves: list[tuple[str, str, str, str]]
    answers: Answers
    there: dict[str, float]
    back: dict[str, float]


@pytest.fixture(scope="module")
def story(product: Product) -> Story:
    """5 ms, 120 ms until the workload has moved, 5 ms until it is back; a client in the plant asks all the while."""
    product.lab.link(PLANT).set(delay_ms=GOOD_MS)
    product.see("the plant's link is good", lambda: (p95_ms(product.world, PLANT, FOG) or 99) < 50, seconds=120)
    product.apply(_workload(short=product.short))
    product.settled("detector", FOG)
    with requests_from(product.lab, PLANT, "detector") as loop:
        there = _move(product, SLOW_MS, PLANT, "LatencyViolated")
        back = _move(product, GOOD_MS, FOG, "Failback")
        answers = loop.answers("detector")
    figures.note("link gets slow", **there)
    figures.note("link gets good", **back)
    figures.note("requests in the plant", asked=len(answers.all), failed=len(answers.failed), p95_ms=answers.p95_ms)
    return Story(moves(product.world, "detector"), answers, there, back)


def test_one_move_each_way(story: Story) -> None:
    """The latency drives it away, and once the home has been good for long enough it returns; nothing else moves."""
    assert story.moves == [
        (FOG, PLANT, "LatencyViolated", "Completed"),
        (PLANT, FOG, "Failback", "Completed"),
    ]


def test_no_request_fails(story: Story) -> None:
    """The client in the plant gets every answer, through both moves."""
    assert len(story.answers.all) > 100
    assert not story.answers.failed


def test_a_slow_link_is_noticed_within_half_a_minute(story: Story) -> None:
    """p95 rises with the second slow probe, and a change is reported after 10 s at the earliest."""
    assert story.there["measured_s"] < 30


def test_the_windows_are_kept(story: Story, product: Product) -> None:
    """It leaves once the target was missed for `violationSeconds`, and returns after `failbackSeconds` of good."""
    windows = _windows(short=product.short)
    assert story.there["decided_s"] - story.there["missed_s"] >= windows["violationSeconds"] - 2
    assert story.back["decided_s"] - story.back["measured_s"] >= windows["failbackSeconds"] - 2


def _windows(*, short: bool) -> dict[str, int]:
    """The default window of a violation; dwell and failback shortened from 300 and 600 s, or the run takes an hour."""
    if short:
        return {"violationSeconds": 15, "minDwellSeconds": 15, "failbackSeconds": 20, "drainSeconds": 5}
    return {"violationSeconds": 60, "minDwellSeconds": 60, "failbackSeconds": 60, "drainSeconds": 10}


def _workload(*, short: bool) -> Manifest:
    latency: Manifest = {"p95Milliseconds": TARGET_MS, "clients": [{"site": PLANT}]}
    return a_workload("detector", migration=_windows(short=short), latency=latency)


def _move(product: Product, delay_ms: int, target: str, trigger: str) -> dict[str, float]:
    """Set the link, and tell how many seconds later each step towards the other site was seen."""
    world = product.world
    slow = delay_ms == SLOW_MS
    product.lab.link(PLANT).set(delay_ms=delay_ms)
    began = product.see("the link is set", lambda: True, seconds=1)
    steps: dict[str, Callable[[], Any]] = {
        "measured_s": lambda: (_worse_end_ms(product) > TARGET_MS) == slow,
        "missed_s": lambda: not slow or why(world, "detector", "LatencyMet")[0] == "False",
        "decided_s": lambda: target in sightings.placements(world, "detector"),
        "replacement_ready_s": lambda: sightings.ready_at(world, "detector", target),
        "switched_s": lambda: sightings.service_site(world, "detector") == target,
        "settled_s": partial(settled_at, world, "detector", target),
    }
    seen = {name: product.see(f"{trigger}: {name}", step, seconds=300) - began for name, step in steps.items()}
    return seen if slow else {name: value for name, value in seen.items() if name != "missed_s"}


def _worse_end_ms(product: Product) -> float:
    """Of both ends of the path the worse counts, so the target is missed as soon as one of them tells."""
    return max(p95_ms(product.world, *ends) or 0 for ends in ((PLANT, FOG), (FOG, PLANT)))
