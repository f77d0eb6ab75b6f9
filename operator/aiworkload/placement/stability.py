# SPDX-License-Identifier: Apache-2.0
"""What holds a wanted move back: windows, dwell, gain, budget, failback and back-off.

A site that is gone and a spec that changed wait for nothing. Everything else must last, be worth it, and not come
too often; each rule answers with a sentence and the time at which it ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import MoveResult, MoveTrigger
from aiworkload.placement.history import PastMove, failures_in_a_row, past_moves
from aiworkload.placement.plan import Candidate
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import Placement, Workload

IMMEDIATE: Final = frozenset({MoveTrigger.SITE_DISCONNECTED, MoveTrigger.SITE_LOST, MoveTrigger.SPEC_CHANGED})
"""Triggers that no window, dwell or budget holds back."""

_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Hold:
    """A rule that holds a move back."""

    sentence: str
    until: float | None = None
    """When it ends by time alone; None: it ends when the facts change."""


@dataclass(frozen=True, slots=True)
class Want:
    """A move that is wanted, before anything holds it back."""

    trigger: MoveTrigger
    target: Candidate
    since: float
    """Since when the reason for it has lasted without a break."""
    gain: int
    """Points of the target over the standing placement."""
    words: str
    """Why, as a clause."""


def hold(workload: Workload, want: Want, source: Placement, target_site: Site, now: float) -> Hold | None:
    """The rule that ends last among those that hold the move back; one without an end outlasts all."""
    if want.trigger in IMMEDIATE:
        return None
    holds = [
        _gain(workload, want),
        _window(workload, want, target_site, now),
        _dwell(workload, source, now),
        _budget(workload, now),
    ]
    held = [found for found in holds if found]
    return max(held, key=lambda found: float("inf") if found.until is None else found.until, default=None)


def backoff_until(workload: Workload, site: str, policy: Policy) -> float | None:
    """Until when a site is no target because moves to it failed; doubled with each failure in a row."""
    failures = failures_in_a_row(past_moves(workload), site)
    if not failures:
        return None
    return failures[0].ended_at + policy.target_backoff_seconds * 2.0 ** (len(failures) - 1)


def _gain(workload: Workload, want: Want) -> Hold | None:
    needed = workload.spec.migration.min_gain_points
    if want.trigger is not MoveTrigger.BETTER_SITE or want.gain >= needed:
        return None
    return Hold(f"minGainPoints (it would gain {want.gain} points, and {needed} are needed)")


def _window(workload: Workload, want: Want, target: Site, now: float) -> Hold | None:
    migration = workload.spec.migration
    if want.trigger is MoveTrigger.FAILBACK:
        return _until("failbackSeconds", max(want.since, target.connectivity_since) + migration.failback_seconds, now)
    return _until("violationSeconds", want.since + migration.violation_seconds, now)


def _dwell(workload: Workload, source: Placement, now: float) -> Hold | None:
    arrived = max([source.created_at, *(move.ended_at for move in _completed(past_moves(workload)))])
    return _until("minDwellSeconds", arrived + workload.spec.migration.min_dwell_seconds, now)


def _budget(workload: Workload, now: float) -> Hold | None:
    allowed = workload.spec.migration.max_moves_per_hour
    recent = [move.ended_at for move in past_moves(workload) if move.ended_at > now - _HOUR]
    if len(recent) < allowed:
        return None
    return _until(f"maxMovesPerHour ({len(recent)} of {allowed} are spent)", recent[allowed - 1] + _HOUR, now)


def _completed(moves: Sequence[PastMove]) -> list[PastMove]:
    return [move for move in moves if move.result is MoveResult.COMPLETED]


def _until(rule: str, until: float, now: float) -> Hold | None:
    return Hold(f"{rule}, until {to_rfc3339(until)}", until) if now < until else None
