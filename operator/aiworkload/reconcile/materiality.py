# SPDX-License-Identifier: Apache-2.0
"""Whether a new status is worth a write.

Status writes are the scarcest resource of a large cluster, and measurements never stand still. What a user would
act on is written at once; figures are written when they have moved by a step that matters. Ages, counts of refused
candidates, what would overturn the decision and when it is looked at again come along with such a write; none of
them is worth one by itself.
"""

import re
from collections.abc import Hashable
from typing import Final

from aiworkload.api.conditions import Condition
from aiworkload.api.site import SiteStatus
from aiworkload.api.workload_status import AIWorkloadStatus, DecisionStatus, LatencyStatus

LATENCY_STEP_PERCENT: Final = 20
"""The same step at which an agent reports a link anew (DESIGN 8)."""

LATENCY_STEP_MILLISECONDS: Final = 2
"""Below this a step in percent is noise: half a millisecond more is 20 % of a short link."""

POINTS_STEP: Final = 10
"""The default minimum gain: points that could change a decision."""


_FIGURE: Final = re.compile(r"(?<![\w.:-])\d+(\.\d+)?(e[+-]?\d+)?(?![\w:-])")
"""A number that stands alone: no part of a name or of a timestamp."""


def workload_changed(old: AIWorkloadStatus | None, new: AIWorkloadStatus) -> bool:
    """Whether a reader of the status would learn something."""
    if old is None:
        return True
    return _skeleton(old) != _skeleton(new) or _latency_moved(old.latency, new.latency) or _points_moved(old, new)


def site_changed(old: SiteStatus | None, new: SiteStatus) -> bool:
    """Whether a Site's status says something new; only messages may differ silently."""
    if old is None:
        return True
    bare = {"conditions"}
    return old.model_dump(exclude=bare) != new.model_dump(exclude=bare) or _conditions(old.conditions) != _conditions(
        new.conditions
    )


def _skeleton(status: AIWorkloadStatus) -> Hashable:
    return (
        (status.observed_generation, status.replicas, status.ready_replicas, status.selector, status.sites),
        status.placements,
        status.moves,
        status.cost,
        _conditions(status.conditions),
        _decision(status.decision),
    )


def _conditions(conditions: tuple[Condition, ...]) -> Hashable:
    return frozenset((c.type, c.status, c.reason, c.observed_generation) for c in conditions)


def _decision(decision: DecisionStatus | None) -> Hashable:
    if decision is None:
        return None
    verdicts = frozenset((c.site, c.variant, c.feasible, c.reject_reason) for c in decision.candidates)
    return (decision.reason, decision.challenger, verdicts, _held_back_by(decision))


def _held_back_by(decision: DecisionStatus) -> str:
    """Why a wanted move waits, without the figures that never stand still; a time at which it ends stays."""
    return _FIGURE.sub("#", decision.message) if decision.challenger else ""


def _latency_moved(old: LatencyStatus | None, new: LatencyStatus | None) -> bool:
    before = old.total_p95_milliseconds if old else None
    after = new.total_p95_milliseconds if new else None
    if before is None or after is None:
        return before is not after
    step = max(LATENCY_STEP_MILLISECONDS, before * LATENCY_STEP_PERCENT / 100)
    return abs(after - before) > step


def _points_moved(old: AIWorkloadStatus, new: AIWorkloadStatus) -> bool:
    before, after = _points(old.decision), _points(new.decision)
    return any(abs(after[key] - before[key]) >= POINTS_STEP for key in before.keys() & after.keys())


def _points(decision: DecisionStatus | None) -> dict[tuple[str, str], int]:
    candidates = decision.candidates if decision else ()
    return {(c.site, c.variant): c.points for c in candidates if c.points is not None}
