# SPDX-License-Identifier: Apache-2.0
"""Moves that are given up, overtaken or disturbed by a person: nothing silent is touched, nothing is forgotten."""

from dataclasses import replace

from aiworkload.api.workload import AIWorkloadSpec
from tests.fakes import Crash
from tests.unit.reconcile.conftest import KEY, SPEC, World

CLOUD, FOG = ("factory", "detector-cloud-default"), ("factory", "detector-fog-1-default")


def edit(world: World, **changes: object) -> None:
    """The owner edits the spec."""
    workload = world.cluster.base.workloads[KEY]
    spec = AIWorkloadSpec.model_validate({**SPEC, **changes})
    newer = replace(workload, spec=spec, generation=workload.generation + 1)
    world.cluster.base = replace(world.cluster.base, workloads={**world.cluster.base.workloads, KEY: newer})


async def on_the_way_to_the_cloud(world: World) -> None:
    world.cluster.never_ready = {"cloud"}
    await world.run(25)
    world.measure(fog_1=120)
    while CLOUD not in world.cluster.deployments:
        await world.run(1)


async def test_a_target_that_falls_silent_is_given_up_and_left_alone(world: World) -> None:
    await world.run(25)
    world.cluster.never_ready = {"cloud"}
    edit(world, requirements={}, placement={"tiers": ["Cloud"]})
    await world.run(5)
    world.cut_off = {"cloud"}

    await world.run(120)

    assert world.moves == [("fog-1", "cloud", "SpecChanged", "RolledBack")]
    assert world.standing == {"fog-1", "cloud"}, "nothing at a silent site is deleted"

    world.cut_off = set()
    await world.run(30)

    assert world.standing == {"fog-1"}, "once it is heard again, what was given up is cleared"


async def test_a_silent_placement_is_left_alone_when_the_serving_one_is_deleted_by_a_person(world: World) -> None:
    await world.run(25)
    world.cut_off = {"fog-1"}
    await world.run(60)
    silent = world.cluster.deployments[FOG].uid
    del world.cluster.deployments[CLOUD]

    await world.run(30)

    assert world.cluster.deployments[FOG].uid == silent
    assert world.serving == "cloud"


async def test_a_move_that_is_overtaken_while_it_drains_is_recorded_too(world: World) -> None:
    edit(world, migration={**SPEC["migration"], "drainSeconds": 600})
    await world.run(25)
    world.measure(fog_1=120)
    await world.run(25)
    assert world.serving == "cloud"
    assert world.standing == {"cloud", "fog-1"}
    edit(world, placement={"tiers": ["Edge"]}, migration={**SPEC["migration"], "drainSeconds": 600})

    await world.run(25)

    assert world.serving == "plant-7"
    assert world.moves[0] == ("fog-1", "cloud", "LatencyViolated", "Completed")


async def test_an_overtaken_move_is_recorded_even_when_the_operator_dies_at_the_next_switch(world: World) -> None:

    edit(world, migration={**SPEC["migration"], "drainSeconds": 600})
    await world.run(25)
    world.measure(fog_1=120)
    await world.run(25)
    world.measure(fog_1=5)
    edit(world, placement={"tiers": ["Fog"]}, migration={**SPEC["migration"], "drainSeconds": 600})

    def die(what: str) -> None:
        if what.startswith("Service"):
            raise Crash

    world.cluster.after_write = die
    try:
        await world.run(30)
    except Crash:
        world.cluster.after_write = lambda _what: None
    await world.run(700)

    assert [move[:2] for move in world.moves] == [("fog-1", "cloud"), ("cloud", "fog-1")]


async def test_a_service_deleted_during_a_move_comes_back_to_what_is_ready(world: World) -> None:
    await on_the_way_to_the_cloud(world)
    world.cluster.services.clear()

    await world.run(2)
    assert world.serving == "fog-1"

    world.cluster.never_ready = set()
    await world.run(60)
    assert world.serving == "cloud"
    assert world.moves == [("fog-1", "cloud", "LatencyViolated", "Completed")]


async def test_where_no_client_site_can_host_what_stands_goes_on_serving(world: World) -> None:
    offline = {"offline": {"mode": "Required"}}
    edit(world, requirements={**SPEC["requirements"], **offline}, placement={"tiers": ["Edge"]})
    await world.run(25)
    assert world.serving == "plant-7"
    latency = {"p95Milliseconds": 50, "clients": [{"site": "nowhere"}]}
    edit(world, requirements={"latency": latency, **offline}, placement={"tiers": ["Edge"]})

    await world.run(60)

    assert world.standing == {"plant-7"}
    stalled = next(c for c in world.cluster.statuses[KEY].conditions if c.type == "Stalled")
    assert (stalled.status.value, "there is no Site nowhere" in stalled.message) == ("True", True)


async def test_a_silent_client_site_that_was_never_ready_replaces_nothing(world: World) -> None:
    await world.run(25)
    world.cluster.never_ready = {"plant-7"}
    edit(world, requirements={**SPEC["requirements"], "offline": {"mode": "Required"}}, placement={"tiers": ["Edge"]})
    await world.run(5)
    world.cut_off = {"plant-7"}

    await world.run(120)

    assert world.serving == "fog-1"
    assert "fog-1" in world.standing


async def test_a_silent_client_site_that_served_goes_on_counting(world: World) -> None:
    edit(world, requirements={**SPEC["requirements"], "offline": {"mode": "Required"}}, placement={"tiers": ["Edge"]})
    await world.run(25)
    world.cut_off = {"plant-7"}

    await world.run(120)

    assert world.standing == {"plant-7"}
    conditions = {c.type: c.status.value for c in world.cluster.statuses[KEY].conditions}
    assert conditions["Reconciling"] == "False"
    assert world.cluster.statuses[KEY].placements[0].state.value == "Detached"
