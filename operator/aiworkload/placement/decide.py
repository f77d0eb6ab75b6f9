# SPDX-License-Identifier: Apache-2.0
"""`decide(snapshot, policy, now) -> Plan`: the one function behind the operator, the dry run and every what-if.

No IO, no clock, no dice: the same values give the same plan, whatever order they come in. The last plan may be given
with them: then only what a change touched is decided again, and the plan is the same.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from aiworkload.placement.advice import Advice
from aiworkload.placement.again import Brought, again
from aiworkload.placement.candidates import Board, Field
from aiworkload.placement.context import Asking, ask
from aiworkload.placement.every_site import decide_every_site
from aiworkload.placement.many_sites import decide_many
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import Decision, Plan, Promise, Watch
from aiworkload.placement.policy import Policy
from aiworkload.placement.promises import Promised, Promises
from aiworkload.placement.reckoning import Reckoning, load_of
from aiworkload.placement.single_site import decide_single
from aiworkload.placement.world import World
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, WorkloadKey


def decide(
    snapshot: Snapshot, policy: Policy, now: float, before: Plan | None = None, advice: Advice | None = None
) -> Plan:
    """Where every workload belongs, and why; what matters more chooses first, each sees what is left.

    Args:
        snapshot: the facts.
        policy: the administrator's thresholds.
        now: seconds since the epoch, the snapshot's own time in most uses.
        before: the last plan, of an older snapshot.
        advice: what the solver of all workloads together found.
    """
    brought = _reckon(snapshot, policy, before)
    found = _decided(brought, before, now, advice)
    reckoning = brought.reckoning
    return Plan(
        decided_at=now,
        decisions=found.decisions,
        sites_check_at=reckoning.dues.next(snapshot.taken_at),
        seen=reckoning.seen,
        fresh=frozenset(found.fresh),
        advised=advice.advised if advice else {},
        promised=found.promised,
        watch=_watch(before.watch if before else Watch(), found, reckoning.needs),
        memory=reckoning,
    )


@dataclass(frozen=True, slots=True)
class _Decided:
    decisions: Mapping[WorkloadKey, Decision]
    fresh: AbstractSet[WorkloadKey]
    """Decided anew."""
    gone: AbstractSet[WorkloadKey]
    """Decided the last time, and not there any more."""
    promised: Promised


def _decided(brought: Brought, before: Plan | None, now: float, advice: Advice | None) -> _Decided:
    """Decide what is due, in turn; a promise may make others due who come later."""
    reckoning, turn = brought.reckoning, brought.reckoning.whereabouts.turn
    standing: Mapping[WorkloadKey, Decision] = before.decisions if before else {}
    gone = frozenset[WorkloadKey]() if _are_the_same(brought) else frozenset(standing.keys() - turn.keys())
    board = Board(reckoning.columns, reckoning.situation(brought.reserved), advice)
    promises = Promises(brought.before or reckoning, reckoning, before.promised if before and brought.before else {})
    due = set(_due(brought, before, now, advice) | promises.concerned)
    sending: AbstractSet[WorkloadKey] = before.watch.sending if before else frozenset()
    queue = [(turn[key], key) for key in due | sending if key in turn]
    heapify(queue)
    fresh: dict[WorkloadKey, Decision] = {}
    while queue:
        position, key = heappop(queue)
        if key in fresh:
            continue
        needs, advised = reckoning.needs[key], advice.advised.get(key) if advice else None
        if key not in due:
            _carry(brought.world, needs, standing[key])
            continue
        asking = ask(brought.world, needs, brought.reserved.get(key, {}), advised)
        fresh[key] = _decision(asking, Field(asking, reckoning.scored[key], board))
        for other in promises.make(key, _promise(asking, fresh[key])):
            if turn[other] > position:
                due.add(other)
                heappush(queue, (turn[other], other))
    if _are_the_same(brought):
        decisions = {**standing, **fresh}
    else:
        decisions = {key: fresh[key] if key in fresh else standing[key] for key in turn}
    return _Decided(decisions, fresh.keys(), gone, promises.made)


def _are_the_same(brought: Brought) -> bool:
    """Whether it is about the same workloads in the same order as before."""
    before = brought.before
    return before is not None and before.whereabouts.turn is brought.reckoning.whereabouts.turn


def _reckon(snapshot: Snapshot, policy: Policy, before: Plan | None) -> Brought:
    known = before.memory if before else None
    if (
        before
        and isinstance(known, Reckoning)
        and known.policy == policy
        and known.source.taken_at <= snapshot.taken_at
    ):
        brought = again(known, snapshot, before.decisions)
        if brought is not None:
            return brought
    reckoning, world, reserved = Reckoning.of(snapshot, policy)
    return Brought(reckoning, world, reserved, frozenset(reckoning.needs))


def _due(brought: Brought, before: Plan | None, now: float, advice: Advice | None) -> frozenset[WorkloadKey]:
    """Workloads to decide again: touched ones, those whose window ran out, and those that are on their way.

    What holds a move back may be the state of the whole cluster, so when sites or nodes came or went, all held ones.
    """
    turn = brought.reckoning.whereabouts.turn
    if before is None:
        return frozenset(turn)
    watch = before.watch
    ran_out = {key for key, at in watch.checks.items() if at <= now}
    held: frozenset[WorkloadKey] = watch.held if brought.stirred else frozenset()
    unknown: AbstractSet[WorkloadKey] = turn.keys() - before.decisions.keys() if not _are_the_same(brought) else set()
    return brought.touched | watch.restless | held | ran_out | unknown | _newly_advised(before, advice)


def _watch(before: Watch, found: _Decided, needs: Mapping[WorkloadKey, Needs]) -> Watch:
    """What the last plan's said of those that stand from then, and what is true of those that were decided anew."""
    fresh = {key: found.decisions[key] for key in found.fresh}
    over = fresh.keys() | found.gone
    checks = {key: at for key, at in before.checks.items() if key not in over}
    return Watch(
        restless=(before.restless - over) | {key for key, told in fresh.items() if _is_restless(needs[key], told)},
        held=(before.held - over) | {key for key, told in fresh.items() if told.suppressed is not None},
        sending=(before.sending - over) | {key for key, told in fresh.items() if _unserved(needs[key], told)},
        checks=checks | {key: at for key, told in fresh.items() if (at := told.next_check_at) is not None},
    )


