# SPDX-License-Identifier: Apache-2.0
"""Killed at any write of a move, before or after it, the operator comes to the same end from the objects alone."""

import pytest

from tests.fakes import Crash
from tests.unit.reconcile.conftest import World, make_world

SECONDS_UNTIL_OVER = 60


async def degraded() -> World:
    """A detector that serves at fog-1, whose link has just become slow."""
    world = make_world()
    await world.run(25)
    assert world.serving == "fog-1"
    world.measure(fog_1=120)
    world.cluster.writes.clear()
    return world


async def run_and_crash_at(world: World, moment: int, *, after: bool) -> bool:
    """Run until the process dies at its nth write; False when it never gets there."""
    seen = 0

    def die(_what: str) -> None:
        nonlocal seen
        seen += 1
        if seen == moment:
            raise Crash

    if after:
        world.cluster.after_write = die
    else:
        world.cluster.before_write = die
    try:
        await world.run(SECONDS_UNTIL_OVER)
    except Crash:
        return True
    finally:
        world.cluster.before_write = world.cluster.after_write = lambda _what: None
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("moment", range(1, 12))
async def test_the_move_ends_once_and_leaves_nothing_behind(moment: int, *, after: bool) -> None:
    world = await degraded()

    await run_and_crash_at(world, moment, after=after)
    await world.run(SECONDS_UNTIL_OVER)

    assert world.serving == "cloud"
    assert world.standing == {"cloud"}
    assert world.moves == [("fog-1", "cloud", "LatencyViolated", "Completed")]
    assert world.cluster.created == 2, "one Deployment a site, and none twice"


async def test_the_sweep_above_reaches_every_write_of_a_move() -> None:
    world = await degraded()

    await world.run(SECONDS_UNTIL_OVER)

    assert 5 <= len(world.cluster.writes) <= 11, world.cluster.writes
    assert [what for what in world.cluster.writes if "status" not in what and "site" not in what] == [
        "Deployment detector-cloud-default",
        "Service detector",
        "delete detector-fog-1-default",
    ]
