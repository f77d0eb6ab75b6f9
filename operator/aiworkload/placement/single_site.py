# SPDX-License-Identifier: Apache-2.0
"""The decision about a workload that serves at one site: place it, go on with a move, or compare."""

from aiworkload.api.names import APPROVE_ANNOTATION
from aiworkload.api.serving import Tier
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload import MigrationMode
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement import explanation
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking, latency_is_unknown
from aiworkload.placement.detached import detached, moved_from, waits_until
from aiworkload.placement.history import challenger
from aiworkload.placement.outcome import Verdict, decision_of, runner_up
from aiworkload.placement.plan import Decision, DecisionReason, Move
from aiworkload.placement.stability import IMMEDIATE, Hold, Want, hold
from aiworkload.placement.standing import Standing, last_switch, standing_of
from aiworkload.placement.wants import Comparison, compare, wanted, why_forced
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import Assignment, Placement


def decide_single(asking: Asking, field: Field) -> Decision:
    """Where the workload should serve, and why."""
    standing = standing_of(asking.workload)
    if standing.flight is not None and standing.move is not None:
        verdict = _under_way(asking, field, standing, standing.flight, standing.move)
    elif standing.source is None:
        verdict = _first(asking, field, standing.others)
    else:
        verdict = _compare(asking, field, standing, standing.source)
    return decision_of(asking, field, verdict)


def _first(asking: Asking, field: Field, others: tuple[Placement, ...], rolled_back: Move | None = None) -> Verdict:
    """Nothing serves: what the solver of all together advises, if it has room, else the best there is.

    What else stands is left alone while there is nothing better.
    """
    avoided = rolled_back.target if rolled_back else None
    first = next((c for c in field.feasible if c.assignment != avoided), None)
    told = field.of(asking.advised.target) if asking.advised and asking.advised.target != avoided else None
    best = told if told is not None and told.feasible else first
    if best is None:
        message = explanation.no_site_fits(field.some_refused, field.refused)
        kept = tuple(placement.assignment for placement in others)
        return Verdict(DecisionReason.INFEASIBLE, message, kept=kept, rolled_back=rolled_back)
    message = explanation.chosen(best, runner_up(field, best.assignment))
    if asking.advised and best is not first:
        message = f"{message}; {asking.advised.words}"
    kept = detached(asking, field, others, best.assignment)
    return Verdict(DecisionReason.PLACED, message, (best.assignment,), kept, rolled_back=rolled_back)


def _under_way(asking: Asking, field: Field, standing: Standing, flight: Placement, move: Move) -> Verdict:
    left_alone = detached(asking, field, standing.others, None)
    failure = _failure(asking, field, flight, move)
    if failure is not None and standing.source is None:
        return _first(asking, field, (*standing.others, flight), rolled_back=move)
    if failure is not None:
        left_alone = detached(asking, field, (*standing.others, flight), None)
        message = f"{move.source.site} stays: the move to {move.target.site} was given up, {failure}"
        return Verdict(DecisionReason.STAYS, message, (move.source,), left_alone, rolled_back=move)
    deadline = move.started_at + asking.workload.spec.migration.ready_timeout_seconds
    return Verdict(
        DecisionReason.MOVES,
        explanation.going(move, None),
        (move.target,),
        (*left_alone, *moved_from(move)),
        move=move,
        serving=move.source if standing.source else None,
        checks=(None if flight.ready else deadline,),
    )


def _failure(asking: Asking, field: Field, flight: Placement, move: Move) -> str | None:
    target = field.of(move.target)
    if target is None:
        return f"{move.target.site} or its variant {move.target.variant} is gone"
    if target.rejection is not None:
        return target.rejection.message
    allowed = asking.workload.spec.migration.ready_timeout_seconds
    if not flight.ready and asking.world.now - move.started_at >= allowed:
        return f"its replicas were not ready within readyTimeoutSeconds ({allowed} s)"
    return None


def _compare(asking: Asking, field: Field, standing: Standing, source: Placement) -> Verdict:
    comparison = compare(asking, field, source)
    want = None if _is_held(comparison) else wanted(comparison, asking.advised)
    held = _held_back(comparison, want) if want else None
    if want is not None and held is None:
        return _moves(comparison, standing, want)
    return _stays(comparison, standing, want, held)


def _is_held(comparison: Comparison) -> bool:
    context = comparison.field.contexts.get(comparison.source.assignment)
    needed = comparison.forced is not None or comparison.approved is not None
    return not needed and context is not None and latency_is_unknown(context)


