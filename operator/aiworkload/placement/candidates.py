# SPDX-License-Identifier: Apache-2.0
"""Every (site, variant) pair of a workload: filtered, scored, sorted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aiworkload.placement.catalogue import FILTERS, RELATIVE_FILTERS, SCORERS
from aiworkload.placement.context import Asking, Context, Rivals, context_of, hourly_cost, latency_is_unknown, reach
from aiworkload.placement.plan import Candidate, Factor, Rejection, RejectReason
from aiworkload.snapshot.workload import Assignment


@dataclass(frozen=True, slots=True)
class Field:
    """All candidates of one workload, best first, rejected ones last and by name."""

    ranked: tuple[Candidate, ...]
    contexts: Mapping[Assignment, Context]

    def of(self, assignment: Assignment) -> Candidate | None:
        """The candidate of that site and variant; None when there is no such site or variant."""
        return next((candidate for candidate in self.ranked if candidate.assignment == assignment), None)

    @property
    def feasible(self) -> tuple[Candidate, ...]:
        """Those that passed, best first."""
        return tuple(candidate for candidate in self.ranked if candidate.feasible)


def field_of(asking: Asking) -> Field:
    """Ask every filter and scorer about every candidate."""
    contexts = _contexts(asking)
    first = [(context, _rejection(context)) for context in contexts]
    rivals = _rivals(first)
    ranked = sorted((_judge(context, rejection, rivals) for context, rejection in first), key=_rank)
    return Field(tuple(ranked), {context.assignment: context for context in contexts})


def _contexts(asking: Asking) -> list[Context]:
    variants = asking.workload.spec.variants
    return [
        context_of(asking, location, variant, seen)
        for name, location in asking.world.locations.items()
        for seen in (reach(asking, name),)
        for variant in variants
    ]


def _rejection(context: Context) -> Rejection | None:
    for reject in FILTERS:
        found = reject(context)
        if found is not None:
            return found
    return None


def _rivals(judged: Sequence[tuple[Context, Rejection | None]]) -> Rivals:
    priced = [context for context, rejection in judged if rejection is None or context.stands]
    costs = {context.assignment: hourly_cost(context) for context in priced}
    known = any(_is_in_use(*found) and not latency_is_unknown(found[0]) for found in judged)
    return Rivals(latency_known=known, costs=costs, cheapest=min(costs.values(), default=Decimal(0)))


def _is_in_use(context: Context, rejection: Rejection | None) -> bool:
    """Whether it can serve, or does although too slowly: a known miss is no reason to go into the unknown."""
    if rejection is None:
        return True
    return context.stands and rejection.reason is RejectReason.LATENCY_UNREACHABLE


def _judge(context: Context, rejection: Rejection | None, rivals: Rivals) -> Candidate:
    if rejection is None:
        rejection = next((no for reject in RELATIVE_FILTERS if (no := reject(context, rivals))), None)
    if rejection is not None and not context.stands:
        return Candidate(context.assignment, rejection)
    factors = tuple(score(context, rivals) for score in SCORERS)
    return Candidate(context.assignment, rejection, weighted_mean(factors), factors)


def weighted_mean(factors: Sequence[Factor]) -> int:
    """Points of all factors by their weights, rounded half up; what weighs nothing changes nothing."""
    weights = sum(factor.weight for factor in factors)
    if weights == 0:
        return 0
    return (2 * sum(factor.points * factor.weight for factor in factors) + weights) // (2 * weights)


def _rank(candidate: Candidate) -> tuple[bool, int, Assignment]:
    return (not candidate.feasible, -candidate.points if candidate.feasible else 0, candidate.assignment)
