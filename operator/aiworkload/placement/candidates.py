# SPDX-License-Identifier: Apache-2.0
"""One workload's candidates, best first. Most are never looked at, so each is put into words only when asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from aiworkload.placement.advice import Advice
from aiworkload.placement.block import Situation
from aiworkload.placement.catalogue import REASONS, SCORERS, SENTENCES
from aiworkload.placement.columns import HARDWARE, Columns
from aiworkload.placement.context import Asking, Context, context_at
from aiworkload.placement.plan import Candidate, Factor, Rejection, RejectReason
from aiworkload.placement.scoring import FEASIBLE, Scored, reasons_of
from aiworkload.snapshot.workload import Assignment

SHOWN: Final = 32
"""Candidates that a decision carries at most; the status shows ten of them."""


@dataclass(frozen=True, slots=True)
class Board:
    """What all workloads were scored against."""

    columns: Columns
    situation: Situation
    advice: Advice | None = None


class Contexts:
    """The candidates' contexts, put together when first asked for."""

    def __init__(self, asking: Asking, board: Board) -> None:
        self._asking = asking
        self._board = board
        self._known: dict[Assignment, Context | None] = {}

    def get(self, where: Assignment) -> Context | None:
        """A candidate's context; None when there is no such site or variant."""
        if where not in self._known:
            self._known[where] = context_at(self._asking, where, HARDWARE[self._hardware(where)])
        return self._known[where]

    def __getitem__(self, where: Assignment) -> Context:
        found = self.get(where)
        if found is None:
            raise KeyError(where)
        return found

    def __contains__(self, where: Assignment) -> bool:
        return self.get(where) is not None

    def _hardware(self, where: Assignment) -> int:
        columns = self._board.columns
        variant = next((v for v in self._asking.needs.variants if v.name == where.variant), None)
        column = columns.geography.index.get(where.site)
        if variant is None or column is None:
            return 0
        return max(0, int(columns.hardware[column, columns.resources.index(variant.accelerator or "cpu")]))


class Field:
    """All candidates of one workload."""

    def __init__(self, asking: Asking, scored: Scored, board: Board) -> None:
        self._asking: Final = asking
        self._scored: Final = scored
        self._board: Final = board
        self.contexts: Final = Contexts(asking, board)

    def of(self, where: Assignment) -> Candidate | None:
        """The candidate of that site and variant, in full; None when there is no such site or variant."""
        context = self.contexts.get(where)
        if context is None:
            return None
        position = self._positions.get(where)
        if position is None:
            return Candidate(where, self._rejection(context, self._reason(where)))
        return self._in_full(self._candidate(position, where), position)

    @cached_property
    def feasible(self) -> tuple[Candidate, ...]:
        """Those that passed, best first, without their factors."""
        found = (
            self._candidate(position, where)
            for where, position in self._positions.items()
            if self._scored.reasons[position] == FEASIBLE and self._is_left(where)
        )
        return tuple(sorted(found, key=lambda candidate: (-candidate.worth, candidate.assignment)))

    @cached_property
    def ranked(self) -> tuple[Candidate, ...]:
        """The best of those that passed, then refused ones by name: all of a small field, else one for each reason."""
        best = [self._in_full(c, self._positions[c.assignment]) for c in self.feasible[:SHOWN]]
        passed = {candidate.assignment for candidate in self.feasible}
        names, variants = self._board.columns.geography.names, self._asking.needs.variants
        others = {Assignment(names[column], variants[variant].name) for column, variant, _ in self._scored.examples}
        taken = {where for where in self._positions if where not in passed}
        refused = (self.of(where) for where in sorted((others | taken) - passed)[:SHOWN])
        return (*best, *(candidate for candidate in refused if candidate))

    @property
    def refused(self) -> Mapping[RejectReason, int]:
        """How many candidates each rule refused."""
        return {reason: count for reason, count in zip(REASONS, self._scored.refused, strict=True) if count}

    def at_site(self, site: str) -> tuple[Candidate, ...]:
        """The candidates of one site, best first."""
        found = (self.of(Assignment(site, variant.name)) for variant in self._asking.needs.variants)
        return tuple(sorted((candidate for candidate in found if candidate), key=_rank))

    @cached_property
    def _positions(self) -> Mapping[Assignment, int]:
        names, variants = self._board.columns.geography.names, self._asking.needs.variants
        pairs = zip(self._scored.columns.tolist(), self._scored.variants.tolist(), strict=True)
        return {Assignment(names[c], variants[v].name): position for position, (c, v) in enumerate(pairs)}

    def _candidate(self, position: int, where: Assignment) -> Candidate:
        reason = int(self._scored.reasons[position])
        points = int(self._scored.points[position])
        if reason == FEASIBLE and self._is_left(where):
            return Candidate(where, None, points, self._scarcity(where))
        known = RejectReason.INSUFFICIENT_RESOURCES if reason == FEASIBLE else REASONS[reason - 1]
        rejection = self._rejection(self.contexts[where], known)
        return Candidate(where, rejection, points if where in self._asking.standing else 0)

    def _in_full(self, candidate: Candidate, position: int) -> Candidate:
        if candidate.rejection and candidate.assignment not in self._asking.standing:
            return candidate
        context, weights = self.contexts[candidate.assignment], self._asking.needs.weights
        factors: list[Factor] = []
        for scorer, points in zip(SCORERS, self._scored.factors[position].tolist(), strict=True):
            value = scorer.words(context)
            factors.append(
                Factor(scorer.NAME, points, weights[scorer.NAME], value.words, value.source, value.age),
            )
        return replace(candidate, factors=tuple(factors))

    def _is_left(self, where: Assignment) -> bool:
        """Whether there is room still, after what this cycle has promised to others."""
        world = self._asking.world
        if where in self._asking.standing or where.site not in world.ledger.spoken_for:
            return True
        demand, headroom = self._asking.demands[where.variant], world.policy.headroom_percent
        return world.ledger.slots(where.site, demand, headroom) >= self._asking.needs.replicas

    def _scarcity(self, where: Assignment) -> int:
        advice = self._board.advice
        return advice.scarcity(where.site, self._asking.needs, where.variant) if advice else 0

    def _reason(self, where: Assignment) -> RejectReason:
        names = self._board.columns.geography.index
        variants = [variant.name for variant in self._asking.needs.variants]
        variant = variants.index(where.variant)
        column = names[where.site]
        known = {(c, v): reason for c, v, reason in self._scored.examples}
        if (column, variant) in known:
            return REASONS[known[(column, variant)]]
        grid = reasons_of(self._asking.needs, self._board.columns, self._board.situation)
        return REASONS[int(grid[variant, column]) - 1]

    def _rejection(self, context: Context, reason: RejectReason) -> Rejection:
        return Rejection(reason, SENTENCES[reason].sentence(context))


def _rank(candidate: Candidate) -> tuple[bool, int, Assignment]:
    return (not candidate.feasible, -candidate.worth if candidate.feasible else 0, candidate.assignment)
