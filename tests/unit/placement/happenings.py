# SPDX-License-Identifier: Apache-2.0
"""What may become of a world from one snapshot to the next; whatever does not change stays the very same object."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.site import SiteStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import AIWorkloadStatus, ChallengerStatus, DecisionStatus
from aiworkload.placement.plan import Decision, Plan
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.pulse import Pulse
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Service, Workload
from tests.unit.placement.worlds import CLIENTS, SITES, a_path, a_world, some_placement, some_workload

Happening = Callable[[Random, Snapshot, Plan], Snapshot]


def next_snapshot(dice: Random, snapshot: Snapshot, plan: Plan) -> Snapshot:
    """A while later, with up to three things that happened meanwhile."""
    later = replace(snapshot, taken_at=snapshot.taken_at + dice.choice([0, 1, 6, 6, 20, 31, 70, 400]))
    for happening in dice.choices(HAPPENINGS, k=dice.choice([0, 1, 1, 1, 2, 3])):
        later = happening(dice, later, plan)
    return later


def _a_link_is_measured(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    ends = dice.choice(list(world.links)) if world.links and dice.random() < 0.8 else None
    client, site = ends or dice.choice([(c, s) for c in CLIENTS for s in SITES if c != s])
    return replace(world, links={**world.links, (client, site): a_path(dice, client, site, world.taken_at)})


def _all_links_are_measured_again(_: Random, world: Snapshot, __: Plan) -> Snapshot:
    fresh = {
        ends: link if link.source is LinkSource.DECLARED else replace(link, observed_at=world.taken_at)
        for ends, link in world.links.items()
    }
    return replace(world, links=fresh)


def _a_link_is_forgotten(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    gone = dice.choice(list(world.links)) if world.links else None
    return replace(world, links={ends: link for ends, link in world.links.items() if ends != gone})


def _a_link_has_no_answer_yet(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    client, site = dice.choice([(c, s) for c in CLIENTS for s in SITES if c != s])
    link = Link(client, site, None, None, consecutive_losses=dice.randint(0, 5), observed_at=world.taken_at)
    return replace(world, links={**world.links, (client, site): link})


def _a_site_gets_no_answers_or_gets_them_again(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    """From anybody that it probes, as behind a firewall that somebody sets up and takes away."""
    site, losses = dice.choice(CLIENTS), dice.choice([0, 9])
    own = {
        ends: replace(link, consecutive_losses=losses, observed_at=world.taken_at)
        for ends, link in world.links.items()
        if link.from_site == site and link.source is LinkSource.MEASURED
    }
    return replace(world, links={**world.links, **own})


def _a_path_is_estimated(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    """As the senses do it: only where nothing else is known in either direction."""
    one, other = dice.sample(sorted(world.sites), 2)
    known = world.link(one, other)
    if known is not None and known.source is not LinkSource.ESTIMATED:
        return world
    microseconds = dice.randint(1, 90) * 1000
    link = Link(one, other, microseconds, microseconds, source=LinkSource.ESTIMATED)
    return replace(world, links={**world.links, (one, other): link})


def _a_kubelet_is_listened_to(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    """Its Lease says something, or is not looked at any more, or none can be."""
    if dice.random() < 0.1:
        return replace(world, pulses=None if world.pulses is not None else {})
    if not world.nodes:
        return world
    node, pulse = dice.choice(sorted(world.nodes)), dice.choice([*Pulse, None])
    others = {name: known for name, known in (world.pulses or {}).items() if name != node}
    return replace(world, pulses={**others, node: pulse} if pulse else others)


def _a_node_is_another(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    if not world.nodes:
        return world
    node = dice.choice(list(world.nodes.values()))
    cpu = node.allocatable["cpu"]
    changed = dice.choice(
        [
            replace(node, ready=not node.ready),
            replace(node, unschedulable=not node.unschedulable),
            replace(node, taints=()),
            replace(node, requested={**node.requested, "cpu": dice.choice([0, cpu // 4, cpu // 2, cpu])}),
            replace(node, requested={**node.requested, "nvidia.com/gpu": dice.randint(0, 2)}),
            replace(node, used={"cpu": dice.choice([0, cpu // 3, cpu])}),
            replace(node, allocatable={**node.allocatable, "cpu": dice.choice([4000, 8000])}),
        ]
    )
    return replace(world, nodes={**world.nodes, node.name: changed})


def _a_site_reports_or_is_published(dice: Random, world: Snapshot, plan: Plan) -> Snapshot:
    site = dice.choice(list(world.sites.values()))
    seen = plan.seen.sites[site.name] if plan.seen else site
    since = to_rfc3339(seen.connectivity_since)
    changed = dice.choice(
        [
            replace(site, last_report_at=world.taken_at),
            replace(site, published=SiteStatus(connectivity=seen.connectivity, connectivity_since_time=since)),
        ]
    )
    return replace(world, sites={**world.sites, site.name: changed})


def _all_states_are_published(_: Random, world: Snapshot, plan: Plan) -> Snapshot:
    if plan.seen is None:
        return world
    sites = {
        name: replace(
            site,
            published=SiteStatus(
                connectivity=plan.seen.sites[name].connectivity,
                connectivity_since_time=to_rfc3339(plan.seen.sites[name].connectivity_since),
            ),
        )
        for name, site in world.sites.items()
    }
    return replace(world, sites=sites)


def _a_node_reports(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    if not world.reports:
        return world
    report = dice.choice(list(world.reports.values()))
    return replace(world, reports={**world.reports, report.node: replace(report, observed_at=world.taken_at)})


def _a_workload_comes_or_goes(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    number = dice.randint(0, 7)
    new = some_workload(dice, number)
    if new.key in world.workloads and dice.random() < 0.5:
        if dice.random() < 0.5:
            return _with(world, replace(world.workloads[new.key], deleting=True))
        return replace(world, workloads={key: w for key, w in world.workloads.items() if key != new.key})
    return _with(world, new)


def _a_workload_is_edited(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    if not world.workloads:
        return world
    old, other = dice.choice(list(world.workloads.values())), some_workload(dice, 0)
    changed = dice.choice(
        [
            replace(old, spec=other.spec, generation=old.generation + 1),
            replace(old, priority=dice.choice([0, 1000])),
            replace(old, approved_site=dice.choice([None, *SITES])),
        ]
    )
    return _with(world, changed)


def _what_was_decided_is_done(dice: Random, world: Snapshot, plan: Plan) -> Snapshot:
    """Of one workload: the status is written, and mostly the objects follow."""
    decided = [decision for key, decision in plan.decisions.items() if key in world.workloads]
    if not decided:
        return world
    decision = dice.choice(decided)
    workload = reported(world.workloads[decision.key], decision, world.taken_at)
    return _with(world, _acted(dice, workload, decision) if dice.random() < 0.8 else workload)


def _all_that_was_decided_is_done(dice: Random, world: Snapshot, plan: Plan) -> Snapshot:
    for key, decision in plan.decisions.items():
        if key in world.workloads:
            done = _acted(dice, reported(world.workloads[key], decision, world.taken_at), decision)
            world = _with(world, done)
    return world


def _the_map_is_redrawn(dice: Random, world: Snapshot, _: Plan) -> Snapshot:
    other = a_world(dice)
    return replace(world, sites=other.sites, nodes=other.nodes)


def reported(workload: Workload, decision: Decision, now: float) -> Workload:
    """With the status that the operator writes, as far as decisions read it."""
    better = decision.challenger
    verdict = {None: ConditionStatus.UNKNOWN, True: ConditionStatus.TRUE, False: ConditionStatus.FALSE}
    met = verdict[decision.latency_met]
    old = (
        next((c for c in workload.published.conditions if c.type == "LatencyMet"), None) if workload.published else None
    )
    since = old.last_transition_time if old and old.status is met else to_rfc3339(now)
    status = AIWorkloadStatus(
        decision=DecisionStatus(
            time=to_rfc3339(now),
            reason=decision.reason,
            challenger=better
            and ChallengerStatus(
                site=better.assignment.site, variant=better.assignment.variant, since_time=to_rfc3339(better.since)
            ),
        ),
        moves=workload.published.moves if workload.published else (),
        conditions=(Condition(type="LatencyMet", status=met, reason="Seen", last_transition_time=since),),
    )
    return replace(workload, published=status)


def _acted(dice: Random, workload: Workload, decision: Decision) -> Workload:
    if not decision.assignments:
        return workload
    standing = {placement.assignment: placement for placement in workload.placements}
    new = {
        where: standing.get(where) or some_placement(dice, where.site, where.variant) for where in decision.assignments
    }
    kept = {where: standing[where] for where in decision.kept if where in standing and where not in new}
    selects = decision.assignments[0] if workload.spec.placement.max_sites == 1 else None
    placements = (*new.values(), *kept.values())
    return replace(workload, placements=placements, service=Service(workload.key.name, selects))


def _with(world: Snapshot, workload: Workload) -> Snapshot:
    return replace(world, workloads={**world.workloads, workload.key: workload})


HAPPENINGS: tuple[Happening, ...] = (
    _a_link_is_measured,
    _a_link_is_measured,
    _all_links_are_measured_again,
    _a_link_is_forgotten,
    _a_link_has_no_answer_yet,
    _a_site_gets_no_answers_or_gets_them_again,
    _a_path_is_estimated,
    _a_kubelet_is_listened_to,
    _a_node_is_another,
    _a_node_is_another,
    _a_site_reports_or_is_published,
    _all_states_are_published,
    _a_node_reports,
    _a_workload_comes_or_goes,
    _a_workload_is_edited,
    _what_was_decided_is_done,
    _all_that_was_decided_is_done,
    _the_map_is_redrawn,
)
