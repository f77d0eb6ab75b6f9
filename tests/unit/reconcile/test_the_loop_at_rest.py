# SPDX-License-Identifier: Apache-2.0
"""Nothing is written while nothing that matters changes."""

from aiworkload.snapshot.workload import UnreadableWorkload, WorkloadKey
from tests.unit.reconcile.conftest import KEY, World


async def test_a_settled_cluster_gets_no_writes_for_ten_minutes(world: World) -> None:
    await world.run(60)
    world.cluster.writes.clear()

    await world.run(600, step=5)

    assert world.cluster.writes == []


async def test_small_changes_of_a_link_are_not_written(world: World) -> None:
    await world.run(60)
    world.cluster.writes.clear()

    for round_trip in (5.3, 4.8, 5.9, 5.0):
        world.measure(fog_1=round_trip)
        await world.run(5)

    assert world.cluster.writes == []


async def test_status_names_site_tier_and_latency(world: World) -> None:
    await world.run(10)

    status = world.cluster.statuses[KEY]
    conditions = {condition.type: condition.status.value for condition in status.conditions}
    assert (status.sites, status.placements[0].tier, status.ready_replicas) == ("fog-1", "Fog", 1)
    assert status.latency is not None
    assert status.latency.total_p95_milliseconds == 5
    assert (conditions["Ready"], conditions["Placed"], conditions["LatencyMet"]) == ("True", "True", "True")
    assert conditions["Stalled"] == "False"


async def test_an_unreadable_object_is_told_once_and_holds_up_no_other(world: World) -> None:
    odd = UnreadableWorkload(WorkloadKey("factory", "odd"), "uid-odd", 1, "1", "spec.model is gone")
    world.cluster.base = type(world.cluster.base)(
        **{name: getattr(world.cluster.base, name) for name in world.cluster.base.__slots__ if name != "unreadable"},
        unreadable=(odd,),
    )

    await world.run(10)

    conditions = world.cluster.statuses[odd.key].conditions
    assert [(c.type, c.reason, c.message) for c in conditions] == [("Stalled", "SpecInvalid", "spec.model is gone")]
    assert world.serving == "fog-1"
