# SPDX-License-Identifier: Apache-2.0
"""The latency target, where it is known that it cannot be met."""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context
from aiworkload.placement.explanation import milliseconds, path_words
from aiworkload.placement.latency import Path, PathState
from aiworkload.placement.plan import RejectReason
from aiworkload.placement.ways import KNOWN, LOST

REASON: Final = RejectReason.LATENCY_UNREACHABLE


def refuses(block: Block) -> Array:
    """A client's probes stay unanswered, or its path and the computing together exceed the target.

    A workload at several sites is refused a site only when that reaches none of its clients.
    """
    target, compute = block.of_row(block.rows.target), block.known_compute
    misses: Array = compute > target
    reached: Array = np.zeros((1,) * block.r.ndim, np.bool_)
    for layer in block.layers:
        there, states = block.of_row(layer.there), layer.states
        slow = layer.microseconds + compute > target
        refused = (states == LOST) | ((states == KNOWN) & slow)
        misses = misses | (there & refused)
        reached = reached | (there & ~refused)
    return np.where(block.of_row(block.rows.several), ~reached, misses) & block.has_target


def sentence(context: Context) -> str:
    """Which client, and by how much."""
    worst = context.reach.worst
    if worst is not None and worst.state is PathState.LOST:
        site, lost = context.location.site.name, worst.consecutive_losses
        return f"{site} does not answer {worst.client}: {lost} probes lost in a row"
    return _above(context, round(context.asking.target_microseconds or 0))


def _above(context: Context, target: int) -> str:
    worst = max(_known(context), key=lambda path: path.microseconds or 0, default=None)
    compute = context.compute or 0
    total = compute + (worst.microseconds or 0 if worst else 0)
    computing = f"computes {milliseconds(compute)} ms"
    way = f"{path_words(context.location.site.name, worst)} and {computing}" if worst else f"it {computing}"
    return f"{way}: {milliseconds(total)} ms, above the target of {milliseconds(target)} ms"


def _known(context: Context) -> list[Path]:
    return [path for path in context.reach.paths if path.state is PathState.KNOWN]
