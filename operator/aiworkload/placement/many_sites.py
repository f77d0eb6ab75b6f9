# SPDX-License-Identifier: Apache-2.0
"""The decision about a workload that serves several client sites from a set of sites.

Which set is best is a facility-location problem (`site_set`); this is about when to change the one that stands:

1. What fell silent or was ruled out is made up for at once; what else stands, stays.
2. More than `maxSites`, because a silent site came back, are reduced once it has been well for the failback window.
3. What does not get ready, or is rejected for what may pass, is replaced when that has lasted for the violation window.
4. Else a set one added, dropped or swapped site away may take over: when more targets are met by it, or when it gains
   `minGainPoints` (points, or percent of the cost); held back by the same window, dwell and budgets as any move.

New sites are prepared first, and what they replace is kept until all that is wanted is ready. Then traffic is told, and
what leaves is drained. Each site that leaves for a reason is a move: from it to the one that comes, or to the one that
serves most of its clients from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.history import challenger
from aiworkload.placement.outcome import Verdict, decision_of
from aiworkload.placement.plan import Candidate, Decision, DecisionReason, Move
from aiworkload.placement.set_change import Change, held_back, next_change, one_step
from aiworkload.placement.set_figures import figures, margin_points, served_by, taker_of
from aiworkload.placement.set_standing import SetStanding, set_standing
from aiworkload.placement.set_words import covers, first_words, held_words, nothing_fits
from aiworkload.placement.site_problem import Sites, sites_of
from aiworkload.placement.site_set import Choice, SiteSet, choose, weigh
from aiworkload.placement.stability import Hold, backoffs
from aiworkload.snapshot.workload import Assignment, Placement


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Where it should serve from now on, and why."""

    sites: Sites
    choice: Choice
    chosen: SiteSet
    change: Change | None = None
    """What is wanted beyond that."""
    held: Hold | None = None
    checks: tuple[float | None, ...] = ()
    trigger: MoveTrigger | None = None
    """What makes a site leave, where it is not the change."""


def decide_many(asking: Asking, field: Field) -> Decision:
    """The set of sites that it should serve from, who serves whom, and why."""
    standing = set_standing(asking, field)
    candidates = _candidates(asking, field, standing)
    outcome = _outcome(asking, field, standing, candidates)
    if outcome is None:
        return _nowhere(asking, field, standing)
    assignments = outcome.sites.assignments(outcome.chosen.members)
    move = _move(asking, standing, outcome, assignments)
    wanted = outcome.change.names if outcome.change else None
    verdict = Verdict(
        _reason(outcome, standing, assignments, move),
        _message(asking, outcome, standing),
        assignments,
        _kept(asking, standing, assignments),
        move=move,
        rolled_back=standing.given_up,
        challenger=challenger(asking.workload, wanted, asking.world.now) if wanted else None,
        suppressed=outcome.change.held_words(outcome.held) if outcome.change and outcome.held else None,
        checks=(*outcome.checks, outcome.held.until if outcome.held else None, *_deadlines(asking, standing)),
    )
    decision = decision_of(asking, field, verdict)
    told = figures(asking, field, outcome.sites, outcome.chosen)
    return replace(decision, **told, margin_points=margin_points(outcome.choice, outcome.chosen))


def _candidates(asking: Asking, field: Field, standing: SetStanding) -> tuple[Candidate, ...]:
    """What the set may be made of: what stands, and what passed the filters and has not failed lately."""
    spared = {site for site, at in backoffs(asking.workload, asking.world.policy).items() if asking.world.now < at}
    out = {p.assignment for p in (*standing.leaving, *standing.silent)}
    serving = [found for where in standing.assignments if (found := field.of(where)) is not None]
    new = [
        c
        for c in field.feasible
        if c.assignment not in out and c.assignment not in standing.assignments and c.assignment.site not in spared
    ]
    return (*serving, *new)


def _outcome(asking: Asking, field: Field, standing: SetStanding, candidates: Sequence[Candidate]) -> _Outcome | None:
    sites = sites_of(asking, field, candidates)
    choice = choose(sites.problem, sites.members(standing.assignments))
    if choice is None:
        return None
    forced = _forced(asking, field, standing, sites, choice)
    if forced is not None:
        return forced
    stays = _Outcome(sites, choice, weigh(sites.problem, sites.members(standing.assignments)))
    change = next_change(asking, field, standing, sites, choice)
    if change is None:
        return stays
    held = held_back(asking, standing, change)
    return replace(stays, chosen=stays.chosen if held else change.chosen, change=change, held=held)


def _forced(asking: Asking, field: Field, standing: SetStanding, sites: Sites, choice: Choice) -> _Outcome | None:
    """What must be so at once: a first set, enough sites, a loss made up for, not too many sites."""
    members, problem = sites.members(standing.assignments), sites.problem
    banned = MoveTrigger.SPEC_CHANGED if standing.banned else None
    if not members:
        return _Outcome(sites, choice, choice.best, trigger=banned)
    if len(members) > problem.max_sites:
        return _reduced(asking, field, standing, sites, choice)
    if len(members) == problem.max_sites or not (standing.lost or len(members) < problem.min_sites):
        return None
    more = choose(replace(problem, keep=members), members)
    if more is None or more.standing is None:
        return None
    needed = len(members) < problem.min_sites or more.best.missed < more.standing.missed
    return _Outcome(sites, more, more.best, trigger=banned) if needed and more.best.members != members else None


