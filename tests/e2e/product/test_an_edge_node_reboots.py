# SPDX-License-Identifier: Apache-2.0
"""An edge node reboots: with its uplink its pods are back by themselves, without it they wait for the uplink."""

import time
from dataclasses import dataclass, field

import pytest

from tests.e2e.product import figures
from tests.e2e.product.traffic import Answers, requests_from
from tests.e2e.product.words import Product, a_workload, containers, moves, settled_at

PLANT, NODE = "plant-7", "edge-1"
WINDOWS = {"violationSeconds": 20, "minDwellSeconds": 0, "failbackSeconds": 30, "drainSeconds": 5}
CUT_SECONDS, CUT_SHORT_SECONDS = 90, 60
"""Watched after a reboot without an uplink: several times what a reboot with one takes."""

DYING_SECONDS = 2
"""After its power was cut no machine answers any more."""


@dataclass
class Story:
    """What was seen of both reboots."""

    before: dict[str, int] = field(default_factory=dict)
    after_reboot: dict[str, int] = field(default_factory=dict)
    after_cut_reboot: dict[str, int] = field(default_factory=dict)
    cut_off: Answers = field(default_factory=lambda: Answers(()))
    end: Answers = field(default_factory=lambda: Answers(()))
    moves: list[tuple[str, str, str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(product: Product) -> Story:
    """Reboot the plant's only node twice, the second time in a cut, with a client in the plant all the while."""
    seen, world = Story(), product.world
    product.apply(a_workload("guard", migration=WINDOWS, privacy={"boundary": "Site", "sites": [PLANT]}))
    product.settled("guard", PLANT)
    seen.before = containers(world, "guard")
    node, link = product.lab.node(NODE), product.lab.link(PLANT)
    with requests_from(product.lab, PLANT, "guard") as loop:
        rebooted = time.time()
        node.reboot()
        with_uplink = _served_again(product, rebooted)
        time.sleep(5)
        seen.after_reboot = containers(world, "guard")
        product.connected(PLANT)
        link.cut()
        time.sleep(5)
        cut_rebooted = time.time()
        node.reboot()
        time.sleep(CUT_SHORT_SECONDS if product.short else CUT_SECONDS)
        link.heal()
        healed = time.time()
        after_heal = _served_again(product, healed)
        time.sleep(15)
        ended = time.time()
        answers = loop.answers("guard")
    product.connected(PLANT)
    seen.after_cut_reboot = containers(world, "guard")
    seen.cut_off = answers.between(cut_rebooted + 1, healed)
    seen.end = answers.between(ended - 10, ended)
    seen.moves = moves(world, "guard")
    figures.note(
        "reboot",
        answered_after_s=_first_answer(answers.between(rebooted + DYING_SECONDS, cut_rebooted), rebooted),
        ready_after_s=with_uplink,
        cut_off_answered=len(seen.cut_off.all) - len(seen.cut_off.failed),
        cut_off_for_s=healed - cut_rebooted,
        ready_after_heal_s=after_heal,
        answered_after_heal_s=_first_answer(answers.between(healed, ended), healed),
    )
    return seen


def test_with_an_uplink_the_same_pod_serves_again(story: Story) -> None:
    """The pod keeps its uid; its container has been started once more."""
    assert list(story.after_reboot) == list(story.before)
    assert sum(story.after_reboot.values()) == sum(story.before.values()) + 1


def test_cut_off_it_starts_nothing(story: Story) -> None:
    """What docs/moves.md says: a kubelet that has not reached its API server since it began runs no pod."""
    assert story.cut_off.all
    assert len(story.cut_off.failed) == len(story.cut_off.all)


def test_it_serves_once_the_uplink_is_back(story: Story) -> None:
    """The same pod again, without anybody's doing, and still where its boundary wants it."""
    assert list(story.after_cut_reboot) == list(story.before)
    assert story.end.all
    assert not story.end.failed
    assert story.moves == []


def _served_again(product: Product, since: float) -> float:
    """Seconds from then until the guard has been seen down and Ready again by the control plane."""
    restarts = sum(containers(product.world, "guard").values())
    product.see("a new container", lambda: sum(containers(product.world, "guard").values()) > restarts, seconds=240)
    return product.see("ready", lambda: settled_at(product.world, "guard", PLANT), seconds=240) - since


def _first_answer(answers: Answers, since: float) -> float:
    """Seconds from then until a request is answered."""
    good = (answer.at for answer in answers.all if not answer.error)
    return next(good, float("inf")) - since
