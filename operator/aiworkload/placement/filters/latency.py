# SPDX-License-Identifier: Apache-2.0
"""The latency target, where it is known that it cannot be met."""

from aiworkload.placement.context import Context
from aiworkload.placement.explanation import milliseconds, path_words
from aiworkload.placement.latency import Path, PathState
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No when a client's probes stay unanswered, or its path and the computing together exceed the target."""
    target = context.asking.target_microseconds
    if target is None:
        return None
    worst = context.reach.worst
    if worst is not None and worst.state is PathState.LOST:
        return _lost(context, worst)
    return _above(context, target) if context.reach.slowest_known + (context.compute or 0) > target else None


def _lost(context: Context, path: Path) -> Rejection:
    site, lost = context.location.site.name, path.consecutive_losses
    message = f"{site} does not answer {path.client}: {lost} probes lost in a row"
    return Rejection(RejectReason.LATENCY_UNREACHABLE, message)


def _above(context: Context, target: int) -> Rejection:
    known = [path for path in context.reach.paths if path.state is PathState.KNOWN]
    worst = max(known, key=lambda path: path.microseconds or 0, default=None)
    compute = context.compute or 0
    total = compute + (worst.microseconds or 0 if worst else 0)
    computing = f"computes {milliseconds(compute)} ms"
    way = f"{path_words(context.location.site.name, worst)} and {computing}" if worst else f"it {computing}"
    message = f"{way}: {milliseconds(total)} ms, above the target of {milliseconds(target)} ms"
    return Rejection(RejectReason.LATENCY_UNREACHABLE, message)
