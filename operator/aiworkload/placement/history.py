# SPDX-License-Identifier: Apache-2.0
"""What a workload has been through, read from its status and its Service.

The Service remembers the last switch before the status does, so that a window never reopens for a moment after
a move, or after a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiworkload.api.conditions import ConditionStatus
from aiworkload.api.timestamps import to_epoch, to_rfc3339
from aiworkload.api.workload_status import MoveResult, MoveTrigger
from aiworkload.placement.plan import Challenger
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Workload

_DRIVEN: Final = frozenset({MoveTrigger.SITE_DISCONNECTED, MoveTrigger.SITE_LOST, MoveTrigger.LATENCY_VIOLATED})
"""Moves away from a site that was good enough until something happened to it: worth returning to."""


@dataclass(frozen=True, slots=True)
class PastMove:
    """A move that ended."""

    from_site: str
    to_site: str
    trigger: MoveTrigger
    ended_at: float
    result: MoveResult


def past_moves(workload: Workload) -> tuple[PastMove, ...]:
    """Newest first, with the last switch even where the status does not hold it yet; the status appends."""
    published = workload.published.moves if workload.published else ()
    moves = [PastMove(m.from_site, m.to_site, m.trigger, to_epoch(m.end_time), m.result) for m in reversed(published)]
    switch = workload.service.intent if workload.service else None
    if switch is not None and switch.switch_time is not None and not is_over(workload, switch):
        done = MoveResult.COMPLETED
        moves.insert(0, PastMove(switch.from_site, switch.to_site, switch.trigger, switch.switch_time, done))
    return tuple(sorted(moves, key=lambda move: -move.ended_at))


def is_over(workload: Workload, intent: MoveIntent) -> bool:
    """Whether the status tells how this move ended; what is left of it is no move any more."""
    published = workload.published.moves if workload.published else ()
    start = to_rfc3339(intent.start_time)
    return any((past.start_time, past.to_site) == (start, intent.to_site) for past in published)


def homes(workload: Workload) -> frozenset[str]:
    """Sites that it was driven from since it last moved of its own accord, and where it does not stand now."""
    left: set[str] = set()
    for move in past_moves(workload):
        if move.result is MoveResult.ROLLED_BACK:
            continue
        if move.trigger not in _DRIVEN:
            break
        left.add(move.from_site)
    return frozenset(left)


def left_silent(workload: Workload) -> frozenset[str]:
    """Sites that it left because they fell silent: what stands there may still be running."""
    moves = past_moves(workload)
    return frozenset(m.from_site for m in moves if m.trigger is MoveTrigger.SITE_DISCONNECTED)


def failures_in_a_row(moves: Sequence[PastMove], site: str) -> tuple[PastMove, ...]:
    """Moves to a site that were rolled back since one to it last succeeded, newest first."""
    found: list[PastMove] = []
    for move in moves:
        if move.to_site != site:
            continue
        if move.result is MoveResult.COMPLETED:
            break
        found.append(move)
    return tuple(found)


def latency_violated_since(workload: Workload) -> float | None:
    """Since when the status has said that the target is missed; None while it does not say so."""
    return _false_since(workload, "LatencyMet")


def unready_since(workload: Workload, placement: Placement) -> float | None:
    """Since when not one replica of a first placement has been ready; None when one is, or when it came by a move.

    A move's target has a time limit of its own; this is the limit of what nobody moved.
    """
    moved = any(move.result is MoveResult.COMPLETED for move in past_moves(workload))
    if placement.ready_replicas > 0 or placement.intent is not None or moved:
        return None
    since = _false_since(workload, "Ready")
    return None if since is None else max(since, placement.created_at)


def _false_since(workload: Workload, kind: str) -> float | None:
    conditions = workload.published.conditions if workload.published else ()
    found = (c for c in conditions if c.type == kind and c.status is ConditionStatus.FALSE)
    return next((to_epoch(c.last_transition_time) for c in found), None)


def challenged_since(workload: Workload, assignment: Assignment) -> float | None:
    """Since when this candidate has been the better one without a break, by the status."""
    published = workload.published.decision if workload.published else None
    challenger = published.challenger if published else None
    if challenger is None or last_challenger(workload) != assignment:
        return None
    return to_epoch(challenger.since_time)


def last_challenger(workload: Workload) -> Assignment | None:
    """The better candidate of the last decision, by the status."""
    published = workload.published.decision if workload.published else None
    challenger = published.challenger if published else None
    return Assignment(challenger.site, challenger.variant) if challenger else None


def challenger(workload: Workload, assignment: Assignment, now: float) -> Challenger:
    """The better candidate with its time, which begins now unless the status knows better."""
    since = challenged_since(workload, assignment)
    return Challenger(assignment, now if since is None else min(since, now))
