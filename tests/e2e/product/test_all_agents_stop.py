# SPDX-License-Identifier: Apache-2.0
"""No agent runs any more: what was measured goes stale, the conditions say so, and nothing moves on old news."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from localcluster.lab import Lab
from tests.e2e.product import figures
from tests.e2e.product.installation import NAMESPACE
from tests.e2e.product.words import Product, a_workload, containers, moves, p95_ms, why

PLANT, FOG = "plant-7", "fog-1"
WINDOWS = {"minDwellSeconds": 0, "failbackSeconds": 20, "drainSeconds": 5}
"""The window of a violation is the default, a minute: agents that come back at new addresses find each other again
within half of one, and until then their probes to the old addresses get no answer."""
SLOW_MS, TARGET_MS = 250, 150
HELD_SECONDS = 90
"""Watched while nothing is measured: longer than every window."""
AGENTS = "daemonset/aiworkload-agent"
NOWHERE = {"aiworkload.dev/no-such-node": "true"}


@dataclass(frozen=True)
class Story:
    """What was seen without agents, and after they came back."""

    met: tuple[str, str]
    degraded: tuple[str, str]
    before: dict[str, dict[str, int]]
    held: dict[str, dict[str, int]]
    moves_while_stale: dict[str, list[tuple[str, str, str, str]]]
    moves_after: dict[str, list[tuple[str, str, str, str]]]


@pytest.fixture(scope="module")
def story(product: Product) -> Story:
    """Stop the agents, and only then make a link slow, which nobody can know; make it good, and start them again."""
    world, names = product.world, ("detector", "counter")
    product.apply(
        a_workload("detector", migration=WINDOWS, latency={"p95Milliseconds": TARGET_MS, "clients": [{"site": PLANT}]}),
        a_workload("counter", tiers=["Edge"], migration=WINDOWS),
    )
    product.settled("detector", FOG)
    product.settled("counter", PLANT)
    before = {name: containers(world, name) for name in names}
    with _without_agents(product.lab):
        stopped = time.time()
        product.lab.link(PLANT).set(delay_ms=SLOW_MS)
        stale = product.see("stale", lambda: why(world, "detector", "LatencyMet")[0] == "Unknown", seconds=180)
        time.sleep(HELD_SECONDS)
        met, degraded = why(world, "detector", "LatencyMet"), why(world, "detector", "Degraded")
        held = {name: containers(world, name) for name in names}
        moved = {name: moves(world, name) for name in names}
        product.lab.link(PLANT).set(delay_ms=5)
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
    assert story.met == ("Unknown", "MeasurementsStale")
    assert story.degraded == ("True", "MeasurementsStale")


def test_nothing_moves_on_old_news(story: Story) -> None:
    """The same pods at the same places, all the while and after the agents are back."""
    assert story.held == story.before
    assert story.moves_while_stale == {"detector": [], "counter": []}
    assert story.moves_after == {"detector": [], "counter": []}


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
