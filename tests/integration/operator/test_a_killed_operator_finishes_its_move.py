# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at each step of a move: after a restart the move completes once, with no duplicate and no orphan."""

from collections.abc import Callable, Iterator

import pytest

from demo import sightings
from demo.stage import Stage
from tests.integration.operator import words

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

NAME = "mover"
SOURCE, TARGET = "eu-central", "fog-1"

Reached = Callable[[Stage], bool]


def target_begun(stage: Stage) -> bool:
    return TARGET in {d["metadata"]["labels"][sightings.SITE_LABEL] for d in words.deployments_of(stage, NAME)}


def target_bound(stage: Stage) -> bool:
    return any(sightings.pods(stage.world, NAME, TARGET).values())


def target_ready(stage: Stage) -> bool:
    return sightings.ready_at(stage.world, NAME, TARGET) is not None


def switched(stage: Stage) -> bool:
    return sightings.service_site(stage.world, NAME) == TARGET


def source_deleted(stage: Stage) -> bool:
    found = {d["metadata"]["labels"][sightings.SITE_LABEL] for d in words.deployments_of(stage, NAME)}
    return switched(stage) and found == {TARGET}


@pytest.fixture
def mover(stage: Stage) -> Iterator[str]:
    """A workload that serves in the cloud."""
    words.apply(stage, words.a_workload(NAME, tier="Cloud"))
    words.expect_settled(stage, NAME, SOURCE)
    yield NAME
    words.delete(stage, "aiw", NAME)
    words.expect(stage, "all of it is gone", lambda: not words.deployments_of(stage, NAME))


@pytest.mark.parametrize(
    "reached",
    [target_begun, target_bound, target_ready, switched, source_deleted],
    ids=["prepare", "warm", "switch", "drain", "remove"],
)
def test_the_move_completes_once(stage: Stage, mover: str, reached: Reached) -> None:
    """From the objects alone."""
    since = words.now()
    words.send_to(stage, mover, "Fog")
    words.expect(stage, f"{reached.__name__.replace('_', ' ')}", lambda: reached(stage))
    words.kill_operator(stage)
    stage.restart_operator()

    words.expect_settled(stage, mover, TARGET)
    recorded = "the move is recorded"
    words.expect(stage, recorded, lambda: sightings.moved(stage.world, mover, SOURCE, TARGET, "SpecChanged"))
    assert len(words.deployments_of(stage, mover)) == 1
    assert len(sightings.pods(stage.world, mover)) == 1
    assert len(sightings.status_of(stage.world, mover)["moves"]) == 1
    assert stage.world.availability.gaps(mover, since, words.now()) == 0
    assert stage.world.availability.observations(mover, since, words.now()) > 0
