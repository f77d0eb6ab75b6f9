# SPDX-License-Identifier: Apache-2.0
"""What the status says in words follows the facts, also where no figure and no reason changes."""

from dataclasses import replace

from aiworkload.api.conditions import Condition
from aiworkload.api.workload import AIWorkloadSpec
from tests.unit.reconcile.conftest import KEY, SPEC, World


def condition(world: World, kind: str) -> Condition:
    return next(c for c in world.cluster.statuses[KEY].conditions if c.type == kind)


def edit(world: World, **changes: object) -> None:
    workload = world.cluster.base.workloads[KEY]
    newer = replace(workload, spec=AIWorkloadSpec.model_validate({**SPEC, **changes}), generation=2)
    world.cluster.base = replace(world.cluster.base, workloads={KEY: newer})


async def test_a_client_site_that_is_no_site_is_named(world: World) -> None:
    edit(world, requirements={"latency": {"p95Milliseconds": 50, "clients": [{"site": "plant-9"}]}})

    await world.run(10)

    met = condition(world, "LatencyMet")
    assert met.status.value == "Unknown"
    assert "there is no Site plant-9: create it, or correct requirements.latency.clients" in met.message


async def test_what_holds_a_move_back_is_said_anew_when_another_rule_does(world: World) -> None:
    edit(world, migration={"violationSeconds": 10, "minDwellSeconds": 600})
    await world.run(5)
    world.measure(fog_1=120)

    await world.run(2)
    assert world.cluster.statuses[KEY].decision.message.count("minDwellSeconds") == 1

    edit(world, migration={"violationSeconds": 1000, "minDwellSeconds": 600})
    await world.run(3)
    assert "violationSeconds" in world.cluster.statuses[KEY].decision.message

    written = len(world.cluster.writes)
    await world.run(700)
    assert "violationSeconds" in world.cluster.statuses[KEY].decision.message
    assert len(world.cluster.writes) == written


async def test_a_rule_that_takes_over_without_an_edit_is_said(world: World) -> None:
    edit(world, migration={"violationSeconds": 30, "minDwellSeconds": 60})
    await world.run(50)
    world.measure(fog_1=120)
    await world.run(3)
    assert "violationSeconds" in world.cluster.statuses[KEY].decision.message

    edit(world, migration={"violationSeconds": 30, "minDwellSeconds": 60, "mode": "Manual"})
    await world.run(3)

    assert "aiworkload.dev/approve-move-to: cloud" in world.cluster.statuses[KEY].decision.message


async def test_a_way_without_answers_is_not_told_as_a_latency(world: World) -> None:
    await world.run(5)
    lost = {key: replace(link, consecutive_losses=9) for key, link in world.cluster.base.links.items()}
    world.cluster.base = replace(world.cluster.base, links=lost)

    await world.cycle()

    met = condition(world, "LatencyMet")
    assert met.status.value == "False"
    assert met.message == "probes on the way from a client site (plant-7) get no answer"


async def test_a_way_without_answers_is_left_when_the_window_is_over_though_nobody_tells_what_computing_takes(
    world: World,
) -> None:
    await world.run(5)
    home = world.serving

    for _ in range(100):
        world.clock.seconds += 5
        world.measure()
        way = ("plant-7", home)
        lost = {**world.cluster.base.links, way: replace(world.cluster.base.links[way], consecutive_losses=9)}
        world.cluster.base = replace(world.cluster.base, links=lost)
        await world.cycle()

    assert world.serving != home
    assert world.moves[0][2] == "LatencyViolated"


async def test_what_may_not_stay_and_fits_nowhere_is_degraded(world: World) -> None:
    await world.run(10)
    edit(world, placement={"tiers": ["Edge"]}, requirements={"privacy": {"boundary": "Site", "sites": ["cloud"]}})

    await world.run(10)

    degraded = condition(world, "Degraded")
    assert (degraded.status.value, degraded.reason) == ("True", "PlacementInfeasible")
    assert "no site fits" in degraded.message
    assert condition(world, "Ready").status.value == "True"
    assert condition(world, "Stalled").status.value == "False"


async def test_what_is_not_ready_where_it_stands_and_fits_nowhere_is_stalled_until_it_is_ready(world: World) -> None:
    await world.run(10)
    home = world.serving
    world.cluster.never_ready = {home}
    sites = {name: site for name, site in world.cluster.base.sites.items() if name == "plant-7"}
    world.cluster.base = replace(world.cluster.base, sites=sites)

    await world.run(600)

    assert condition(world, "Ready").reason == "ReplicasNotReady"
    stalled = condition(world, "Stalled")
    assert (stalled.status.value, stalled.reason) == ("True", "PlacementInfeasible")
    assert f"although the Site {home} is gone" in stalled.message

    world.cluster.never_ready = set()
    await world.run(30)
    assert condition(world, "Stalled").status.value == "False"
