# SPDX-License-Identifier: Apache-2.0
"""What ran through a cut is taken back as it is: nothing at the site is deleted or created again."""

import pytest

from tests.unit.reconcile.conftest import KEY, World

UNTIL_REPLACED = 60.0


async def cut(world: World, seconds: float) -> None:
    await world.run(25)
    assert world.serving == "fog-1"
    world.cut_off = {"fog-1"}
    await world.run(seconds)


async def test_the_replacement_serves_while_the_silent_placement_is_detached(world: World) -> None:
    await cut(world, UNTIL_REPLACED)

    states = {p.site: p.state.value for p in world.cluster.statuses[KEY].placements}
    assert world.serving == "cloud"
    assert states == {"cloud": "Serving", "fog-1": "Detached"}


@pytest.mark.parametrize("seconds", [60.0, 90.0, 300.0])
async def test_it_returns_to_the_very_same_pods(world: World, seconds: float) -> None:
    await cut(world, seconds)
    before = {d.uid for d in world.cluster.deployments.values() if "fog-1" in d.manifest["metadata"]["name"]}

    world.cut_off = set()
    await world.run(200)

    assert world.serving == "fog-1"
    assert world.standing == {"fog-1"}
    assert {d.uid for d in world.cluster.deployments.values()} == before
    assert [move[2] for move in world.moves] == ["SiteDisconnected", "Failback"]
