# SPDX-License-Identifier: Apache-2.0
"""Rows (a workload's variants) against columns (sites), as arrays that broadcast against each other.

As a grid, what belongs to a row has the shape [R, 1], to a column [1, S], to both [R, S]. As pairs all three are
[P]. A rule written with elementwise operations works on both, so that cheap rules are asked of the whole grid and
dear ones only of the pairs that are left.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.columns import Bools, Columns, Geography, Ints
from aiworkload.placement.layers import Layer, Situation, layers_of
from aiworkload.placement.needs import Needs
from aiworkload.placement.rows import Rows
from aiworkload.placement.ways import UNKNOWN, Halves
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
        return Pairs(self, *np.nonzero(mask))

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

    def stacked(self, of: Callable[[Needs, Geography], Bools | None]) -> Bools:
        """[R, S] of a rule that depends on the workload and the geography alone; None stands for all True."""
        distinct = {id(needs): needs for needs, _ in self.rows.needs}
        kept = {known: of(needs, self.columns.geography) for known, needs in distinct.items()}
        if all(mask is None for mask in kept.values()):
            return np.ones((1, 1), np.bool_)
        found = np.ones((len(self.rows.needs), len(self.columns.geography)), np.bool_)
        for number, (needs, _) in enumerate(self.rows.needs):
            if (mask := kept[id(needs)]) is not None:
                found[number] = mask
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
            found[number, self.columns.geography.column(needs.homes)] = True
        return found

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """One for each client; clients that are cut off count only when all of a workload's are."""
        return layers_of(self.rows, self.columns, self.situation)

    @property
    def remote_rate(self) -> Array:
        """[R, S] requests a second that come from other sites; none where each site serves its own clients only."""
        total = self._total_rate
        found: Array = np.repeat(total[:, None], len(self.columns.geography), axis=1)
        for (number, column), rate in self._local_rates().items():
            found[number, column] = max(np.float32(0), total[number] - np.float32(rate))
        return found

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
        if self.grid is not self:
            return self.plane(self.grid.hardware)
        found = np.empty(self.shape, np.int64)
        for device in np.unique(self.rows.device).tolist():
            found[self.rows.device == device] = np.maximum(0, self.columns.hardware[:, device])
        return found

    @cached_property
    def hourly_cost(self) -> Array:
        """Money: the share of the site's typical node for each replica, and the egress to clients elsewhere.

        Reckoned for each kind of site, and put right at the few that are a client's own.
        """
        if self.grid is not self:
            return self.plane(self.grid.hourly_cost)
        kinds, total, gibibytes = self.columns.kinds, self._total_rate, self.rows.gibibytes
        nodes = kinds.node_price * self._kind_share * self.rows.replicas[:, None]
        away = nodes + kinds.egress_price * total[:, None] * gibibytes[:, None]
        found: Array = away.take(kinds.of_site, axis=1)
        for (number, column), rate in self._local_rates().items():
            kind, remote = kinds.of_site[column], max(np.float32(0), total[number] - np.float32(rate))
            found[number, column] = nodes[number, kind] + kinds.egress_price[kind] * remote * gibibytes[number]
        return found

    @property
    def node_share(self) -> Array:
        """[R, S] the dominant share of a typical node that one replica takes; at most a whole one."""
        found: Array = self._kind_share.take(self.columns.kinds.of_site, axis=1)
        return found

    @cached_property
    def _kind_share(self) -> Array:
        """[R, K] as `node_share`, of each kind of site."""
        kinds, demand = self.columns.kinds, self.rows.demand
        share: Array = np.zeros((len(demand), len(kinds.node_price)))
        for d in np.flatnonzero(demand.any(axis=0)).tolist():
            part = np.where(demand[:, d, None] > 0, np.inf, 0.0) * np.ones_like(kinds.node_price)
            np.divide(demand[:, d, None], kinds.typical[:, d], out=part, where=kinds.typical[:, d] > 0)
            np.maximum(share, part, out=share)
        found: Array = np.minimum(1.0, share)
        return found

    @cached_property
    def _total_rate(self) -> Halves:
        """[R] requests a second that are to be told near from far; none where each site serves its own clients."""
        rates = [0 if needs.everywhere else sum(rate for _, rate in needs.clients) for needs, _ in self.rows.needs]
        return np.array(rates, np.float32)

    def _local_rates(self) -> Mapping[tuple[int, int], int]:
        """Requests a second from clients at the very site, by row and column."""
        found: dict[tuple[int, int], int] = {}
        index = self.columns.geography.index
        for number, (needs, _) in enumerate(self.rows.needs):
            for site, rate in needs.clients:
                if site in index:
                    found[(number, index[site])] = found.get((number, index[site]), 0) + rate
        return found

    def _by_hardware(self, values: Array) -> Array:
        """From [R, H], in this block's shape; most owners tell one figure for all hardware."""
        if (values == values[:, :1]).all():
            return self.of_row(values[:, 0])
        if self.r.ndim == 1:
            picked: Array = values.ravel().take(self.r * values.shape[1] + self.hardware)
            return picked
        return np.take_along_axis(values, self.hardware, axis=1)

    @cached_property
    def unknown(self) -> Array:
        """Whether a target is set that cannot be judged because of a path that is unknown.

        A workload at several sites can be judged by any one of its clients.
        """
        if not self.grid.layers:
            return np.zeros((1,) * self.r.ndim, np.bool_)
        any_unknown: Array = np.zeros(self.shape, np.bool_)
        any_told: Array = np.zeros(self.shape, np.bool_)
        for layer in self.grid.layers:
            there, unknown = self.of_row(layer.there), self.plane(layer.states) == UNKNOWN
            any_unknown |= there & unknown
            any_told |= there & ~unknown
        found = any_unknown & ~(self.of_row(self.rows.several) & any_told)
        judged: Array = found & self.has_target
        return judged


class Pairs(Block):
    """Some pairs of a grid, flat."""

    def __init__(self, grid: Block, r: Ints, c: Ints) -> None:
        super().__init__(grid.rows, grid.columns, grid.situation)
        self._picked_from: Final = grid
        self.r, self.c = r, c
        self._flat: Final = r * len(grid.columns.geography) + c
        self.cheapest: Array = np.zeros(len(r))
        """Of each pair's workload, what the cheapest candidate costs that its owner allows."""

    @property
    def grid(self) -> Block:
        """The grid that these were picked from."""
        return self._picked_from

    def of_row(self, values: Array) -> Array:
        """What belongs to rows, for each pair."""
        return values.take(self.r)

    def of_column(self, values: Array) -> Array:
        """What belongs to columns, for each pair."""
        return values.take(self.c)

    def plane(self, values: Array) -> Array:
        """Picked from the grid."""
        return values.take(self._flat)

    def only(self, mask: Bools) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self._picked_from, self.r[mask], self.c[mask])