def _reduced(asking: Asking, field: Field, standing: SetStanding, sites: Sites, choice: Choice) -> _Outcome:
    """As many as are allowed; all of them while one that came back has not proved itself."""
    window = asking.workload.spec.migration.failback_seconds
    well_since = max(asking.world.locations[p.site].site.connectivity_since for p in standing.serving)
    every = weigh(sites.problem, sites.members(standing.assignments))
    if asking.world.now < well_since + window:
        return _Outcome(sites, choice, every, checks=(well_since + window,))
    only = sites_of(asking, field, [found for where in standing.assignments if (found := field.of(where))])
    fewer = choose(only.problem)
    if fewer is None or standing.move is not None:
        return _Outcome(sites, choice, every)
    members = one_step(only, only.members(standing.assignments), fewer.best.members)
    return _Outcome(only, fewer, weigh(only.problem, members), trigger=MoveTrigger.FAILBACK)


def _move(asking: Asking, standing: SetStanding, outcome: _Outcome, assignments: tuple[Assignment, ...]) -> Move | None:
    """The change under way, else the one that begins: what leaves, for what comes or takes over."""
    if standing.move is not None:
        return standing.move if standing.move.target in assignments else None
    trigger = _trigger(outcome, standing)
    left = [where for where in standing.assignments if where not in assignments]
    left += [placement.assignment for placement in standing.banned]
    if trigger is None or not left:
        return None
    new = [where for where in assignments if where not in asking.standing]
    target = new[0] if new else taker_of(asking, outcome.sites, outcome.chosen, left[0])
    return Move(left[0], target, trigger, asking.world.now)


def _trigger(outcome: _Outcome, standing: SetStanding) -> MoveTrigger | None:
    """Why a site leaves, if one does."""
    if outcome.change is not None and outcome.held is None:
        return outcome.change.trigger
    return outcome.trigger or (MoveTrigger.SPEC_CHANGED if standing.banned else None)


def _kept(asking: Asking, standing: SetStanding, assignments: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
    """What is not wanted any more, until all that is wanted is ready; what is silent runs on in any case."""
    silent = [placement.assignment for placement in standing.silent]
    settled = all(_is_ready(asking, where) for where in assignments)
    given_up = standing.given_up.target if standing.given_up else None
    leaving = [] if settled else [*standing.assignments, *(p.assignment for p in standing.leaving)]
    return tuple(where for where in (*silent, *leaving) if where not in assignments and where != given_up)


def _is_ready(asking: Asking, where: Assignment) -> bool:
    placement = asking.standing.get(where)
    return placement is not None and placement.ready


def _reason(
    outcome: _Outcome, standing: SetStanding, assignments: tuple[Assignment, ...], move: Move | None
) -> DecisionReason:
    comes = any(where not in standing.assignments for where in assignments)
    if move is not None or standing.move is not None or (outcome.change is not None and outcome.held is None):
        return DecisionReason.MOVES
    if comes:
        return DecisionReason.PLACED
    if outcome.change is not None:
        return DecisionReason.STAYS
    if any(outcome.sites.unknown[client][by] for client, by in served_by(outcome.sites, outcome.chosen)):
        return DecisionReason.HELD
    short = outcome.chosen.missed > 0 or len(outcome.chosen.members) < outcome.sites.problem.min_sites
    return DecisionReason.PARTIAL if short else DecisionReason.STAYS


def _message(asking: Asking, outcome: _Outcome, standing: SetStanding) -> str:
    said = covers(asking, outcome.sites, outcome.choice, outcome.chosen)
    if outcome.change is not None:
        return held_words(outcome.change, said) if outcome.held else f"{outcome.change.words}: {said}"
    if standing.given_up is not None:
        return f"{standing.given_up.target.site} was given up, because it was not ready in time; {said}"
    return first_words(outcome.sites, standing, outcome.chosen, said)


def _deadlines(asking: Asking, standing: SetStanding) -> tuple[float | None, ...]:
    """When a replacement is given up, and when a site that failed may be tried again."""
    allowed = asking.workload.spec.migration.ready_timeout_seconds
    ends = backoffs(asking.workload, asking.world.policy).values()
    return (standing.move.started_at + allowed if standing.move else None, *ends)


def _nowhere(asking: Asking, field: Field, standing: SetStanding) -> Decision:
    """No set can be made: what stands is left alone, silent or not."""
    alive: tuple[Placement, ...] = (*standing.serving, *standing.silent, *standing.leaving)
    serving = tuple(p.assignment for p in alive if p in standing.silent)
    message = nothing_fits(field, serving)
    kept = tuple(p.assignment for p in alive)
    reason = DecisionReason.STAYS if serving else DecisionReason.INFEASIBLE
    return decision_of(asking, field, Verdict(reason, message, serving, kept, rolled_back=standing.given_up))
