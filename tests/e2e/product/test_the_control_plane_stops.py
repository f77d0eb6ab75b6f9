# SPDX-License-Identifier: Apache-2.0
"""The control plane is away for three minutes: everything serves on, and nothing is moved or rebuilt afterwards."""

import json
import time
from dataclasses import dataclass

import pytest

from localcluster.lab import Lab
from tests.e2e.product import figures
from tests.e2e.product.installation import NAMESPACE, RELEASE
from tests.e2e.product.traffic import Answers, requests_from
from tests.e2e.product.words import Product, a_workload, containers, moves, settled_at

PLACES = {"detector": "fog-1", "counter": "plant-7", "guard": "plant-8"}
WINDOWS = {"violationSeconds": 20, "minDwellSeconds": 0, "failbackSeconds": 30, "drainSeconds": 5}
"""Short ones, so that what is held back would show."""
AWAY_SECONDS, AWAY_SHORT_SECONDS = 180, 60
AFTERWARDS_SECONDS = 60
"""Watched on after the operator has shown that it decides again."""


@dataclass(frozen=True)
class Story:
    """What was seen before and after the outage, and the answers to clients all the while."""

    before: dict[str, dict[str, int]]
    after: dict[str, dict[str, int]]
    moves: dict[str, list[tuple[str, str, str, str]]]
    answers: dict[str, Answers]


@pytest.fixture(scope="module")
def story(product: Product) -> Story:
    """Stop the control plane, start it again, and see that the operator is at work by a workload that it places."""
    control_plane, world = product.lab.control_plane, product.world
    if control_plane is None:
        pytest.skip("the lab of LAB_FOLDER is another process's, which alone can stop its control plane")
    away = AWAY_SHORT_SECONDS if product.short else AWAY_SECONDS
    product.apply(
        a_workload("detector", migration=WINDOWS, latency={"p95Milliseconds": 150, "clients": [{"site": "plant-7"}]}),
        a_workload("counter", tiers=["Edge"], migration=WINDOWS),
        a_workload("guard", migration=WINDOWS, privacy={"boundary": "Site", "sites": ["plant-8"]}),
    )
    for name, site in PLACES.items():
        product.settled(name, site)
    with requests_from(product.lab, "plant-7", *PLACES) as one, requests_from(product.lab, "plant-8", *PLACES) as other:
        before = {name: containers(world, name) for name in PLACES}
        restarts = _operator_restarts(product.lab)
        control_plane.stop_all()
        time.sleep(away)
        control_plane.start_all()
        back = time.time()
        product.connected(seconds=120)
        product.lab.kubectl("wait", "--for=condition=Established", "crd/aiworkloads.aiworkload.dev", "--timeout=60s")
        product.apply(a_workload("newcomer", tiers=["Fog"], migration=WINDOWS))
        decides = product.see("a newcomer", lambda: settled_at(world, "newcomer", "fog-1"), seconds=420) - back
        time.sleep(AFTERWARDS_SECONDS)
        loops = {"plant-7": one, "plant-8": other}
        answers = {f"{name} from {at}": loop.answers(name) for at, loop in loops.items() for name in PLACES}
    figures.note(
        "control plane away",
        away_s=away,
        newcomer_serves_after_s=decides,
        operator_restarts=_operator_restarts(product.lab) - restarts,
        asked=sum(len(one.all) for one in answers.values()),
        failed=sum(len(one.failed) for one in answers.values()),
    )
    after = {name: containers(world, name) for name in PLACES}
    return Story(before, after, {name: moves(world, name) for name in PLACES}, answers)


def test_everything_serves_throughout(story: Story) -> None:
    """Clients in both plants get every answer, from their own plant and from elsewhere."""
    for name, answers in story.answers.items():
        assert len(answers.all) > 100
        assert not answers.failed, f"{name}: {answers.failed[:3]}"


def test_no_pod_is_rebuilt(story: Story) -> None:
    """The same pods, none of whose containers was restarted."""
    assert all(len(pods) == 1 for pods in story.before.values())
    assert story.after == story.before


def test_nothing_moves(story: Story) -> None:
    """Silence of everything at once is no reason to move anything."""
    assert story.moves == {name: [] for name in PLACES}


def _operator_restarts(lab: Lab) -> int:
    """How often containers of the operator were started again."""
    selector = f"--selector=app.kubernetes.io/name={RELEASE}"
    pods = json.loads(lab.kubectl("get", "pods", f"--namespace={NAMESPACE}", selector, "--output=json"))["items"]
    return sum(one["restartCount"] for pod in pods for one in pod["status"].get("containerStatuses", []))
