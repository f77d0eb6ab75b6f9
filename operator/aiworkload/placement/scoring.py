# SPDX-License-Identifier: Apache-2.0
"""Every filter and every scorer over all candidates of many workloads.

The owner's rules come first and are cheap: they are asked of whole grids. What is left is mostly short, and asked the
rest pair by pair. Chunks are small enough for a processor's cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.block import Array, Block, Pairs
from aiworkload.placement.catalogue import FILTERS, OWNERS, REASONS, RELATIVE, ROOM, SCORERS, WEATHER
from aiworkload.placement.columns import Bools, Columns, Ints
from aiworkload.placement.layers import Situation
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import RejectReason
from aiworkload.placement.rows import Row, Rows

FEASIBLE: Final = 0
"""In place of a reason's number."""

_CHUNK_ROWS: Final = 64
"""Rows times client layers in one chunk: a few arrays of that many rows by some thousand sites fit in a cache."""

KEPT: Final = 64
"""Candidates with room that are kept of each workload; the same number again of those that only lack room. A workload
at several sites keeps all: the only one near a far client may score badly with the others."""


_MOST: Final = 100
"""Points that a candidate can have."""


ROOMIEST: Final = 8
"""So many of the sites with most room are kept beside the best: a way out when everybody's best are full. Ours."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One workload's candidates: n of them, those that only lack room included, and what stands in any case."""

    columns: NDArray[np.int32]
    variants: NDArray[np.int32]
    """Positions in the workload's variants."""
    reasons: NDArray[np.uint8]
    """FEASIBLE, or one more than an index into REASONS."""
    points: NDArray[np.int32]
    factors: NDArray[np.uint8]
    """[n, F] points of each scorer in the order of SCORERS."""
    floor: int
    """Most points of any candidate that was left out; -1: none was."""
    refused: tuple[int, ...]
    """How many candidates each of REASONS refused."""
    blind: bool = False
    """Whether a target is set and the latency of no candidate in use is known: then unknown ones are not refused."""
    grid: NDArray[np.uint8] | None = None
    """[V, S] why each candidate is refused, where nothing was left out: else it is asked for anew."""


def scored(needs: Sequence[Needs], columns: Columns, situation: Situation) -> Iterator[tuple[Needs, Scored]]:
    """Each workload with its candidates. The order is not that of the input."""
    for chunk in _chunks(needs):
        rows = [(asked, variant) for asked in chunk for variant in asked.variants]
        yield from zip(chunk, _score(rows, columns, situation), strict=True)


def reasons_of(needs: Needs, columns: Columns, situation: Situation) -> NDArray[np.uint8]:
    """[V, S] why each candidate of one workload is refused; FEASIBLE, or one more than an index into REASONS."""
    return whole(needs, columns, situation)[1]


def whole(needs: Needs, columns: Columns, situation: Situation) -> tuple[Block, NDArray[np.uint8], float]:
    """One workload's every candidate as a grid, `reasons_of` it, and what the cheapest that its owner allows costs."""
    grid = Block(Rows.of([(needs, variant) for variant in needs.variants], columns.resources), columns, situation)
    reasons, cheapest = _reasons(grid)
    return grid, reasons, float(cheapest[0])


def factors_of(pairs: Pairs) -> NDArray[np.int32]:
    """[P, F] points of each scorer in the order of SCORERS, rounded."""
    return np.stack(_factors(pairs), axis=1).astype(np.int32)


def _factors(pairs: Pairs) -> list[NDArray[np.uint8]]:
    """[P] rounded points of each scorer; one may give all pairs the same."""
    found = (np.rint(scorer.points(pairs)).astype(np.uint8) for scorer in SCORERS)
    return [np.broadcast_to(points, pairs.r.shape) for points in found]


def _chunks(needs: Sequence[Needs]) -> Iterator[list[Needs]]:
    """Workloads with equally many clients together, so that no row carries others' layers; the same side by side."""
    chunk: list[Needs] = []
    weight = 0
    for asked in sorted(needs, key=lambda asked: (len(asked.clients), asked.has_target, asked.clients)):
        more = len(asked.variants) * max(1, len(asked.clients))
        if chunk and weight + more > _CHUNK_ROWS:
            yield chunk
            chunk, weight = [], 0
        chunk.append(asked)
        weight += more
    if chunk:
        yield chunk


