# SPDX-License-Identifier: Apache-2.0
"""Every filter and every scorer over all candidates of many workloads.

The owner's rules come first and are cheap: they are asked of whole grids. What is known of paths is little, and asked
cell by cell. Where most sites are left all the same, they are chosen among by `strata`; the few that are kept are
scored pair by pair. Chunks are small enough for a processor's cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.block import Array, Block, Pairs
from aiworkload.placement.catalogue import FILTERS, OWNERS, PATHS, REASONS, RELATIVE, ROOM, WEATHER
from aiworkload.placement.columns import Bools, Columns, Floats, Ints, row_counts
from aiworkload.placement.keeping import KEPT, best_of
from aiworkload.placement.layers import Situation
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import RejectReason
from aiworkload.placement.rows import Row, Rows
from aiworkload.placement.strata import mean_points, points_anywhere, rounded_factors

FEASIBLE: Final = 0
"""In place of a reason's number."""

_CHUNK_ROWS: Final = 256
"""Rows in one chunk: a few arrays of so many rows by some thousand sites, a byte each, fit in a cache. Ours,
measured."""

_DENSE: Final = 0.25
"""The share of the sites from which on a row is asked of all nodes. Ours, measured."""

_FEW: Final = 128
"""Fewer pairs of a row are always picked."""


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
    return np.stack(rounded_factors(pairs), axis=1).astype(np.int32)


def _chunks(needs: Sequence[Needs]) -> Iterator[list[Needs]]:
    """Workloads with equally many variants and clients together, so that no row carries others' layers.

    Those that ask for the same stand side by side: rows that are alike are reckoned once.
    """
    chunk: list[Needs] = []
    for asked in sorted(needs, key=_likeness):
        variants = len(asked.variants)
        if chunk and ((len(chunk) + 1) * variants > _CHUNK_ROWS or len(chunk[0].variants) != variants):
            yield chunk
            chunk = []
        chunk.append(asked)
    if chunk:
        yield chunk


def _likeness(needs: Needs) -> tuple[object, ...]:
    return (len(needs.variants), len(needs.clients), needs.has_target, needs.variants[0].demand)


def _score(rows: Sequence[Row], columns: Columns, situation: Situation) -> Iterator[Scored]:
    grid = Block(Rows.of(rows, columns.resources), columns, situation)
    reasons, cheapest = _reasons(grid)
    of_row = cheapest[grid.rows.group]
    kept, floors = _kept(grid, reasons, of_row)
    pairs = grid.at(kept)
    pairs.cheapest = of_row.take(pairs.r)
    yield from _of_each(grid, reasons, pairs, floors)


def _reasons(grid: Block) -> tuple[NDArray[np.uint8], Floats]:
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
    for rule in PATHS:
        _refuse(reasons, grid.patched(rule.refuses), rule.REASON)
    _ask_for_room(grid, reasons, (reasons == FEASIBLE) & ~grid.unknown)
    if grid.unknown.any():
        _judge_by_rivals(grid, reasons)
        _ask_for_room(grid, reasons, (reasons == FEASIBLE) & grid.unknown)
    return reasons, cheapest


def _ask_for_room(grid: Block, reasons: NDArray[np.uint8], asked: Bools) -> None:
    dense = np.flatnonzero(row_counts(asked) >= max(_FEW, _DENSE * len(grid.columns.geography)))
    if len(dense):
        newcomers = asked[dense] & ~grid.stands[dense]
        no = ROOM.refuses_newcomers(grid, dense) & newcomers
        reasons[dense] = np.where(no, np.uint8(_number(ROOM.REASON)), reasons[dense])
        asked[dense] &= ~newcomers
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


def _cheapest(grid: Block, allowed: Bools) -> Floats:
    """[G] the lowest price among what each workload's owner allows; 0 where that is nothing.

    By kinds of sites, which cost the same but where a client is at the very site: that costs less.
    """
    found = np.full(int(grid.rows.group[-1]) + 1, np.inf)
    prices = np.where(grid.columns.kinds.among(allowed), grid.prices.away, np.inf)
    np.minimum.at(found, grid.rows.group, prices.min(axis=1, initial=np.inf))
    cells, local = grid.prices.local
    rows = cells // max(1, len(grid.columns.geography))
    np.minimum.at(found, grid.rows.group.take(rows), np.where(allowed.ravel().take(cells), local, np.inf))
    return np.where(np.isfinite(found), found, 0.0)


