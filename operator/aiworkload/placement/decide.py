# SPDX-License-Identifier: Apache-2.0
"""`decide(snapshot, policy, now) -> Plan`: the one function behind the operator, the dry run and every what-if.

No IO, no clock, no dice: the same values give the same plan, whatever order they come in. The last plan may be given
with them: then only what a change touched is decided again, and the plan is the same.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from aiworkload.placement.advice import Advice
from aiworkload.placement.again import Brought, again
from aiworkload.placement.candidates import Board, Field
from aiworkload.placement.connectivity import next_change_at
from aiworkload.placement.context import Asking, ask
from aiworkload.placement.every_site import decide_every_site
from aiworkload.placement.many_sites import decide_many
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import Decision, Plan, Promise, Watch
from aiworkload.placement.policy import Policy
from aiworkload.placement.promises import Promises
from aiworkload.placement.reckoning import Reckoning, load_of
from aiworkload.placement.single_site import decide_single
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey


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
    reckoning, decisions = brought.reckoning, dict[WorkloadKey, Decision]()
    standing: Mapping[WorkloadKey, Decision] = before.decisions if before else {}
    board = Board(reckoning.columns, reckoning.situation(brought.reserved), advice)
    due = _due(brought, before, now, advice)
    promises = Promises(brought.before or reckoning, reckoning, before.promised if before and brought.before else {})
    fresh: set[WorkloadKey] = set()
    for key, needs in reckoning.needs.items():
        if key not in due and key not in promises.concerned:
            decisions[key] = standing[key]
            continue
        advised = advice.advised.get(key) if advice else None
        asking = ask(brought.world, needs, brought.reserved.get(key, {}), advised)
        decisions[key] = _rule_of(needs)(asking, Field(asking, reckoning.scored[key], board))
        promises.make(key, _promise(asking, decisions[key]))
        fresh.add(key)
    return Plan(
        decided_at=now,
        decisions=decisions,
        sites_check_at=next_change_at(reckoning.seen, policy),
        seen=reckoning.seen,
        fresh=frozenset(fresh),
        advised=advice.advised if advice else {},
        promised=promises.made,
        watch=_watch(before.watch if before else Watch(), decisions, fresh, reckoning.needs),
        memory=reckoning,
    )


def _reckon(snapshot: Snapshot, policy: Policy, before: Plan | None) -> Brought:
    known = before.memory if before else None
    if isinstance(known, Reckoning) and known.policy == policy and known.source.taken_at <= snapshot.taken_at:
        brought = again(known, snapshot)
        if brought is not None:
            return brought
    reckoning, world, reserved = Reckoning.of(snapshot, policy)
    return Brought(reckoning, world, reserved, frozenset(reckoning.needs))


def _due(brought: Brought, before: Plan | None, now: float, advice: Advice | None) -> frozenset[WorkloadKey]:
    """Workloads to decide again: touched ones, those whose window ran out, and those that are on their way.

    What holds a move back may be the state of the whole cluster, so when sites or nodes came or went, all held ones.
    """
    needs = brought.reckoning.needs
    if before is None:
        return frozenset(needs)
    watch = before.watch
    ran_out = {key for key, at in watch.checks.items() if at <= now}
    held: frozenset[WorkloadKey] = watch.held if brought.stirred else frozenset()
    waiting = watch.restless | held | ran_out
    unknown = needs.keys() - before.decisions.keys()
    return brought.touched | (waiting & needs.keys()) | unknown | _newly_advised(before, advice)


def _watch(
    before: Watch,
    decisions: Mapping[WorkloadKey, Decision],
    fresh: AbstractSet[WorkloadKey],
    needs: Mapping[WorkloadKey, Needs],
) -> Watch:
    """What the last plan's said of those that stand from then, and what is true of those that were decided anew."""
    kept = {key for key in (before.restless | before.held | before.checks.keys()) - fresh if key in decisions}
    checks = {key: at for key in fresh if (at := decisions[key].next_check_at) is not None}
    return Watch(
        restless=(before.restless & kept) | {key for key in fresh if _is_restless(needs[key], decisions[key])},
        held=(before.held & kept) | {key for key in fresh if decisions[key].suppressed is not None},
        checks={key: at for key, at in before.checks.items() if key in kept} | checks,
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
    _carry(asking, decision)
    new = (where for where in decision.assignments if where not in asking.standing)
    found = tuple((where.site, asking.demands[where.variant], asking.needs.replicas) for where in new)
    for promise in found:
        asking.world.ledger.reserve(*promise)
    return found


def _carry(asking: Asking, decision: Decision) -> None:
    """What will be sent to where nobody is served yet; what is sent already is in the load."""
    needs = asking.needs
    if needs.everywhere or not needs.kibibytes:
        return
    served = {site for _, site in load_of(needs)}
    for where in decision.assignments:
        if where.site not in served:
            clients = decision.serves.get(where, ()) if needs.several else [client for client, _ in needs.clients]
            asking.world.carry(where.site, [(c, rate * needs.kibibytes) for c, rate in needs.clients if c in clients])


def _rule_of(needs: Needs) -> Callable[[Asking, Field], Decision]:
    if needs.everywhere:
        return decide_every_site
    return decide_many if needs.several else decide_single
