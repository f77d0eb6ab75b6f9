# SPDX-License-Identifier: Apache-2.0
"""What holds a workload's wanted move back: windows, dwell, gain, budget, failback and back-off.

A site that is gone and a spec that changed wait for nothing. Everything else must last, be worth it, and not come
too often; each rule answers with a sentence and the time at which it ends. What the whole cluster bears is in
`budget` and `breaker`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import MoveResult, MoveTrigger
from aiworkload.placement.history import PastMove, failures_in_a_row, past_moves, unready_since
from aiworkload.placement.plan import Candidate
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import Placement, Workload

IMMEDIATE: Final = frozenset({MoveTrigger.SITE_DISCONNECTED, MoveTrigger.SITE_LOST, MoveTrigger.SPEC_CHANGED})
"""Triggers that no window, dwell or budget holds back."""

UNANSWERED_SECONDS: Final = 45.0
"""The least window where a way gets no answer at all, which is not slow but may be cut. By then it is known which:
a cut site's report is late 37.5 s after its last one (`site_state.late_at`), and of those the losses took ten to show.
Leaving a site that is cut off keeps its pods; leaving a slow one does not. Ours."""

_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Hold:
    """A rule that holds a move back."""

    sentence: str
    until: float | None = None
    """When it ends by time alone; None: it ends when the facts change."""
    blind: bool = False
    """Whether it holds because nothing is measured: the last decision stands."""


@dataclass(frozen=True, slots=True)
class Want:
    """A move that is wanted, before anything holds it back."""

    trigger: MoveTrigger
    target: Candidate
    since: float
    """Since when the reason for it has lasted without a break."""
    gain: int
    """Points of the target over the standing placement, or of the exchange that the move is a part of."""
    words: str
    """Why, as a clause."""
    voluntary: bool = False
    """Whether the standing placement would do as well: a better place, a way back, or room for others."""
    cost: int = 0
    """Points that the move itself costs (`move_cost`)."""
    unanswered: bool = False
    """Whether it is wanted because a way gets no answer, so that the site may be cut off."""


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


def backoffs(workload: Workload, policy: Policy) -> Mapping[str, float]:
    """Until when each site is no target because moves to it failed; without those whose last move did not fail."""
    moves = past_moves(workload)
    failed = {move.to_site for move in moves if move.result is MoveResult.ROLLED_BACK}
    ends = {site: _backoff(failures_in_a_row(moves, site), policy) for site in sorted(failed)}
    return {site: until for site, until in ends.items() if until is not None}


def _backoff(failures: Sequence[PastMove], policy: Policy) -> float | None:
    """Doubled with each failure in a row, up to the cap; a cap below the first step shortens that too."""
    if not failures:
        return None
    grown = policy.target_backoff_seconds * 2.0 ** (len(failures) - 1)
    return failures[0].ended_at + min(grown, policy.target_backoff_cap_seconds)


def _gain(workload: Workload, want: Want) -> Hold | None:
    needed = workload.spec.migration.min_gain_points
    if not want.voluntary or want.trigger is MoveTrigger.FAILBACK or want.gain - want.cost >= needed:
        return None
    less = f" less {want.cost} for the move" if want.cost else ""
    return Hold(f"minGainPoints (it would gain {want.gain} points{less}, and {needed} are needed)")


def _window(workload: Workload, want: Want, target: Site, now: float) -> Hold | None:
    migration = workload.spec.migration
    if want.trigger is MoveTrigger.FAILBACK:
        return _until("failbackSeconds", max(want.since, target.connectivity_since) + migration.failback_seconds, now)
    if want.unanswered and migration.violation_seconds < UNANSWERED_SECONDS:
        rule = f"the {UNANSWERED_SECONDS:.0f} s after which it is known whether the site is cut off"
        return _until(rule, want.since + UNANSWERED_SECONDS, now)
    return _until("violationSeconds", want.since + migration.violation_seconds, now)


def _dwell(workload: Workload, source: Placement, now: float) -> Hold | None:
    if unready_since(workload, source) is not None:
        return None
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