def _score(rows: Sequence[Row], columns: Columns, situation: Situation) -> Iterator[Scored]:
    grid = Block(Rows.of(rows, columns.resources), columns, situation)
    reasons, cheapest = _reasons(grid)
    pairs = grid.at((reasons == FEASIBLE) | (reasons == _number(ROOM.REASON)) | grid.stands)
    pairs.cheapest = cheapest[grid.rows.group].take(pairs.r)
    yield from _of_each(grid, reasons, pairs)


def _reasons(grid: Block) -> tuple[NDArray[np.uint8], Array]:
    """Why each candidate is refused, and [G] what the cheapest costs that a workload's owner allows.

    Room is the dearest to ask for. Of unknown latency most are refused for that once another's is known, so that they
    are asked last.
    """
    reasons = np.zeros(grid.shape, np.uint8)
    for rule in OWNERS:
        _refuse(reasons, rule.refuses(grid), rule.REASON)
    cheapest = _cheapest(grid, ((reasons == FEASIBLE) & _could_serve(grid)) | grid.stands)
    for rule in WEATHER:
        _refuse(reasons, rule.refuses(grid), rule.REASON)
    _ask_for_room(grid, reasons, (reasons == FEASIBLE) & ~grid.unknown)
    if grid.unknown.any():
        _judge_by_rivals(grid, reasons)
        _ask_for_room(grid, reasons, (reasons == FEASIBLE) & grid.unknown)
    return reasons, cheapest


def _ask_for_room(grid: Block, reasons: NDArray[np.uint8], asked: Array) -> None:
    pairs = grid.at(asked)
    reasons[pairs.r, pairs.c] = ROOM.refuses(pairs) * np.uint8(_number(ROOM.REASON))


def _could_serve(grid: Block) -> Array:
    """Whether there is any weather in which a candidate would do: it has nodes, and computes within the target."""
    hosts = grid.of_column(np.diff(grid.columns.starts) > 0)
    return hosts & (grid.known_compute <= grid.of_row(grid.rows.target))


def _refuse(reasons: NDArray[np.uint8], no: Array, reason: RejectReason) -> None:
    if no.any():
        np.copyto(reasons, _number(reason), where=no & (reasons == FEASIBLE))


def _number(reason: RejectReason) -> int:
    return REASONS.index(reason) + 1


def _cheapest(grid: Block, allowed: Array) -> Array:
    """[G] the lowest price among what each workload's owner allows; 0 where that is nothing."""
    found = np.full(int(grid.rows.group[-1]) + 1, np.inf)
    prices = grid.hourly_cost if allowed.all() else np.where(allowed, grid.hourly_cost, np.inf)
    np.minimum.at(found, grid.rows.group, prices.min(axis=1, initial=np.inf))
    return np.where(np.isfinite(found), found, 0.0)


def _judge_by_rivals(grid: Block, reasons: NDArray[np.uint8]) -> None:
    missed = _number(RejectReason.LATENCY_UNREACHABLE)
    in_use = (reasons == FEASIBLE) | (grid.stands & (reasons == missed))
    no = RELATIVE.refuses(grid, in_use) & ((reasons == FEASIBLE) | (reasons == _number(ROOM.REASON)))
    reasons[no] = _number(RELATIVE.REASON)


def _of_each(grid: Block, reasons: NDArray[np.uint8], pairs: Pairs) -> Iterator[Scored]:
    """Cut what was found of all rows into what was found of each workload."""
    groups = np.arange(int(grid.rows.group[-1]) + 2)
    firsts = np.searchsorted(grid.rows.group, groups)
    factors = _factors(pairs)
    points, found = _points(grid, pairs, factors), reasons[pairs.r, pairs.c]
    blind = _blind(grid, pairs, found, len(groups) - 1)
    ends = np.searchsorted(pairs.r, firsts).tolist()
    limits = np.where(grid.rows.several[firsts[:-1]], len(found), KEPT).tolist()
    kept, floors = _best(ends, limits, pairs, found, points)
    r, c = pairs.r.take(kept), pairs.c.take(kept).astype(np.int32)
    variants = (r - firsts.take(grid.rows.group.take(r))).astype(np.int32)
    small = np.stack([factor.take(kept) for factor in factors], axis=1)
    found, points = found.take(kept), points.take(kept)
    refused = _counts(reasons, grid.rows.group, len(groups) - 1).tolist()
    ends, rows = np.searchsorted(r, firsts).tolist(), firsts.tolist()
    for group, floor in enumerate(floors):
        mine = slice(ends[group], ends[group + 1])
        refusals = reasons[rows[group] : rows[group + 1]] if floor < 0 else None
        counts = tuple(refused[group])
        parts = (c[mine], variants[mine], found[mine], points[mine], small[mine])
        yield Scored(*parts, floor, counts, blind[group], refusals)


