# SPDX-License-Identifier: Apache-2.0
"""The same few candidates side by side, each time with something changed, judged by the very filters and scorers.

P trials are one flat block: trial p has row p and column p of its own, so that a value may be changed for it alone and
hundreds of values are judged in one pass.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.block import Array, Block, Pairs
from aiworkload.placement.catalogue import ROOM, SCORERS
from aiworkload.placement.columns import Bools, Columns, Ints
from aiworkload.placement.filters import bandwidth, cost_ceiling, latency
from aiworkload.placement.layers import Layer
from aiworkload.placement.rows import Rows
from aiworkload.placement.scorers import headroom
from aiworkload.placement.scoring import factors_of, weighted_mean

CHANGEABLE: Final = (cost_ceiling, latency, bandwidth)
"""Rules whose answer may change with a link, a price or a requirement; room is asked apart."""

_HEADROOM: Final = SCORERS.index(headroom)


class Trials(Pairs):
    """Candidates of a grid, copied; whatever is written into a copy's arrays is true of that copy alone."""

    def __init__(self, grid: Block, r: Ints, c: Ints, *, nodes: bool) -> None:
        """`nodes`: whether the sites' nodes are copied too; without them room and headroom cannot be judged."""
        copied = Block(_rows(grid.rows, r), _columns(grid.columns, c, nodes=nodes), grid.situation)
        super().__init__(copied, np.arange(len(r)), np.arange(len(c)))
        self.layers = tuple(_layer(layer, r, c) for layer in grid.layers)
        self.stands, self.home = grid.stands[r, c], grid.home[r, c]
        self.hardware = grid.hardware[r, c]
        self._share, self._remote_rate = grid.prices.node_share[r, c], grid.prices.remote_rate[r, c]
        self.standing = ()

    @property
    def grid(self) -> Block:
        """Itself: what belongs to both row and column is held trial by trial."""
        return self

    @cached_property
    def hourly_cost(self) -> Array:
        """Money, at each trial's own price."""
        geography = self.columns.geography
        nodes = geography.node_price * self._share * self.rows.replicas
        found: Array = nodes + geography.egress_price * self._remote_rate * self.rows.gibibytes
        return found

    def plane(self, values: Array) -> Array:
        """What belongs to both is here one value a trial already."""
        return values

    def points(self, weights: Sequence[int], headroom_points: Array | None) -> NDArray[np.int32]:
        """[P] points of each trial; `headroom_points` stand in where no nodes were copied."""
        factors = factors_of(self)
        if headroom_points is not None:
            factors[:, _HEADROOM] = headroom_points
        return weighted_mean(factors, np.broadcast_to(np.array(weights, np.int32), factors.shape))

    def refused(self, *, room: bool) -> Bools:
        """[P] whether a rule that may change its answer says no."""
        no = np.zeros(len(self.r), np.bool_)
        for rule in CHANGEABLE:
            no |= rule.refuses(self)
        return no | ROOM.refuses(self) if room else no


def _rows(rows: Rows, r: Ints) -> Rows:
    own = {field.name: getattr(rows, field.name) for field in fields(rows)}
    copied: dict[str, Any] = {name: value[r] for name, value in own.items() if isinstance(value, np.ndarray)}
    return replace(rows, needs=tuple(rows.needs[int(number)] for number in r), **copied)


def _columns(columns: Columns, c: Ints, *, nodes: bool) -> Columns:
    geography, numbers = columns.geography, [int(number) for number in c]
    found = [np.arange(int(columns.starts[n]), int(columns.starts[n + 1])) for n in numbers] if nodes else []
    rows = np.concatenate([np.zeros(0, np.int64), *found])
    counts = [len(one) for one in found] or [0] * len(numbers)
    return replace(
        columns,
        geography=replace(
            geography,
            names=tuple(geography.names[number] for number in numbers),
            tiers=geography.tiers[c],
            region_codes=geography.region_codes[c],
            node_price=geography.node_price[c],
            egress_price=geography.egress_price[c],
        ),
        cut=columns.cut[c],
        steadiness=columns.steadiness[c],
        usable=columns.usable[c],
        hardware=columns.hardware[c],
        device_mebibytes=columns.device_mebibytes[c],
        typical=columns.typical[c],
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        node_site=np.repeat(np.arange(len(numbers)), counts),
        allocatable=columns.allocatable[rows],
        free=columns.free[rows],
        room=columns.room[rows],
    )


def _layer(layer: Layer, r: Ints, c: Ints) -> Layer:
    return Layer(
        there=layer.there[r],
        rate=layer.rate[r],
        here=layer.here[r, c],
        microseconds=layer.microseconds[r, c],
        states=layer.states[r, c],
        jitter=layer.jitter[r, c],
        loss=layer.loss[r, c],
        spare=layer.spare[r, c],
    )
