# SPDX-License-Identifier: Apache-2.0
"""Moves that ended, as the status keeps them: the memory of dwell, budget and back-off."""

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import AIWorkloadStatus, MoveResult, MoveStatus
from aiworkload.snapshot.workload import MoveIntent


def record(intent: MoveIntent, result: MoveResult, now: float) -> MoveStatus:
    """The record of a move that ends now."""
    return MoveStatus(
        from_site=intent.from_site,
        to_site=intent.to_site,
        trigger=intent.trigger,
        start_time=to_rfc3339(intent.start_time),
        end_time=to_rfc3339(now),
        result=result,
    )


def is_recorded(published: AIWorkloadStatus | None, move: MoveStatus) -> bool:
    """Whether the status holds this move with this end already; a move is known by its start and its target."""
    known = published.moves if published else ()
    this = (move.start_time, move.to_site, move.result)
    return any((past.start_time, past.to_site, past.result) == this for past in known)