def _blind(grid: Block, pairs: Pairs, found: Array, groups: int) -> list[bool]:
    """Of each workload, as `Scored.blind` says."""
    in_use = (found == FEASIBLE) | (pairs.stands & (found == _number(RejectReason.LATENCY_UNREACHABLE)))
    blind = np.zeros(groups, np.bool_)
    blind[grid.rows.group] = np.isfinite(grid.rows.target)
    blind[grid.rows.group.take(pairs.r[in_use & ~pairs.unknown])] = False
    told: list[bool] = blind.tolist()
    return told


def _points(grid: Block, pairs: Pairs, factors: Sequence[NDArray[np.uint8]]) -> NDArray[np.int32]:
    """[P] as `weighted_mean`, factor by factor: what weighs nothing for anybody here is not multiplied."""
    weights = np.array([[needs.weights[scorer.NAME] for needs, _ in grid.rows.needs] for scorer in SCORERS], np.int32)
    total = weights.sum(axis=0)
    doubled: Array = total.take(pairs.r)
    for weight, factor in zip(2 * weights, factors, strict=True):
        if weight.any():
            doubled += weight.take(pairs.r) * factor
    found: NDArray[np.int32] = doubled // np.maximum(1, 2 * total).take(pairs.r)
    return found


def _best(
    ends: Sequence[int], limits: Sequence[int], pairs: Pairs, found: Array, points: Array
) -> tuple[Ints, list[int]]:
    """Positions of the pairs that are kept of all workloads, and of each the most points of what is left out."""
    chosen, stands = np.ones(len(found), np.bool_), pairs.stands
    rank = np.argsort(np.argsort(-pairs.columns.space, kind="stable"))
    floors: list[int] = []
    for (first, last), limit in zip(pairwise(ends), limits, strict=True):
        mine, floor = slice(first, last), -1
        if last - first > limit:
            chosen[mine], floor = _keep(found[mine], points[mine], stands[mine], rank.take(pairs.c[mine]))
        floors.append(floor)
    return np.flatnonzero(chosen), floors


def _counts(reasons: NDArray[np.uint8], group: Ints, groups: int) -> Array:
    """[G, reasons] how many candidates of each workload each rule refused."""
    kinds = len(REASONS) + 1
    flat = np.bincount((group[:, None] * kinds + reasons).ravel(), minlength=groups * kinds)
    return flat.reshape(groups, kinds)[:, 1:]


def weighted_mean(factors: Array, weights: Array) -> NDArray[np.int32]:
    """[n] points of all factors by their weights, rounded half up; what weighs nothing changes nothing."""
    total = weights.sum(axis=1)
    points: Array = (2 * (factors * weights).sum(axis=1) + total) // np.maximum(1, 2 * total)
    found: NDArray[np.int32] = points.astype(np.int32)
    return found


def _keep(reasons: Array, points: Array, stands: Array, rank: Array) -> tuple[Bools, int]:
    """Which are the best of each kind and the roomiest, and the most points of what is left out."""
    order = np.argsort((_MOST - points).astype(np.uint8), kind="stable")
    with_room = reasons[order] == FEASIBLE
    chosen = stands.copy()
    chosen[order[with_room][:KEPT]] = True
    chosen[order[~with_room][:KEPT]] = True
    roomiest = np.argpartition(np.where(reasons == FEASIBLE, rank, len(rank) + rank), ROOMIEST)[:ROOMIEST]
    chosen[roomiest] = True
    return chosen, int(points[~chosen].max(initial=-1))


assert len(FILTERS) == len(REASONS), "every filter has a reason of its own"  # noqa: S101 - a slip of the catalogue
