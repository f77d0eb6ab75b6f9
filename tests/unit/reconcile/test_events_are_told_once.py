# SPDX-License-Identifier: Apache-2.0
"""Each Event of a move is posted when it has become true, exactly once, also when another write fails."""

from aiworkload.reconcile.ports import Conflict
from tests.unit.reconcile.conftest import World

OF_A_MOVE = ("MigrationStarted", "ReplacementReady", "TrafficSwitched", "MigrationCompleted", "MigrationRolledBack")


async def moved(world: World) -> list[str]:
    """The Events of a move from fog-1 to the cloud."""
    await world.run(25)
    world.measure(fog_1=120)
    await world.run(60)
    assert world.serving == "cloud"
    return [reason for reason in world.events.reasons() if reason in OF_A_MOVE]


async def test_a_move_is_told_from_its_start_to_its_end(world: World) -> None:
    assert await moved(world) == ["MigrationStarted", "ReplacementReady", "TrafficSwitched", "MigrationCompleted"]


async def test_they_are_told_although_somebody_writes_the_workload_in_between(world: World) -> None:
    refused: set[int] = set()

    def conflict(what: str) -> None:
        if what.startswith("status") and world.cluster.created == 2 and len(refused) < 6:
            refused.add(len(refused))
            raise Conflict("somebody wrote in between")

    world.cluster.before_write = conflict
    assert await moved(world) == ["MigrationStarted", "ReplacementReady", "TrafficSwitched", "MigrationCompleted"]


async def test_a_move_to_a_silent_sites_replacement_ends_too_although_nothing_is_removed(world: World) -> None:
    await world.run(25)
    world.cut_off = {"fog-1"}
    await world.run(60)

    assert world.standing == {"fog-1", "cloud"}
    assert world.events.reasons().count("MigrationCompleted") == 1


async def test_a_move_that_is_given_up_is_told_once(world: World) -> None:
    await world.run(25)
    world.cluster.never_ready = {"cloud"}
    world.measure(fog_1=120)
    await world.run(800)

    assert world.events.reasons().count("MigrationRolledBack") == 1
    assert "MigrationCompleted" not in world.events.reasons()


async def test_a_refused_write_announces_nothing(world: World) -> None:
    await world.run(25)
    world.cluster.foreign = {("Deployment", "factory", "detector-cloud-default")}
    world.measure(fog_1=120)
    await world.run(60)

    stalled = next(c for status in world.cluster.statuses.values() for c in status.conditions if c.type == "Stalled")
    assert (stalled.status.value, stalled.reason) == ("True", "Refused")
    assert world.serving == "fog-1"
    assert not set(world.events.reasons()) & set(OF_A_MOVE)
