# SPDX-License-Identifier: Apache-2.0
"""How many moves the whole cluster bears: in an hour, and in one cycle.

Moves for something better share one budget of an hour; forced ones count in it, and are not held by it. Forced ones
share a budget of one cycle, and the rest follow in the next. Workloads are decided by priority, so those that
matter most are granted first. What a person approved and what an owner ruled out is granted always, and counts.

Like `capacity.Ledger` this lives for one `decide` and is mutable; the past is read from statuses, when first asked.
"""

from collections.abc import Iterable
from typing import Final

from aiworkload.api.timestamps import to_epoch, to_rfc3339
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.history import is_over
from aiworkload.placement.policy import Policy
from aiworkload.placement.stability import Hold, Want
from aiworkload.placement.standing import standing_of
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload

_HOUR: Final = 3600.0
NEXT_CYCLE_SECONDS: Final = 1.0
"""When a forced move that had to wait is looked at again: the cycle's own writes wake the loop about as soon. Ours."""


class MoveBudget:
    """What has been spent, and what this `decide` grants."""

    def __init__(self, snapshot: Snapshot, policy: Policy, now: float) -> None:
        self._snapshot = snapshot
        self._policy = policy
        self._now = now
        self._past: tuple[float, ...] | None = None
        self._granted = 0
        self._forced = 0
        self._waiting = False

    @classmethod
    def of(cls, snapshot: Snapshot, policy: Policy, now: float) -> "MoveBudget":
        """The budget as the statuses and the moves under way leave it."""
        return cls(snapshot, policy, now)

    def grant(self, want: Want) -> Hold | None:
        """Spend a move on what is wanted; or the rule that holds it back, and nothing is spent."""
        held = self._hour() if want.voluntary else self._cycle(want)
        if held is None:
            self.spend(want)
        return held

    def spend(self, want: Want) -> None:
        """Count a move that needs no grant."""
        self._granted += 1
        self._forced += not want.voluntary

    def _cycle(self, want: Want) -> Hold | None:
        allowed = self._policy.max_forced_moves_per_cycle
        if want.trigger is MoveTrigger.SPEC_CHANGED or self._forced < allowed:
            return None
        self._waiting = True
        return Hold(
            f"maxForcedMovesPerCycle ({self._forced} of {allowed} begin now, the rest follow)",
            self._now + NEXT_CYCLE_SECONDS,
        )

    def _hour(self) -> Hold | None:
        if self._waiting:
            return Hold("maxForcedMovesPerCycle (forced moves still wait)", self._now + NEXT_CYCLE_SECONDS)
        allowed = self._policy.max_moves_per_hour
        spent = self._spent()
        free = allowed - self._granted
        if len(spent) < free:
            return None
        sentence = f"maxMovesPerHour of the cluster ({len(spent) + self._granted} of {allowed} are spent)"
        until = spent[free - 1] + _HOUR if free > 0 else self._now + _HOUR
        return Hold(f"{sentence}, until {to_rfc3339(until)}", until)

    def _spent(self) -> tuple[float, ...]:
        """Ends of the last hour's moves, newest first; one under way ends now at the earliest."""
        if self._past is None:
            ends = (end for workload in self._snapshot.workloads.values() for end in self._ends(workload))
            self._past = tuple(sorted(ends, reverse=True))
        return self._past

    def _ends(self, workload: Workload) -> Iterable[float]:
        """The status is written by this operator, in a form whose order is that of time."""
        oldest = to_rfc3339(self._now - _HOUR)
        published = workload.published.moves if workload.published else ()
        yield from (to_epoch(move.end_time) for move in published if move.end_time > oldest)
        switch = workload.service.intent if workload.service else None
        if switch is not None and switch.switch_time is not None and not is_over(workload, switch):
            yield from (at for at in (switch.switch_time,) if at > self._now - _HOUR)
        if any(placement.intent for placement in workload.placements) and standing_of(workload).flight is not None:
            yield self._now
