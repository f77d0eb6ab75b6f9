# SPDX-License-Identifier: Apache-2.0
"""What stands of a workload at several sites: who serves, who ails, who leaves, who fell silent.

There is no memory but the objects. A replacement carries the move that created it (`MoveIntent`), so the placement that
it replaces is known to leave even by an operator that was killed in between.
"""

from dataclasses import dataclass
from typing import Final

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import MoveResult
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.history import is_over, unready_since
from aiworkload.placement.plan import Move, RejectReason
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement

_RULED_OUT: Final = frozenset(
    {
        RejectReason.PRIVACY_BOUNDARY,
        RejectReason.OFFLINE_REQUIRED,
        RejectReason.TIER_NOT_ALLOWED,
        RejectReason.SITE_NOT_SELECTED,
        RejectReason.VARIANT_NOT_FOR_TIER,
    }
)
"""Reasons of the owner's: what they hit leaves at once, and no window is waited for."""


@dataclass(frozen=True, slots=True)
class SetStanding:
    """A workload's placements by their part in it."""

    serving: tuple[Placement, ...]
    """In contact and allowed: the standing set, by site; one a site."""
    ailing: tuple[Placement, ...]
    """Of these, the ones that a filter rejects for what may pass, or that do not get ready."""
    silent: tuple[Placement, ...]
    """At sites that are cut off: they run on."""
    leaving: tuple[Placement, ...]
    """Replaced, ruled out, given up, or one too many at its site."""
    lost: bool
    """Whether any that stood fell silent or was ruled out, so that the rest may not be enough."""
    move: Move | None
    """The replacement under way, as it began."""
    given_up: Move | None
    """A replacement that was not ready in time."""

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """Of the standing set."""
        return tuple(placement.assignment for placement in self.serving)


def set_standing(asking: Asking, field: Field) -> SetStanding:
    """Read from the objects and the filters alone."""
    alive = sorted(
        (p for p in asking.workload.placements if not p.deleting), key=lambda p: (p.created_at, p.assignment)
    )
    failed = [p for p in alive if _has_failed(asking, field, p)]
    sound = [p for p in alive if p not in failed]
    silent = [p for p in sound if asking.world.is_cut(p.site)]
    heard = [p for p in sound if p not in silent]
    replaced = {p.assignment: _replacement(p, heard) for p in heard}
    banned = [p for p in heard if _is_ruled_out(field, p)]
    stays = [p for p in heard if replaced[p.assignment] is None and p not in banned]
    serving = tuple(sorted({p.site: p for p in reversed(stays)}.values(), key=lambda p: p.assignment))
    return SetStanding(
        serving=serving,
        ailing=tuple(p for p in serving if _is_ailing(asking, field, p)),
        silent=tuple(silent),
        leaving=tuple(p for p in alive if p not in serving and p not in silent),
        lost=bool(silent or banned),
        move=_under_way(asking, heard, replaced),
        given_up=_given_up(asking, failed),
    )


def overdue_since(asking: Asking, placement: Placement) -> float | None:
    """Since when a placement that nobody moved has not been ready, once that is too long."""
    since = unready_since(asking.workload, placement)
    allowed = asking.workload.spec.migration.ready_timeout_seconds
    return since if since is not None and asking.world.now - since >= allowed else None


def _replacement(placement: Placement, heard: list[Placement]) -> Placement | None:
    """The younger placement that was created to replace this one."""
    return next(
        (
            p
            for p in heard
            if p is not placement
            and p.intent is not None
            and p.intent.from_site == placement.site
            and p.created_at >= placement.created_at
        ),
        None,
    )


def _is_ruled_out(field: Field, placement: Placement) -> bool:
    candidate = field.of(placement.assignment)
    return candidate is None or (candidate.rejection is not None and candidate.rejection.reason in _RULED_OUT)


def _is_ailing(asking: Asking, field: Field, placement: Placement) -> bool:
    candidate = field.of(placement.assignment)
    rejected = candidate is not None and candidate.rejection is not None
    return rejected or overdue_since(asking, placement) is not None


def _has_failed(asking: Asking, field: Field, placement: Placement) -> bool:
    """Whether the move that created it was given up, or must be now."""
    intent = placement.intent
    if intent is None:
        return False
    if is_over(asking.workload, intent):
        return _was_rolled_back(asking, intent)
    if placement.ready or asking.world.is_cut(placement.site):
        return False
    candidate, allowed = field.of(placement.assignment), asking.workload.spec.migration.ready_timeout_seconds
    return candidate is None or not candidate.feasible or asking.world.now - intent.start_time >= allowed


def _was_rolled_back(asking: Asking, intent: MoveIntent) -> bool:
    moves = asking.workload.published.moves if asking.workload.published else ()
    this = (to_rfc3339(intent.start_time), intent.to_site, MoveResult.ROLLED_BACK)
    return any((move.start_time, move.to_site, move.result) == this for move in moves)


def _given_up(asking: Asking, failed: list[Placement]) -> Move | None:
    """One in a cycle; the next one follows when this is recorded."""
    fresh = ((p, p.intent) for p in failed if p.intent is not None and not is_over(asking.workload, p.intent))
    return next((_move(intent, p, None) for p, intent in fresh), None)


def _under_way(asking: Asking, heard: list[Placement], replaced: dict[Assignment, Placement | None]) -> Move | None:
    flights = (
        _move(new.intent, new, old)
        for old in heard
        for new in (replaced[old.assignment],)
        if new is not None and new.intent is not None and not is_over(asking.workload, new.intent)
    )
    return max(flights, key=lambda move: (move.started_at, move.target), default=None)


def _move(intent: MoveIntent, new: Placement, old: Placement | None) -> Move:
    source = old.assignment if old else Assignment(intent.from_site, new.variant)
    return Move(source, new.assignment, intent.trigger, intent.start_time)
