# SPDX-License-Identifier: Apache-2.0
"""What stands of a workload at several sites: who serves, who ails, who leaves, who fell silent.

There is no memory but the objects. A replacement carries the move that created it (`MoveIntent`), and the Service the
last change for which traffic was told to leave a site. So what is replaced or done without is known to leave even by an
operator that was killed in between.
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
    banned: tuple[Placement, ...]
    """Of those that leave, the ones that the owner ruled out and that nothing has been done about yet."""
    lost: bool
    """Whether any that stood fell silent or was ruled out, so that the rest may not be enough."""
    move: Move | None
    """The change under way, as it began: a replacement, or a site that is being drained."""
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
    replaced = {p.assignment: _replacement(p, heard) for p in sound}
    draining = [p for p in heard if _was_switched_from(asking, p)]
    kept = [p for p in heard if replaced[p.assignment] is None and p not in draining]
    banned = [p for p in kept if _is_ruled_out(field, p)]
    stays = [p for p in kept if p not in banned]
    serving = tuple(sorted({p.site: p for p in reversed(stays)}.values(), key=lambda p: p.assignment))
    return SetStanding(
        serving=serving,
        ailing=tuple(p for p in serving if _is_ailing(asking, field, p)),
        silent=tuple(silent),
        leaving=tuple(p for p in alive if p not in serving and p not in silent),
        banned=tuple(banned),
        lost=bool(silent or banned),
        move=_draining(asking, draining, serving) or _under_way(asking, heard, replaced, sound),
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


def _was_switched_from(asking: Asking, placement: Placement) -> bool:
    """Whether traffic was told to leave it; what came to the same site since, or by that very change, is another."""
    switch = _last_switch(asking)
    if switch is None or switch.switch_time is None or switch.from_site != placement.site:
        return False
    return placement.created_at <= switch.switch_time and not _is_same(placement.intent, switch)


def _last_switch(asking: Asking) -> MoveIntent | None:
    return asking.workload.service.intent if asking.workload.service else None


def _is_same(one: MoveIntent | None, other: MoveIntent | None) -> bool:
    """Whether both remember one change."""
    if one is None or other is None:
        return False
    return (one.start_time, one.to_site) == (other.start_time, other.to_site)


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
    if placement.ready or asking.world.is_cut(placement.site) or _is_done(asking, intent):
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


def _draining(asking: Asking, draining: list[Placement], serving: tuple[Placement, ...]) -> Move | None:
    """The change that traffic was told of, until it is recorded."""
    switch = _last_switch(asking)
    if switch is None or not draining or is_over(asking.workload, switch):
        return None
    left = draining[0].assignment
    target = next((p.assignment for p in serving if p.site == switch.to_site), Assignment(switch.to_site, left.variant))
    return Move(left, target, switch.trigger, switch.start_time)


def _under_way(
    asking: Asking, heard: list[Placement], replaced: dict[Assignment, Placement | None], sound: list[Placement]
) -> Move | None:
    """Known by what came, also where what it was to replace fell silent or is gone."""
    left = {new.assignment: old for old in sound if (new := replaced[old.assignment]) is not None}
    flights = (
        _move(p.intent, p, left.get(p.assignment))
        for p in heard
        if p.intent is not None and not _is_done(asking, p.intent)
    )
    return max(flights, key=lambda move: (move.started_at, move.target), default=None)


def _is_done(asking: Asking, intent: MoveIntent) -> bool:
    """Whether traffic was told of that change or of a later one; the status remembers the last few only."""
    switch = _last_switch(asking)
    return is_over(asking.workload, intent) or (switch is not None and switch.start_time >= intent.start_time)


def _move(intent: MoveIntent, new: Placement, old: Placement | None) -> Move:
    source = old.assignment if old else Assignment(intent.from_site, new.variant)
    return Move(source, new.assignment, intent.trigger, intent.start_time)
