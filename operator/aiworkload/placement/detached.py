# SPDX-License-Identifier: Apache-2.0
"""Placements that do not serve and are left alone all the same.

A silent site's pods run on, whatever was decided elsewhere; nothing that is done to them reaches the site anyway, and
what would reach it later would rebuild pods that never stopped. Once the site is back, what it was left with
is kept until it is clear whether the workload returns; what its owner has ruled out meanwhile goes at once.
"""

from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.history import left_silent
from aiworkload.placement.plan import Move, RejectReason
from aiworkload.snapshot.workload import Assignment, Placement

_BY_OWNER: Final = frozenset(
    {
        RejectReason.PRIVACY_BOUNDARY,
        RejectReason.OFFLINE_REQUIRED,
        RejectReason.TIER_NOT_ALLOWED,
        RejectReason.VARIANT_NOT_FOR_TIER,
        RejectReason.SITE_NOT_SELECTED,
    }
)
"""Reasons that a change of the spec ends, and no change of the weather."""

PATIENCE: Final = 2
"""Failback windows that a healed site's placement is kept for: one to prove itself, and one more because its links'
own windows still remember the losses of the cut when the first has run out. Ours."""


def detached(
    asking: Asking, field: Field, placements: tuple[Placement, ...], wanted: Assignment | None
) -> tuple[Assignment, ...]:
    """Those of the placements that are to be left alone; `wanted`: where a move is wanted to."""
    silent = left_silent(asking.workload) if placements else frozenset[str]()
    return tuple(
        p.assignment
        for p in placements
        if _runs_on(asking, p) or (p.site in silent and not _ruled_out(field, p) and _may_return(asking, p, wanted))
    )


def moved_from(move: Move) -> tuple[Assignment, ...]:
    """The source of a move, where it is to be left alone."""
    return (move.source,) if move.keep_source else ()


def waits_until(asking: Asking, placement: Placement) -> float | None:
    """When it is over that a placement at a healed site is kept for a possible return."""
    location = asking.world.locations.get(placement.site)
    if location is None or location.cut:
        return None
    return location.site.connectivity_since + PATIENCE * asking.workload.spec.migration.failback_seconds


def _runs_on(asking: Asking, placement: Placement) -> bool:
    return asking.world.is_cut(placement.site) and not _written_off(asking, placement)


def _written_off(asking: Asking, placement: Placement) -> bool:
    switch = asking.workload.service.intent if asking.workload.service else None
    return switch is not None and switch.trigger is MoveTrigger.SITE_LOST and switch.from_site == placement.site


def _ruled_out(field: Field, placement: Placement) -> bool:
    """Whether the spec no longer allows it there, whatever the weather."""
    candidate = field.of(placement.assignment)
    return candidate is None or (candidate.rejection is not None and candidate.rejection.reason in _BY_OWNER)


def _may_return(asking: Asking, placement: Placement, wanted: Assignment | None) -> bool:
    location = asking.world.locations.get(placement.site)
    if location is None:
        return False
    if placement.assignment == wanted or location.site.connectivity is not Connectivity.CONNECTED:
        return True
    until = waits_until(asking, placement)
    return until is not None and asking.world.now < until
