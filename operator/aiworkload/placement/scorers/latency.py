# SPDX-License-Identifier: Apache-2.0
"""Latency: points for what clients wait, against the target.

For one client: 100 points up to half of the target (being faster still helps nobody who asked for the target),
then linear to 40 at the target, then linear to 0 at twice the target. A stale or estimated value counts half, a path
that is lost or of which nothing is known 0. The factor is the mean of the requests-weighted average and of the worst
client, so that neither a quiet client is forgotten nor a busy one outvoted; a workload at several sites leaves a client
that is not within the target here to another site. Knees are ours.
"""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.context import Context
from aiworkload.placement.explanation import milliseconds, path_age
from aiworkload.placement.latency import Path, PathState
from aiworkload.placement.layers import Layer
from aiworkload.placement.plan import Value
from aiworkload.placement.ways import KNOWN, LOST

NAME: Final = "latency"


def points(pairs: Pairs) -> Array:
    """Points for the latency that clients see here."""
    if not np.isfinite(pairs.rows.target).any():
        return np.array(100.0)
    target = pairs.of_row(pairs.rows.target)
    layers = pairs.layers
    alone = curve(pairs.known_compute / target)
    if not layers:
        return np.where(pairs.has_target, alone, 100.0)
    any_rate = sum(layer.rate for layer in layers) > 0
    total, mean, worst = (np.zeros(pairs.shape), np.zeros(pairs.shape), np.full(pairs.shape, np.inf))
    for layer in layers:
        share = pairs.of_row(np.where(any_rate, layer.rate, 1.0) * layer.there)
        found, counts = _of_layer(pairs, layer, target)
        mean += found * share * counts
        total += share * counts
        worst = np.where(counts, np.minimum(worst, found), worst)
    seen = (np.divide(mean, total, out=np.zeros(pairs.shape), where=total > 0) + worst) / 2
    return np.where(pairs.has_target, np.where(np.isfinite(worst), seen, alone), 100.0)


def _of_layer(pairs: Pairs, layer: Layer, target: Array) -> tuple[Array, Array]:
    """Points of one client of each row, and whether that client counts."""
    there, states = pairs.of_row(layer.there), layer.states
    waits = layer.microseconds + pairs.known_compute
    found = curve(waits / target) * np.where(states == KNOWN, 1.0, 0.5)
    found = np.where((states == LOST) | np.isnan(waits), 0.0, found)
    elsewhere = pairs.of_row(pairs.rows.several) & ((states == LOST) | ~(waits <= target))
    counts: Array = there & ~elsewhere
    return found, counts


def curve(ratio: Array) -> Array:
    """Points for a latency that is `ratio` times the target; never rises with it."""
    points: Array = np.where(ratio <= 1, np.minimum(100.0, 160 - 120 * ratio), np.maximum(0.0, 80 - 40 * ratio))
    return points


def words(context: Context) -> Value:
    """What the worst client waits."""
    target = context.asking.target_microseconds
    if target is None:
        return Value("no target")
    worst, compute = context.reach.worst, context.compute or 0
    if worst is None:
        return Value(f"computes {milliseconds(compute)} ms")
    return Value(_words(worst, compute, target), worst.source.value, None if worst.observed_at is None else worst.age)


def _words(worst: Path, compute: int, target: int) -> str:
    if worst.state is PathState.LOST:
        return f"no answer from {worst.client}"
    if worst.microseconds is None:
        return f"unknown to {worst.client}"
    total = milliseconds(worst.microseconds + compute)
    return f"{total} ms of {milliseconds(target)} ms, {path_age(worst)}"
