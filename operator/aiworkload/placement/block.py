# SPDX-License-Identifier: Apache-2.0
"""Rows (a workload's variants) against columns (sites), as arrays that broadcast against each other.

As a grid, what belongs to a row has the shape [R, 1], to a column [1, S], to both [R, S]. As pairs all three are
[P]. A rule written with elementwise operations works on both, so that cheap rules are asked of the whole grid and
dear ones only of the pairs that are left.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.columns import Bools, Columns, Geography, Ints
from aiworkload.placement.layers import Known, Layer, Situation, known_of
from aiworkload.placement.needs import Needs
from aiworkload.placement.prices import Prices
from aiworkload.placement.rows import Rows
from aiworkload.placement.ways import UNKNOWN
from aiworkload.snapshot.workload import Placement

Array = NDArray[Any]


class Block:
    """One chunk of rows against all columns, or some pairs of it. Arrays are computed when first asked for."""

    def __init__(self, rows: Rows, columns: Columns, situation: Situation) -> None:
        self.rows: Final = rows
        self.columns: Final = columns
        self.situation: Final = situation
        self.r: Array = np.arange(len(rows.needs))[:, None]
        self.c: Array = np.arange(len(columns.geography))[None, :]

    @property
    def grid(self) -> "Block":
        """The grid that pairs were picked from; of a grid itself."""
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """[R, S] or [P]."""
        return np.broadcast_shapes(self.r.shape, self.c.shape)

    def at(self, mask: Bools) -> "Pairs":
        """The pairs of a grid that a mask picks, in row order."""
        return self.pairs(np.flatnonzero(mask))

    def pairs(self, cells: Ints) -> "Pairs":
        """The pairs of some cells, row * S + column."""
        return Pairs(self, *np.divmod(cells, max(1, len(self.columns.geography))))

    def of_row(self, values: Array) -> Array:
        """What belongs to rows, in this block's shape."""
        return values[:, None]

    def of_column(self, values: Array) -> Array:
        """What belongs to columns, in this block's shape."""
        return values[None, :]

    def plane(self, values: Array) -> Array:
        """What belongs to both, in this block's shape, from the grid's [R, S]."""
        return values

    @property
    def has_target(self) -> Array:
        """Whether a latency target is set."""
        return np.isfinite(self.of_row(self.rows.target))

    def stacked(self, concerned: Bools, of: Callable[[Needs, Geography], Bools]) -> Bools:
        """[R, S] of a rule that depends on the workload and the geography alone; True in rows [R] of no concern."""
        if not concerned.any():
            return np.ones((1, 1), np.bool_)
        found = np.ones((len(self.rows.needs), len(self.columns.geography)), np.bool_)
        known: dict[int, Bools] = {}
        for number in np.flatnonzero(concerned).tolist():
            needs, _ = self.rows.needs[number]
            if id(needs) not in known:
                known[id(needs)] = of(needs, self.columns.geography)
            found[number] = known[id(needs)]
        return found

    @cached_property
    def standing(self) -> tuple[tuple[int, int, Placement], ...]:
        """Row, column and placement of whatever stands, of the whole grid."""
        index = self.columns.geography.index
        return tuple(
            (number, index[where.site], placement)
            for number, (needs, variant) in enumerate(self.rows.needs)
            for where, placement in needs.standing.items()
            if where.variant == variant.name and where.site in index
        )

    @cached_property
    def stands(self) -> Array:
        """The workload stands there with this variant."""
        if self.grid is not self:
            return self.plane(self.grid.stands)
        found = np.zeros(self.shape, np.bool_)
        for number, column, _ in self.standing:
            found[number, column] = True
        return found

    @cached_property
    def home(self) -> Array:
        """The workload was driven from this site and may return."""
        if self.grid is not self:
            return self.plane(self.grid.home)
        found = np.zeros(self.shape, np.bool_)
        for number, (needs, _) in enumerate(self.rows.needs):
            if needs.homes:
                found[number, self.columns.geography.column(needs.homes)] = True
        return found

    @cached_property
    def known(self) -> tuple[Known, ...]:
        """What is known of paths: one layer for each client of a row."""
        return known_of(self.rows, self.columns, self.situation)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The same in this block's shape."""
        return tuple(known.spread(self.shape) for known in self.known)

    @cached_property
    def positions(self) -> tuple[NDArray[np.int32], ...]:
        """Of each of `known`, `Known.positions` over this grid."""
        return tuple(known.positions(int(np.prod(self.shape))) for known in self.known)

    def patched(self, of: Callable[["Block"], Array]) -> Bools:
        """[R, S] of a rule that reads layers: asked once a row of where nothing is known, and of the cells that are."""
        found: Bools = np.broadcast_to(of(Unseen(self)), self.shape).copy()
        if self.known:
            found.ravel()[self._told.cells] = of(self._told)
        return found

    @cached_property
    def _told(self) -> "Pairs":
        """The cells of which something is known."""
        return self.pairs(self._united([known.cells for known in self.known]))

    def _united(self, cells: Sequence[Ints]) -> Ints:
        """Cells of several lists, ascending."""
        if len(cells) == 1:
            return cells[0]
        found = np.zeros(self.shape, np.bool_)
        for some in cells:
            found.ravel()[some] = True
        return np.flatnonzero(found)

    @cached_property
    def exceptions(self) -> Ints:
        """Cells that may differ from others of the same row and the same stratum of sites, ascending."""
        cells = [known.cells for known in self.known]
        return self._united([*cells, np.flatnonzero(self.stands | self.home), self.prices.local[0]])

    @cached_property
    def known_compute(self) -> Array:
        """Microseconds of one inference, 0 where nobody told."""
        return self._by_hardware(np.nan_to_num(self.rows.compute, nan=0.0))

    @property
    def fit(self) -> Array:
        """Points for the model on what would compute here."""
        return self._by_hardware(self.rows.fit)

    @cached_property
    def hardware(self) -> Array:
        """Index into HARDWARE of what would compute here; 0 where there is no such device."""
        return np.maximum(0, self.columns.hardware[self.c, self.of_row(self.rows.device)])

    @cached_property
    def prices(self) -> Prices:
        """What the rows cost at each kind of site, and where their clients are."""
        return Prices(self.rows, self.columns)

    @cached_property
    def hourly_cost(self) -> Array:
        """Money: the share of the site's typical node for each replica, and the egress to clients elsewhere."""
        return self.prices.everywhere

    def _by_hardware(self, values: Array) -> Array:
        """From [R, H], in this block's shape; most owners tell one figure for all hardware."""
        if (values == values[:, :1]).all():
            return self.of_row(values[:, 0])
        if self.r.ndim == 1:
            picked: Array = values.ravel().take(self.r * values.shape[1] + self.hardware)
            return picked
        found = np.empty(self.shape, values.dtype)
        for device in np.unique(self.rows.device).tolist():
            rows = self.rows.device == device
            found[rows] = values[rows].take(np.maximum(0, self.columns.hardware[:, device]), axis=1)
        return found

    @cached_property
    def unknown(self) -> Array:
        """Whether a target is set that cannot be judged because of a path that is unknown.

        A workload at several sites can be judged by any one of its clients.
        """
        if not self.known:
            return np.zeros((1,) * self.r.ndim, np.bool_)
        return self.patched(_is_unknown)


