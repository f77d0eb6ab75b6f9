# SPDX-License-Identifier: Apache-2.0
"""Which candidates of a workload are kept when there are many."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.columns import Bools, Ints, row_counts

KEPT: Final = 64
"""Candidates with room that are kept of each workload; the same number again of those that only lack room. A workload
at several sites keeps all: the only one near a far client may score badly with the others."""

ROOMIEST: Final = 8
"""So many of the sites with most room are kept beside the best: a way out when everybody's best are full. Ours."""

_MOST: Final = 100
"""Points that a candidate can have."""

_NONE: Final = 255
"""Behind every candidate."""


def best_of(points: NDArray[np.uint8], passed: Bools, others: Bools, always: Bools, rank: Ints) -> tuple[Bools, Ints]:
    """Which of each workload's candidates are the best of each kind and the roomiest, and the most points left out.

    Args:
        points: [G, n] of each workload's every candidate; more than ROOMIEST.
        passed: [G, n] whether nothing refuses it.
        others: [G, n] whether it is a candidate all the same.
        always: [G, n] candidates that are kept in any case.
        rank: [n] by room, the roomiest first; no two alike.

    Returns:
        [G, n], and [G]; -1: none was left out.
    """
    behind = np.where(passed, _MOST - points, np.where(others, 2 * _MOST + 1 - points, _NONE)).astype(np.uint8)
    distinct, of_row = np.unique(behind.view(f"V{behind.shape[1]}").ravel(), return_inverse=True)
    chosen = _best(distinct.view(np.uint8).reshape(-1, behind.shape[1]), rank.astype(np.int32)).take(of_row, axis=0)
    chosen |= always
    left_out = np.where(chosen, np.uint8(_NONE), behind)
    floors: Ints = np.where(left_out == _NONE, -1, points.astype(np.int16)).max(axis=1).astype(np.int64)
    return chosen, floors


def _best(behind: NDArray[np.uint8], rank: NDArray[np.int32]) -> Bools:
    """[G, n] the best of each kind and the roomiest: the lower the better; up to 100 for what passed."""
    passed, others = behind <= _MOST, (behind > _MOST) & (behind < _NONE)
    order, count = np.argsort(behind, axis=1, kind="stable"), row_counts(passed)
    chosen = np.zeros(behind.shape, np.bool_)
    _choose(chosen, order, np.zeros_like(count), count)
    _choose(chosen, order, count, row_counts(others))
    size = np.int32(len(rank))
    room = np.where(passed, rank, np.where(others, rank + size, 2 * size))
    np.put_along_axis(chosen, np.argpartition(room, ROOMIEST, axis=1)[:, :ROOMIEST], values=True, axis=1)
    chosen &= behind < _NONE
    return chosen


def _choose(chosen: Bools, order: Ints, first: Ints, count: Ints) -> None:
    """Mark `KEPT` of each row's from a position of its order on, or as many as there are."""
    steps = np.arange(KEPT)
    rows, step = np.nonzero(steps < count[:, None])
    chosen[rows, order[rows, first[rows] + step]] = True
