# SPDX-License-Identifier: Apache-2.0
"""Latency against the target, as the mean client and as the worst client see it.

For one client: 100 points up to half of the target (being faster still helps nobody who asked for the target),
then linear to 40 at the target, then linear to 0 at twice the target. A stale value counts half, a path that is lost
or was never measured 0. The factor is the mean of the requests-weighted average and of the worst client, so that
neither a quiet client is forgotten nor a busy one outvoted. Knees are ours.
"""

from aiworkload.placement.context import Context, Rivals
from aiworkload.placement.explanation import milliseconds, path_age
from aiworkload.placement.latency import Path, PathState
from aiworkload.placement.plan import Factor
from aiworkload.placement.weights import weights_of

NAME = "latency"


def score(context: Context, _rivals: Rivals) -> Factor:
    """Points for the latency that clients see here."""
    weight, target = weights_of(context.asking.workload.spec.placement)[NAME], context.asking.target_microseconds
    if target is None:
        return Factor(NAME, 100, weight, "no target")
    compute = context.compute or 0
    reach = context.reach
    if reach.worst is None:
        return Factor(NAME, round(curve(compute / target)), weight, f"computes {milliseconds(compute)} ms")
    points = [_of_path(path, compute, target) for path in reach.paths]
    shares = reach.requests_per_second if any(reach.requests_per_second) else (1,) * len(points)
    mean = sum(p * share for p, share in zip(points, shares, strict=True)) / sum(shares)
    return Factor(NAME, round((mean + min(points)) / 2), weight, _words(reach.worst, compute, target))


def curve(ratio: float) -> float:
    """Points for a latency that is `ratio` times the target; never rises with it."""
    if ratio <= 1:
        return min(100.0, 160 - 120 * ratio)
    return max(0.0, 80 - 40 * ratio)


def _of_path(path: Path, compute: int, target: int) -> float:
    if path.state is PathState.LOST or path.microseconds is None:
        return 0.0
    points = curve((path.microseconds + compute) / target)
    return points if path.state is PathState.KNOWN else points / 2


def _words(worst: Path, compute: int, target: int) -> str:
    if worst.state is PathState.LOST:
        return f"no answer from {worst.client}"
    if worst.microseconds is None:
        return f"unknown to {worst.client}"
    total = milliseconds(worst.microseconds + compute)
    return f"{total} ms of {milliseconds(target)} ms, {path_age(worst)}"