def _held_back(comparison: Comparison, want: Want) -> Hold | None:
    """What a person approved counts and is not held; else the workload's own rules are asked before the cluster's."""
    workload, world, target = comparison.asking.workload, comparison.asking.world, want.target.assignment.site
    rules = world.rules
    if workload.spec.migration.mode is MigrationMode.MANUAL:
        if workload.approved_site != target:
            return Hold(f"migration.mode Manual: allow it with the annotation {APPROVE_ANNOTATION}: {target}")
        rules.budget.spend(want)
        return None
    site = world.locations[target].site
    own = hold(workload, want, comparison.source, site, world.now)
    return own or rules.breaker.hold(want.trigger, *_tiers(comparison, site)) or rules.budget.grant(want)


def _tiers(comparison: Comparison, target: Site) -> tuple[Tier, ...]:
    left = comparison.asking.world.locations.get(comparison.source.site)
    return (*((left.site.spec.tier,) if left else ()), target.spec.tier)


def _moves(comparison: Comparison, standing: Standing, want: Want) -> Verdict:
    asking, source, target = comparison.asking, comparison.source, want.target.assignment
    manual = asking.workload.spec.migration.mode is MigrationMode.MANUAL and want.trigger not in IMMEDIATE
    trigger = MoveTrigger.MANUAL if manual else want.trigger
    silent = want.trigger is MoveTrigger.SITE_DISCONNECTED
    move = Move(source.assignment, target, trigger, asking.world.now, keep_source=silent)
    return Verdict(
        DecisionReason.MOVES,
        explanation.going(move, want.words),
        (target,),
        (*detached(asking, comparison.field, standing.others, target), *moved_from(move)),
        move=move,
        challenger=challenger(asking.workload, target, asking.world.now),
        serving=source.assignment,
        checks=(asking.world.now + asking.workload.spec.migration.ready_timeout_seconds,),
    )


def _stays(comparison: Comparison, standing: Standing, want: Want | None, held: Hold | None) -> Verdict:
    asking, source = comparison.asking, comparison.source
    target = want.target.assignment if want else None
    kept = detached(asking, comparison.field, standing.others, target)
    draining = _drained(asking, standing, kept)
    reason, message = _words(comparison, want, held)
    return Verdict(
        DecisionReason.MOVES if draining else reason,
        explanation.draining(draining) if draining else message,
        (source.assignment,),
        kept,
        move=draining,
        challenger=challenger(asking.workload, target, asking.world.now) if target else None,
        suppressed=explanation.suppressed(want.trigger, target, held.sentence) if target and want and held else None,
        checks=(held.until if held else None, *_checks(comparison, standing)),
    )


def _drained(asking: Asking, standing: Standing, kept: tuple[object, ...]) -> Move | None:
    switched = last_switch(asking.workload, standing)
    return switched if switched and switched.source not in kept else None


def _checks(comparison: Comparison, standing: Standing) -> tuple[float | None, ...]:
    asking = comparison.asking
    returns = (waits_until(asking, placement) for placement in standing.others)
    return (*comparison.spared.values(), *returns, comparison.overdue_at)


def _words(comparison: Comparison, want: Want | None, held: Hold | None) -> tuple[DecisionReason, str]:
    source, standing, field = comparison.source, comparison.standing, comparison.field
    if held is not None and held.blind:
        return DecisionReason.HELD, f"{held.sentence}; {source.site} stays until something is measured again"
    if want is not None and held is not None:
        return DecisionReason.STAYS, f"{want.words}; {source.site} stays for now"
    if _is_held(comparison):
        return DecisionReason.HELD, explanation.held(field.contexts[source.assignment].reach, source.site)
    if standing is None or comparison.forced is not None:
        others = [c for c in field.ranked if c.assignment != source.assignment]
        waits = standing is not None and standing.feasible
        own = standing.rejection.reason if standing and standing.rejection else None
        refused = {reason: count - (reason is own) for reason, count in field.refused.items()}
        said = explanation.nowhere_else(others, refused)
        message = f"{source.site} stays, although {why_forced(comparison)}; {said}"
        return DecisionReason.STAYS if waits else DecisionReason.INFEASIBLE, message
    message = explanation.stays(standing, runner_up(field, source.assignment))
    return DecisionReason.STAYS, f"{message}{_unused_approval(comparison)}"


def _unused_approval(comparison: Comparison) -> str:
    """An approval that nothing comes of is said, not ignored in silence."""
    workload = comparison.asking.workload
    site = workload.approved_site
    manual = workload.spec.migration.mode is MigrationMode.MANUAL
    if not manual or site in (None, comparison.source.site):
        return ""
    return f"; the approved site {site} is not moved to, because {_why_not(comparison, str(site))}"


def _why_not(comparison: Comparison, site: str) -> str:
    if site in comparison.spared:
        return f"a move to it has failed; it is tried again at {to_rfc3339(comparison.spared[site])}"
    variants = comparison.asking.workload.spec.variants
    here = [comparison.field.of(Assignment(site, variant.name)) for variant in variants]
    known = [candidate for candidate in here if candidate is not None]
    if not known:
        return "there is no such Site"
    return explanation.first_reason(known) or "what stands there is not ready"
