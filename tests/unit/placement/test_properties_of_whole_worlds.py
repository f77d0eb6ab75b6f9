# SPDX-License-Identifier: Apache-2.0
"""What holds in every world, with all fields at once: held against rules written down once more, naively."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from hypothesis import given

from aiworkload.api.workload import Boundary, Tier, Variant
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Decision, Plan
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, Workload
from tests.unit.placement.worlds import DICE, a_world, examples, shuffled


@examples(25)
@given(DICE)
def test_nothing_begins_where_its_owner_forbids_it(dice: Random) -> None:
    world = a_world(dice)
    for workload, _, where in begun(world, decide(world, Policy(), world.taken_at)):
        site, variant = world.sites[where.site], variant_of(workload, where)
        assert site.spec.tier in workload.spec.placement.tiers
        assert site.spec.tier in variant.tiers
        assert workload.spec.placement.site_selector.match_labels.items() <= site.labels.items()
        assert is_inside(world, workload, site)
        assert workload.spec.requirements.offline.mode == "NotRequired" or where.site in clients_of(workload)
        if variant.accelerator:
            assert any(node.allocatable.get(variant.accelerator) for node in world.nodes_of(where.site))


@examples(25)
@given(DICE)
def test_nothing_begins_where_it_is_known_not_to_work(dice: Random) -> None:
    world = a_world(dice)
    plan = decide(world, Policy(), world.taken_at)
    for workload, decision, where in begun(world, plan):
        assert plan.seen.sites[where.site].connectivity not in ("Disconnected", "Lost")
        assert any(node.ready and not node.unschedulable for node in world.nodes_of(where.site))
        latency, compute = workload.spec.requirements.latency, variant_of(workload, where).compute_milliseconds or 0
        if latency is None:
            continue
        served = decision.serves.get(where, clients_of(workload)) if workload.spec.placement.max_sites > 1 else None
        for client in served if served is not None else clients_in_contact(plan, workload):
            link = world.link(client, where.site)
            alone = workload.spec.requirements.offline.mode == "Required"
            if client == where.site or alone or link is None or link.is_stale(world.taken_at) or served is not None:
                continue
            assert link.consecutive_losses < Policy().degraded_consecutive_losses
            assert link.rtt_p95_microseconds + compute * 1000 <= latency.p95_milliseconds * 1000


@examples(25)
@given(DICE)
def test_all_that_begins_at_a_site_fits_on_its_nodes_each_replica_whole(dice: Random) -> None:
    """Of every resource, devices included, with the headroom left free."""
    world = a_world(dice, standing=False)
    asked: dict[str, list[Mapping[str, int]]] = {}
    for workload, _, where in begun(world, decide(world, Policy(), world.taken_at)):
        demand = workload.spec.requests_of(variant_of(workload, where))
        asked.setdefault(where.site, []).extend([demand] * workload.spec.scaling.min_replicas)
    for site, replicas in asked.items():
        usable = [n for n in world.nodes_of(site) if n.ready and not n.unschedulable and not n.taints]
        assert can_be_packed(replicas, [room_of(node) for node in usable])


@examples(30)
@given(DICE)
def test_the_order_of_what_comes_in_makes_no_difference(dice: Random) -> None:
    world = a_world(dice)
    mixed = replace(
        world,
        sites=shuffled(dice, world.sites),
        nodes=shuffled(dice, world.nodes),
        links=shuffled(dice, world.links),
        workloads=shuffled(dice, world.workloads),
        reports=shuffled(dice, world.reports),
    )
    assert decide(mixed, Policy(), world.taken_at) == decide(world, Policy(), world.taken_at)


def begun(world: Snapshot, plan: Plan) -> Iterator[tuple[Workload, Decision, Assignment]]:
    """What is to serve where nothing stands yet."""
    for key, decision in plan.decisions.items():
        workload = world.workloads[key]
        alive = {placement.assignment for placement in workload.placements}
        yield from ((workload, decision, where) for where in decision.assignments if where not in alive)


def room_of(node: Node) -> Mapping[str, int]:
    kept = {resource: node.allocatable[resource] // 10 for resource in ("cpu", "memory")}
    return {resource: node.free(resource) - kept.get(resource, 0) for resource in node.allocatable}


def can_be_packed(replicas: Sequence[Mapping[str, int]], rooms: Sequence[Mapping[str, int]]) -> bool:
    """Whether there is any way at all to put each of them on one node."""
    if not replicas:
        return True
    first, *rest = replicas
    for number, room in enumerate(rooms):
        if all(room.get(resource, 0) >= amount for resource, amount in first.items()):
            left = {resource: amount - first.get(resource, 0) for resource, amount in room.items()}
            if can_be_packed(rest, [*rooms[:number], left, *rooms[number + 1 :]]):
                return True
    return False


def variant_of(workload: Workload, where: Assignment) -> Variant:
    return next(variant for variant in workload.spec.variants if variant.name == where.variant)


def clients_of(workload: Workload) -> tuple[str, ...]:
    return tuple(client.site for client in workload.spec.clients)


def clients_in_contact(plan: Plan, workload: Workload) -> list[str]:
    """Those whose ways can be known; of a site that is cut off nobody can tell."""
    return [s for s in clients_of(workload) if plan.seen.sites[s].connectivity not in ("Disconnected", "Lost")]


def is_inside(world: Snapshot, workload: Workload, site: Site) -> bool:
    privacy, clients = workload.spec.requirements.privacy, clients_of(workload)
    regions = {world.sites[client].spec.region for client in clients} - {""}
    at_home = site.name in clients or site.spec.region in regions
    return {
        Boundary.ANYWHERE: True,
        Boundary.SITE: site.name in clients,
        Boundary.REGION: at_home,
        Boundary.PREMISES: at_home and site.spec.tier is not Tier.CLOUD,
    }[privacy.boundary]