def _judge_by_rivals(grid: Block, reasons: NDArray[np.uint8]) -> None:
    missed = _number(RejectReason.LATENCY_UNREACHABLE)
    in_use = (reasons == FEASIBLE) | (grid.stands & (reasons == missed))
    no = RELATIVE.refuses(grid, in_use) & ((reasons == FEASIBLE) | (reasons == _number(ROOM.REASON)))
    reasons[no] = _number(RELATIVE.REASON)


def _kept(grid: Block, reasons: NDArray[np.uint8], cheapest: Floats) -> tuple[Bools, Ints]:
    """[R, S] which candidates are kept, and [G] the most points of what is left out of each workload; -1: nothing."""
    passed = reasons == FEASIBLE
    others = ((reasons == _number(ROOM.REASON)) | grid.stands) & ~passed
    kept = passed | others
    groups, variants = int(grid.rows.group[-1]) + 1, len(grid.rows.needs[0][0].variants)
    floors = np.full(groups, -1, np.int64)
    firsts = np.arange(groups) * variants
    counts = row_counts(kept).reshape(groups, variants).sum(axis=1)
    crowded = np.flatnonzero((counts > KEPT) & ~grid.rows.several[firsts])
    if len(crowded):
        rows = (firsts[crowded][:, None] + np.arange(variants)).ravel()
        shape = (len(crowded), -1)
        rank = np.argsort(np.argsort(-grid.columns.space, kind="stable"))
        ranks = (rank * variants + np.arange(variants)[:, None]).ravel()
        points = points_anywhere(grid, rows, cheapest)
        always = grid.stands[rows].reshape(shape)
        chosen, floors[crowded] = best_of(
            points.reshape(shape), passed[rows].reshape(shape), others[rows].reshape(shape), always, ranks
        )
        kept[rows] = chosen.reshape(len(rows), -1)
    return kept, floors


def _of_each(grid: Block, reasons: NDArray[np.uint8], pairs: Pairs, floors: Ints) -> Iterator[Scored]:
    """Cut what was found of all rows into what was found of each workload."""
    factors = rounded_factors(pairs)
    points, small = mean_points(pairs, factors), np.stack(factors, axis=1)
    variants = len(grid.rows.needs[0][0].variants)
    found, columns = reasons[pairs.r, pairs.c], pairs.c.astype(np.int32)
    numbers = (pairs.r % variants).astype(np.int32)
    rows = range(0, len(reasons) + 1, variants)
    ends = np.searchsorted(pairs.r, rows).tolist()
    refused, blind = _counts(reasons, variants), _blind(grid, reasons)
    for group, floor in enumerate(floors.tolist()):
        mine = slice(ends[group], ends[group + 1])
        refusals = reasons[rows[group] : rows[group + 1]] if floor < 0 else None
        parts = (columns[mine], numbers[mine], found[mine], points[mine], small[mine])
        yield Scored(*parts, floor, tuple(refused[group]), blind[group], refusals)


def _blind(grid: Block, reasons: NDArray[np.uint8]) -> list[bool]:
    """Of each workload, as `Scored.blind` says."""
    in_use = (reasons == FEASIBLE) | (grid.stands & (reasons == _number(RejectReason.LATENCY_UNREACHABLE)))
    sees = (in_use & ~grid.unknown).any(axis=1)
    blind = np.zeros(int(grid.rows.group[-1]) + 1, np.bool_)
    blind[grid.rows.group] = np.isfinite(grid.rows.target)
    blind[grid.rows.group[sees]] = False
    told: list[bool] = blind.tolist()
    return told


def _counts(reasons: NDArray[np.uint8], variants: int) -> list[list[int]]:
    """[G, reasons] how many candidates of each workload each rule refused."""
    found = np.zeros((len(reasons) // variants, len(REASONS)), np.int64)
    for number in range(len(REASONS)):
        refused = reasons == number + 1
        if refused.any():
            found[:, number] = row_counts(refused).reshape(-1, variants).sum(axis=1)
    counts: list[list[int]] = found.tolist()
    return counts


def weighted_mean(factors: Array, weights: Array) -> NDArray[np.int32]:
    """[n] points of all factors by their weights, rounded half up; what weighs nothing changes nothing."""
    total = weights.sum(axis=1)
    points: Array = (2 * (factors * weights).sum(axis=1) + total) // np.maximum(1, 2 * total)
    found: NDArray[np.int32] = points.astype(np.int32)
    return found


assert len(FILTERS) == len(REASONS), "every filter has a reason of its own"  # noqa: S101 - a slip of the catalogue
