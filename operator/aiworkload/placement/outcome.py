# SPDX-License-Identifier: Apache-2.0
"""From a verdict to a whole `Decision`: the figures that every decision carries."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking, hourly_cost
from aiworkload.placement.cost import as_money
from aiworkload.placement.latency import estimate, meets
from aiworkload.placement.lazily import iter_once
from aiworkload.placement.overturns import Search, overturns
from aiworkload.placement.plan import Candidate, Challenger, Decision, DecisionReason, LatencyEstimate, Move
from aiworkload.snapshot.workload import Assignment


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided; the figures follow from it."""

    reason: DecisionReason
    message: str
    assignments: tuple[Assignment, ...] = ()
    kept: tuple[Assignment, ...] = ()
    move: Move | None = None
    rolled_back: Move | None = None
    challenger: Challenger | None = None
    suppressed: str | None = None
    serving: Assignment | None = None
    """Whose latency clients see now; None: that of the first assignment."""
    checks: tuple[float | None, ...] = ()
    """Times at which a window runs out."""


def decision_of(asking: Asking, field: Field, verdict: Verdict) -> Decision:
    """The whole decision. How far was looked is told last: the figures look, too."""
    chosen = verdict.assignments[0] if verdict.assignments else None
    latency, met = latency_at(asking, field, verdict.serving or chosen)
    return Decision(
        key=asking.workload.key,
        reason=verdict.reason,
        message=verdict.message,
        assignments=verdict.assignments,
        kept=tuple(sorted(set(verdict.kept) - set(verdict.assignments))),
        move=verdict.move,
        rolled_back=verdict.rolled_back,
        candidates=field.told(),
        refused=field.refused,
        overturns=Search(iter_once(lambda: overturns(asking, field, chosen))),
        margin_points=margin(field, chosen),
        challenger=verdict.challenger,
        suppressed=verdict.suppressed,
        latency=latency,
        latency_met=met,
        cost_per_hour=cost_of(field, verdict.assignments),
        next_check_at=earliest(verdict.checks, asking.world.now),
        looked=None if asking.needs.everywhere or asking.needs.several else field.looked,
    )


def latency_at(asking: Asking, field: Field, where: Assignment | None) -> tuple[LatencyEstimate | None, bool | None]:
    """What clients see of a placement, and whether that meets the target."""
    context = field.contexts.get(where) if where else None
    if context is None:
        return None, None
    seen = estimate(context.reach, context.compute, asking.world.snapshot.taken_at)
    return seen, meets(context.reach, context.compute, asking.target_microseconds)


def runner_up(field: Field, chosen: Assignment) -> Candidate | None:
    """The best feasible candidate other than the chosen one."""
    return next((c for c in field.feasible if c.assignment != chosen), None)


def margin(field: Field, chosen: Assignment | None) -> int | None:
    """Points of the chosen candidate over the best other one."""
    mine = field.of(chosen) if chosen else None
    other = runner_up(field, chosen) if chosen else None
    return mine.points - other.points if mine and other else None


def cost_of(field: Field, assignments: Iterable[Assignment]) -> str | None:
    """What all assignments together cost; None when there are none, or none that could be reckoned."""
    costs = [hourly_cost(field.contexts[where]) for where in assignments if where in field.contexts]
    return as_money(sum(costs[1:], costs[0])) if costs else None


def earliest(times: Iterable[float | None], now: float) -> float | None:
    """The next of some times that is still to come."""
    return min((at for at in times if at is not None and at > now), default=None)
