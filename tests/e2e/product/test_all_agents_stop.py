# SPDX-License-Identifier: Apache-2.0
"""No agent runs any more: what was measured goes stale, the conditions say so, and nothing moves on old news.

The last news of one workload was bad: its target was missed, and its window ends when that is no longer known.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from localcluster.lab import Lab
from tests.e2e.product import figures
from tests.e2e.product.installation import NAMESPACE
from tests.e2e.product.words import Manifest, Product, a_workload, containers, moves, p95_ms, why

PLANT, BAD_PLANT, FOG = "plant-7", "plant-8", "fog-1"
WINDOWS = {"minDwellSeconds": 0, "failbackSeconds": 20, "drainSeconds": 5}
"""The window of a violation is the default, a minute: agents that come back at new addresses find each other again
within half of one, and until then their probes to the old addresses get no answer."""
SLOW_MS, TARGET_MS = 250, 150
LONG_WINDOW_SECONDS = 120
"""Of the workload whose target is missed before the agents stop: longer than a report is valid."""
HELD_SECONDS = 90
"""Watched while nothing is measured: longer than every window."""
AGENTS = "daemonset/aiworkload-agent"
NOWHERE = {"aiworkload.dev/no-such-node": "true"}


@dataclass(frozen=True)
class Story:
    """What was seen without agents, and after they came back."""

    met: dict[str, tuple[str, str]]
    degraded: tuple[str, str]
    before: dict[str, dict[str, int]]
    held: dict[str, dict[str, int]]
    moves_while_stale: dict[str, list[tuple[str, str, str, str]]]
    moves_after: dict[str, list[tuple[str, str, str, str]]]


@pytest.fixture(scope="module")
def story(product: Product) -> Story:
    """Make one link slow, stop the agents, make another slow, which nobody can know; mend both, start them again."""
    world, names = product.world, ("detector", "counter", "tempted")
    patient = {**WINDOWS, "violationSeconds": LONG_WINDOW_SECONDS}
    product.apply(
        a_workload("detector", migration=WINDOWS, latency=_latency(PLANT)),
        a_workload("tempted", migration=patient, latency=_latency(BAD_PLANT)),
        a_workload("counter", tiers=["Edge"], migration=WINDOWS),
    )
    for name, site in zip(names, (FOG, PLANT, FOG), strict=True):
        product.settled(name, site)
    before = {name: containers(world, name) for name in names}
    product.lab.link(BAD_PLANT).set(delay_ms=SLOW_MS)
    missed = product.see("missed", lambda: why(world, "tempted", "LatencyMet")[0] == "False", seconds=60)
    with _without_agents(product.lab):
        stopped = time.time()
        product.lab.link(PLANT).set(delay_ms=SLOW_MS)
        stale = product.see("stale", lambda: why(world, "detector", "LatencyMet")[0] == "Unknown", seconds=180)
        time.sleep(HELD_SECONDS)
        assert stale < missed + LONG_WINDOW_SECONDS < time.time(), "the window ends while nothing is known"
        met = {name: why(world, name, "LatencyMet") for name in ("detector", "tempted")}
        degraded = why(world, "detector", "Degraded")
        held = {name: containers(world, name) for name in names}
        moved = {name: moves(world, name) for name in names}
        for plant in (PLANT, BAD_PLANT):
            product.lab.link(plant).set(delay_ms=5)
    returned = time.time()
    product.see("measured again", lambda: (p95_ms(world, PLANT, FOG) or TARGET_MS) < TARGET_MS, seconds=120)
    known = product.see("known again", lambda: why(world, "detector", "LatencyMet")[0] == "True", seconds=120)
    product.connected()
    time.sleep(60)
    figures.note(
        "agents stopped", stale_after_s=stale - stopped, held_for_s=HELD_SECONDS, known_after_s=known - returned
    )
    return Story(met, degraded, before, held, moved, {name: moves(world, name) for name in names})


def test_the_conditions_say_that_measurements_are_stale(story: Story) -> None:
    """Neither met nor missed, and held for that reason."""
    assert story.met == dict.fromkeys(("detector", "tempted"), ("Unknown", "MeasurementsStale"))
    assert story.degraded == ("True", "MeasurementsStale")


def test_nothing_moves_on_old_news(story: Story) -> None:
    """The same pods at the same places, all the while and after the agents are back."""
    assert story.held == story.before
    assert set(map(len, story.moves_while_stale.values())) == {0}
    assert set(map(len, story.moves_after.values())) == {0}


def _latency(client: str) -> Manifest:
    return {"p95Milliseconds": TARGET_MS, "clients": [{"site": client}]}


@contextmanager
def _without_agents(lab: Lab) -> Iterator[None]:
    """Send the agents to nodes that do not exist, and back."""
    _select(lab, NOWHERE)
    try:
        yield
    finally:
        _select(lab, None)


def _select(lab: Lab, nodes: dict[str, str] | None) -> None:
    patch = json.dumps({"spec": {"template": {"spec": {"nodeSelector": nodes}}}})
    lab.kubectl("patch", AGENTS, f"--namespace={NAMESPACE}", "--type=merge", f"--patch={patch}")
    lab.kubectl("rollout", "status", AGENTS, f"--namespace={NAMESPACE}", "--timeout=120s")
