# SPDX-License-Identifier: Apache-2.0
"""Candidates that gained or lost room, or points for it, put right one by one: scoring all anew takes longer.

A node's change may be felt by a thousand workloads, of which most would choose as before: the site was not among the
best for them, and still is not. How far each decision looked is known (`plan.Looked`), so only those are decided
again that saw the candidate, or would see it now. Which candidates are kept of more than `KEPT` is as of when a
workload was last scored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from aiworkload.placement.catalogue import REASONS, RELATIVE, ROOM, SCORERS
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import Decision
from aiworkload.placement.reckoning import Reckoning
from aiworkload.placement.room_changes import Effect, effects, felt_at
from aiworkload.placement.scorers import headroom
from aiworkload.placement.scoring import FEASIBLE, Scored
from aiworkload.snapshot.workload import WorkloadKey

_NO_ROOM: Final = REASONS.index(ROOM.REASON) + 1
_NAMES: Final = tuple(scorer.NAME for scorer in SCORERS)
_HEADROOM: Final = _NAMES.index(headroom.NAME)


@dataclass(slots=True)
class Repointed:
    """What nodes that are otherwise mean for the candidates of workloads that are the same."""

    before: Reckoning
    decisions: Mapping[WorkloadKey, Decision]
    """By what was reckoned before."""
    scored: dict[WorkloadKey, Scored] = field(default_factory=dict[WorkloadKey, Scored])
    """Put right, where that changes anything."""
    touched: set[WorkloadKey] = field(default_factory=set[WorkloadKey])
    """To be scored and decided again."""

    @classmethod
    def by(
        cls, before: Reckoning, drafted: Reckoning, nodes: frozenset[str], last: Mapping[WorkloadKey, Decision]
    ) -> "Repointed":
        """By the nodes that are otherwise, from one reckoning to the next."""
        found = cls(before, last)
        for effect in effects(before.holders, before.columns, drafted.columns, nodes):
            found._newcomers(effect)
        for site, points in felt_at(before.columns, drafted.columns, nodes).items():
            found._residents(site, points)
        return found

    def _newcomers(self, effect: Effect) -> None:
        holders, geography = self.before.holders, self.before.columns.geography
        name = geography.names[effect.site]
        slots = holders.slots[effect.rows]
        variants = effect.rows - np.searchsorted(holders.slots, slots)
        rows: list[tuple[int, int, int, int]] = np.column_stack((slots, variants, effect.fits, effect.points)).tolist()
        for slot, variant, fits, points in rows:
            needs = self.before.needs[holders.keys[slot]]
            if (name, needs.variants[variant].name) not in needs.standing:
                self._put_right(needs, (effect.site, variant), FEASIBLE if fits else _NO_ROOM, points)

    def _residents(self, site: int, points: int) -> None:
        name = self.before.columns.geography.names[site]
        for key in self.before.whereabouts.standing_at((name,)):
            needs = self.before.needs[key]
            for variant, asked in enumerate(needs.variants):
                if (name, asked.name) in needs.standing:
                    self._put_right(needs, (site, variant), None, points)

    def _put_right(self, needs: Needs, where: tuple[int, int], reason: int | None, headroom_points: int) -> None:
        """One candidate; `reason` is None for what stands, which has its room."""
        key = needs.workload.key
        if key in self.touched:
            return
        found = self.scored.get(key) or self.before.scored[key]
        position = _position(found, where)
        if position is None:
            return
        old = (int(found.reasons[position]), int(found.points[position]))
        new = (old[0] if reason is None else reason, _points(found, needs, position, headroom_points))
        if new == old:
            return
        site = self.before.columns.geography.names[where[0]]
        sways = new[0] != old[0] and _sways_others(found, new[0], needs)
        if sways or self._was_seen(key, site, old) or self._was_seen(key, site, new):
            self.touched.add(key)
        else:
            self.scored[key] = _with(found, position, new, headroom_points)

    def _was_seen(self, key: WorkloadKey, site: str, candidate: tuple[int, int]) -> bool:
        decision = self.decisions.get(key)
        if decision is None or decision.looked is None:
            return True
        reason, points = candidate
        return site in decision.looked.sites or (reason == FEASIBLE and decision.looked.saw(points, site))


def _position(found: Scored, where: tuple[int, int]) -> int | None:
    column, variant = where
    for position in (found.columns == column).nonzero()[0].tolist():
        if found.variants[position] == variant:
            return int(position)
    return None


def _points(found: Scored, needs: Needs, position: int, headroom_points: int) -> int:
    """As `scoring.weighted_mean`, with other points for headroom."""
    factors: list[int] = found.factors[position].tolist()
    factors[_HEADROOM] = headroom_points
    weights = [needs.weights[name] for name in _NAMES]
    total = sum(weights)
    doubled = 2 * sum(weight * points for weight, points in zip(weights, factors, strict=True))
    return (doubled + total) // max(1, 2 * total)


def _sways_others(found: Scored, reason: int, asked: Needs) -> bool:
    """Whether room here decides whether candidates of unknown latency are refused: they are while one is known.

    While none is, whatever has room is unknown itself, so it takes none with it that loses it. While one is, and others
    were refused for it, all that have room are known but what stands, and one of them is enough.
    """
    if found.blind:
        return reason == FEASIBLE
    if reason == FEASIBLE or not found.refused[REASONS.index(RELATIVE.REASON)]:
        return False
    return int((found.reasons == FEASIBLE).sum()) <= 1 + len(asked.standing)


def _with(found: Scored, position: int, candidate: tuple[int, int], headroom_points: int) -> Scored:
    reason, points = candidate
    reasons, all_points, factors = found.reasons, found.points.copy(), found.factors.copy()
    refused, grid = found.refused, found.grid
    all_points[position] = points
    factors[position, _HEADROOM] = headroom_points
    if reason != reasons[position]:
        reasons = reasons.copy()
        reasons[position] = reason
        counts = list(refused)
        counts[_NO_ROOM - 1] += 1 if reason == _NO_ROOM else -1
        refused = tuple(counts)
        if grid is not None:
            grid = grid.copy()
            grid[found.variants[position], found.columns[position]] = reason
    return replace(found, reasons=reasons, points=all_points, factors=factors, refused=refused, grid=grid)