def _is_restless(needs: Needs, decision: Decision) -> bool:
    on_its_way = decision.move is not None or any(where not in needs.standing for where in decision.assignments)
    return on_its_way or bool(needs.waiting)


def _newly_advised(before: Plan, advice: Advice | None) -> frozenset[WorkloadKey]:
    """Workloads that are told something else than before."""
    old: Mapping[WorkloadKey, object] = before.advised
    new: Mapping[WorkloadKey, object] = advice.advised if advice else {}
    if old is new:
        return frozenset()
    return frozenset(key for key in {*old, *new} if old.get(key) != new.get(key))


def _promise(asking: Asking, decision: Decision) -> tuple[Promise, ...]:
    """Room for what does not stand yet, on nodes and on links."""
    _carry(asking.world, asking.needs, decision)
    new = (where for where in decision.assignments if where not in asking.standing)
    found = tuple((where.site, asking.demands[where.variant], asking.needs.replicas) for where in new)
    for promise in found:
        asking.world.ledger.reserve(*promise)
    return found


def _carry(world: World, needs: Needs, decision: Decision) -> None:
    """What will be sent to where nobody is served yet; what is sent already is in the load."""
    for where in _unserved(needs, decision):
        clients = decision.serves.get(where, ()) if needs.several else [client for client, _ in needs.clients]
        world.carry(where.site, [(c, rate * needs.kibibytes) for c, rate in needs.clients if c in clients])


def _unserved(needs: Needs, decision: Decision) -> tuple[Assignment, ...]:
    """Where it is to serve and is sent something, and where by its status and its Service nobody is served yet."""
    if needs.everywhere or not needs.kibibytes:
        return ()
    served = {site for _, site in load_of(needs)}
    return tuple(where for where in decision.assignments if where.site not in served)


def _decision(asking: Asking, field: Field) -> Decision:
    if asking.needs.everywhere:
        return decide_every_site(asking, field)
    if asking.needs.several:
        return decide_many(asking, field)
    return decide_single(asking, field)