class Unseen(Block):
    """A grid as it is where nothing is known of any path."""

    def __init__(self, grid: Block) -> None:
        super().__init__(grid.rows, grid.columns, grid.situation)
        self._actual: Final = grid
        self.layers = tuple(known.untold(2) for known in grid.known)
        self.known_compute = grid.known_compute

    @property
    def grid(self) -> Block:
        """The grid where what is known is told."""
        return self._actual


class Pairs(Block):
    """Some pairs of a grid, flat."""

    def __init__(self, grid: Block, r: Ints, c: Ints) -> None:
        super().__init__(grid.rows, grid.columns, grid.situation)
        self._picked_from: Final = grid
        self.r, self.c = r, c
        self.cells: Final = r * len(grid.columns.geography) + c
        self.cheapest: Array = np.zeros(len(r))
        """Of each pair's workload, what the cheapest candidate costs that its owner allows."""

    @property
    def grid(self) -> Block:
        """The grid that these were picked from."""
        return self._picked_from

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """What is known of these pairs' paths."""
        grid = self.grid
        return tuple(known.at(found.take(self.cells)) for known, found in zip(grid.known, grid.positions, strict=True))

    @cached_property
    def unknown(self) -> Array:
        """As of the grid."""
        return _is_unknown(self)

    @cached_property
    def hourly_cost(self) -> Array:
        """As of the grid."""
        kinds, prices = self.columns.kinds, self.grid.prices
        found: Array = prices.away.ravel().take(self.r * len(kinds.node_price) + kinds.of_site.take(self.c))
        cells, local_prices = prices.local
        if len(cells):
            nearest = np.minimum(np.searchsorted(cells, self.cells), len(cells) - 1)
            local = cells.take(nearest) == self.cells
            found[local] = local_prices.take(nearest[local])
        return found

    def of_row(self, values: Array) -> Array:
        """What belongs to rows, for each pair."""
        return values.take(self.r)

    def of_column(self, values: Array) -> Array:
        """What belongs to columns, for each pair."""
        return values.take(self.c)

    def plane(self, values: Array) -> Array:
        """Picked from the grid."""
        return values.take(self.cells)


class Strangers(Pairs):
    """Pairs of which nothing is known, and where nothing stands or ever stood: what they are is by their kind alone."""

    def __init__(self, grid: Block, r: Ints, c: Ints) -> None:
        super().__init__(grid, r, c)
        self.layers = tuple(known.untold(1) for known in grid.known)
        self.stands = self.home = np.zeros(len(r), np.bool_)
        kinds = grid.columns.kinds
        self.hourly_cost = grid.prices.away[r, kinds.of_site.take(c)]


def _is_unknown(block: Block) -> Array:
    if not block.layers:
        return np.zeros((1,) * block.r.ndim, np.bool_)
    any_unknown: Array = np.zeros((1,) * block.r.ndim, np.bool_)
    any_told: Array = any_unknown
    for layer in block.layers:
        there, unknown = block.of_row(layer.there), layer.states == UNKNOWN
        any_unknown = any_unknown | (there & unknown)
        any_told = any_told | (there & ~unknown)
    found = any_unknown & ~(block.of_row(block.rows.several) & any_told)
    judged: Array = found & block.has_target
    return judged
