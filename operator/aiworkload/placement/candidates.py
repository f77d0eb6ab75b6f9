# SPDX-License-Identifier: Apache-2.0
"""One workload's candidates, best first. Most are never looked at, so each is put into words only when asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.advice import Advice
from aiworkload.placement.catalogue import REASONS, SCORERS, SENTENCES
from aiworkload.placement.columns import HARDWARE, Columns
from aiworkload.placement.context import Asking, Context, context_at
from aiworkload.placement.layers import Situation
from aiworkload.placement.lazily import Lazily, iter_once
from aiworkload.placement.plan import Candidate, Factor, Looked, Rejection, RejectReason
from aiworkload.placement.scoring import FEASIBLE, Scored, reasons_of
from aiworkload.snapshot.workload import Assignment

SHOWN: Final = 32
"""Candidates of each kind, passed and refused, that a decision tells at most; the status shows ten."""

_WHOLE: Final = 64
"""Up to so many candidates every refused one is told; of more only one for each reason."""


@dataclass(frozen=True, slots=True)
class Board:
    """What all workloads were scored against."""

    columns: Columns
    situation: Situation
    advice: Advice | None = None


_NONE_SEEN: Final = 101
"""More than any candidate is worth."""

_SUMMED_UP: Final = 4
"""Of a large field so many refusals are told in a summary; the rest are counted."""


class Contexts:
    """The candidates' contexts, put together when first asked for."""

    def __init__(self, asking: Asking, board: Board) -> None:
        self._asking = asking
        self._board = board
        self._known: dict[Assignment, Context | None] = {}

    def get(self, where: Assignment) -> Context | None:
        """A candidate's context; None when there is no such site or variant."""
        found = self._known.get(where)
        if found is None and where not in self._known:
            found = self._known[where] = context_at(self._asking, where, HARDWARE[self._hardware(where)])
        return found

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
        self._columns: Final[list[int]] = scored.columns.tolist()
        self._variants: Final[list[int]] = scored.variants.tolist()
        self._known: Final[dict[Assignment, Candidate | None]] = {}
        self._passed_by: Final[dict[Assignment, int]] = {}
        """Where those were found that somebody has looked past."""

    @property
    def board(self) -> Board:
        """What it was scored against."""
        return self._board

    def of(self, where: Assignment) -> Candidate | None:
        """The candidate of that site and variant, without factors; None when there is no such site or variant."""
        if where not in self._known:
            self._known[where] = self._find(where)
        return self._known[where]

    def _find(self, where: Assignment) -> Candidate | None:
        context = self.contexts.get(where)
        if context is None:
            return None
        position = self._position(where)
        if position is None:
            return Candidate(where, self._rejection(context, self._reason(where)))
        return self._candidate(position, where)

    @cached_property
    def feasible(self) -> Lazily[Candidate]:
        """Those that passed, best first, without their factors."""
        positions = self._roomy(np.flatnonzero(self._scored.reasons == FEASIBLE))
        worth = self._scored.points[positions] - self._scarcities(positions)
        order = np.lexsort((self._scored.variants[positions], self._scored.columns[positions], -worth))
        return Lazily(self._passed(positions[order].tolist()))

    def _roomy(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those that may have room left; asked one by one, on a full cluster most of the time would go by."""
        asking, ledger = self._asking, self._asking.world.ledger
        if not ledger.spoken_for:
            return positions
        columns = self._scored.columns[positions]
        rooms = [ledger.may_have_room(columns, variant.demand) for variant in asking.needs.variants]
        found = rooms[0]
        if len(rooms) > 1:
            found = np.stack(rooms)[self._scored.variants[positions], np.arange(len(positions))]
        if asking.standing:
            found |= np.isin(columns, self._board.columns.geography.column(where.site for where in asking.standing))
        return positions[found]

    @cached_property
    def ranked(self) -> tuple[Candidate, ...]:
        """The best of those that passed, then refused ones by name: all of a small field, else one for each reason."""
        passed = {candidate.assignment for candidate in self.feasible}
        refused = (self.of(where) for where in sorted(self._examples() - passed)[:SHOWN])
        return tuple(self._in_full(c) for c in (*islice(self.feasible, SHOWN), *refused) if c)

    @cached_property
    def some_refused(self) -> tuple[Candidate, ...]:
        """Refused ones for a summary: of a large field first those that only lack room, the best of them."""
        if len(self._board.columns.geography) * len(self._asking.needs.variants) <= _WHOLE or not self._columns:
            return tuple(candidate for candidate in self.ranked if not candidate.feasible)
        best = np.argsort(-self._scored.points, kind="stable")[:_SUMMED_UP].tolist()
        found = (self.of(self._at(position)) for position in best)
        return tuple(candidate for candidate in found if candidate and not candidate.feasible)

    @property
    def looked(self) -> Looked:
        """How far it was looked through by now."""
        seen = self.feasible.seen
        last = (seen[-1].worth, seen[-1].assignment.site) if seen else (_NONE_SEEN, "")
        return Looked(None if self.feasible.exhausted else last, frozenset(where.site for where in self._known))

    def everything(self) -> tuple[Candidate, ...]:
        """Each candidate in full, refused ones too: for `examine`, whose field leaves none out."""
        names, variants = self._board.columns.geography.names, self._asking.needs.variants
        found = (self.of(Assignment(name, variant.name)) for name in names for variant in variants)
        return tuple(self._in_full(c) for c in sorted((c for c in found if c), key=_rank))

    def told(self) -> Sequence[Candidate]:
        """`ranked`, put into words when somebody first looks: most decisions are never read."""
        return Lazily(iter_once(lambda: self.ranked))

    @property
    def refused(self) -> Mapping[RejectReason, int]:
        """How many candidates each rule refused."""
        return {reason: count for reason, count in zip(REASONS, self._scored.refused, strict=True) if count}

    @cached_property
    def _positions(self) -> Mapping[Assignment, int]:
        return {self._at(position): position for position in range(len(self._scored.columns))}

    def _position(self, where: Assignment) -> int | None:
        if where in self._passed_by:
            return self._passed_by[where]
        column = self._board.columns.geography.index[where.site]
        variants = self._asking.needs.variants
        found = (
            n for n, c in enumerate(self._columns) if c == column and variants[self._variants[n]].name == where.variant
        )
        return next(found, None)

    def _at(self, position: int) -> Assignment:
        site = self._board.columns.geography.names[self._columns[position]]
        return Assignment(site, self._asking.needs.variants[self._variants[position]].name)

    def _passed(self, positions: Iterable[int]) -> Iterator[Candidate]:
        for position in positions:
            where = self._at(position)
            self._passed_by[where] = position
            if self._is_left(where):
                yield Candidate(where, None, int(self._scored.points[position]), self._scarcity(where))

    def _examples(self) -> set[Assignment]:
        """Refused candidates worth telling, and what only lacks room."""
        grid = self._grid
        refused = np.argwhere(grid.T != FEASIBLE)
        if grid.size > _WHOLE:
            _, first = np.unique(grid.T[grid.T != FEASIBLE], return_index=True)
            refused = refused[np.sort(first)]
        names, variants = self._board.columns.geography.names, self._asking.needs.variants
        found = {Assignment(names[column], variants[variant].name) for column, variant in refused.tolist()}
        return found | {where for where, position in self._positions.items() if not self._has_room(position, where)}

    def _has_room(self, position: int, where: Assignment) -> bool:
        return int(self._scored.reasons[position]) == FEASIBLE and self._is_left(where)

    @cached_property
    def _grid(self) -> NDArray[np.uint8]:
        """[V, S] why each candidate is refused."""
        if self._scored.grid is not None:
            return self._scored.grid
        return reasons_of(self._asking.needs, self._board.columns, self._board.situation)

    def _candidate(self, position: int, where: Assignment) -> Candidate:
        reason = int(self._scored.reasons[position])
        points = int(self._scored.points[position])
        known = self._lacks(where) if reason == FEASIBLE else REASONS[reason - 1]
        if known is None:
            return Candidate(where, None, points, self._scarcity(where))
        rejection = self._rejection(self.contexts[where], known)
        return Candidate(where, rejection, points if where in self._asking.standing else 0)

    def _in_full(self, candidate: Candidate) -> Candidate:
        """With the factors of what passed and of what stands."""
        if candidate.rejection and candidate.assignment not in self._asking.standing:
            return candidate
        context, weights = self.contexts[candidate.assignment], self._asking.needs.weights
        scores = self._scored.factors[self._positions[candidate.assignment]].tolist()
        factors: list[Factor] = []
        for scorer, points in zip(SCORERS, scores, strict=True):
            value = scorer.words(context)
            factors.append(Factor(scorer.NAME, points, weights[scorer.NAME], value.words, value.source, value.age))
        return replace(candidate, factors=tuple(factors))

    def _is_left(self, where: Assignment) -> bool:
        return self._lacks(where) is None

    def _lacks(self, where: Assignment) -> RejectReason | None:
        """What is not there any more, after all that this cycle has promised to others; None: nothing."""
        world, needs = self._asking.world, self._asking.needs
        if where in self._asking.standing:
            return None
        if where.site in world.ledger.spoken_for and not world.ledger.has_room(
            where.site, self._asking.demands[where.variant], needs.replicas
        ):
            return RejectReason.INSUFFICIENT_RESOURCES
        if needs.kibibytes and where.site in world.carried and not needs.several:
            full = any(crossing.asked > crossing.spare for crossing in self.contexts[where].crossings)
            return RejectReason.NO_BANDWIDTH if full else None
        return None

    def _scarcity(self, where: Assignment) -> int:
        advice = self._board.advice
        return advice.scarcity(where.site, self._asking.needs, where.variant) if advice else 0

    def _scarcities(self, positions: NDArray[np.int64]) -> NDArray[np.int32]:
        if self._board.advice is None or not self._board.advice.prices:
            return np.zeros(len(positions), np.int32)
        return np.array([self._scarcity(self._at(position)) for position in positions.tolist()], np.int32)

    def _reason(self, where: Assignment) -> RejectReason:
        variants = [variant.name for variant in self._asking.needs.variants]
        column = self._board.columns.geography.index[where.site]
        return REASONS[int(self._grid[variants.index(where.variant), column]) - 1]

    def _rejection(self, context: Context, reason: RejectReason) -> Rejection:
        return Rejection(reason, SENTENCES[reason].sentence(context))


def _rank(candidate: Candidate) -> tuple[bool, int, Assignment]:
    return (not candidate.feasible, -candidate.worth if candidate.feasible else 0, candidate.assignment)
