# SPDX-License-Identifier: Apache-2.0
"""What the clients of a chunk of rows know of sites: the k-th client of each row is one layer.

Most pairs of sites never meet, so a layer is held as the few cells of the grid of which something is known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.columns import Bools, Columns, Ints
from aiworkload.placement.latency import Clients
from aiworkload.placement.needs import KILOBITS_PER_KIBIBYTE, Needs
from aiworkload.placement.rows import Rows
from aiworkload.placement.ways import KNOWN, NEVER, UNKNOWN, Halves, Way, is_gone
from aiworkload.placement.world import Load
from aiworkload.snapshot.workload import Assignment, WorkloadKey

_KILOBITS: Final = np.float32(KILOBITS_PER_KIBIBYTE)


@dataclass(frozen=True, slots=True)
class Layer:
    """The paths from one client site of each row, in the shape of a block; rows with fewer clients have none here."""

    there: Bools
    """[R] whether the row has such a client."""
    rate: Halves
    """[R] its requests a second."""
    here: Bools
    """The client is at this very site."""
    microseconds: Halves
    """NaN: never told."""
    states: NDArray[np.uint8]
    jitter: Halves
    loss: Halves
    spare: Halves
    """Kilobits a second that the link has left for this row; infinite: nobody told its capacity."""


@dataclass(frozen=True, slots=True)
class Known:
    """One layer's cells of which something is known; K of them."""

    cells: Ints
    """[K] row * S + column, ascending."""
    layer: Layer
    """Its paths have the shape [K]."""

    def spread(self, shape: tuple[int, ...]) -> Layer:
        """Over a whole grid [R, S]."""

        def over(values: NDArray[Any], untold: object) -> NDArray[Any]:
            found = np.full(shape, untold, values.dtype)
            found.ravel()[self.cells] = values
            return found

        return _mapped(self.layer, over)

    def untold(self, axes: int) -> Layer:
        """Of any cell of which nothing is known, with so many axes of length 1."""
        return _mapped(self.layer, lambda values, untold: np.full((1,) * axes, untold, values.dtype))

    def at(self, positions: NDArray[np.int32]) -> Layer:
        """Of some cells, [P], by their positions among `cells`; K where nothing is known."""
        return _mapped(self.layer, lambda values, untold: np.append(values, values.dtype.type(untold)).take(positions))

    def positions(self, size: int) -> NDArray[np.int32]:
        """[R * S] the position of each cell of a grid among `cells`; K where nothing is known."""
        found = np.full(size, len(self.cells), np.int32)
        found[self.cells] = np.arange(len(self.cells), dtype=np.int32)
        return found


@dataclass(frozen=True, slots=True)
class Situation:
    """What the weather is like for all workloads together."""

    ways: Mapping[str, Way]
    """By client site."""
    load: Load = field(default_factory=dict[tuple[str, str], int])
    cramped: frozenset[tuple[WorkloadKey, Assignment]] = frozenset()
    """Standing placements whose replicas without a node find no room."""


def known_of(rows: Rows, columns: Columns, situation: Situation) -> tuple[Known, ...]:
    """One layer for each client; clients that are cut off count only when all of a workload's are."""
    heard = [_clients(needs, columns, situation) for needs, _ in rows.needs]
    survey = _Survey(rows, columns, situation, {})
    return tuple(survey.known(heard, k) for k in range(max(map(len, heard), default=0)))


def _mapped(layer: Layer, of: Callable[[NDArray[Any], Any], NDArray[Any]]) -> Layer:
    """The same with its paths in another shape; what is said of a path of which nothing is known comes with them."""
    return Layer(
        there=layer.there,
        rate=layer.rate,
        here=of(layer.here, False),  # noqa: FBT003 - a value, not a switch
        microseconds=of(layer.microseconds, np.nan),
        states=of(layer.states, UNKNOWN),
        jitter=of(layer.jitter, 0.0),
        loss=of(layer.loss, 0.0),
        spare=of(layer.spare, NEVER),
    )


def _clients(needs: Needs, columns: Columns, situation: Situation) -> Clients:
    if needs.everywhere or not needs.clients:
        return ()
    heard = tuple(client for client in needs.clients if not is_gone(situation.ways[client[0]], columns.cut))
    return heard or needs.clients


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the layers of one chunk are made of."""

    rows: Rows
    columns: Columns
    situation: Situation
    carried: dict[str, Ints]
    """[K] KiB a second that standing placements carry over each link of a client."""

    def known(self, heard: Sequence[Clients], k: int) -> Known:
        """What the k-th client of each row knows."""
        there = np.array([len(clients) > k for clients in heard], np.bool_)
        numbers, clients = np.flatnonzero(there), [clients[k] for clients in heard if len(clients) > k]
        ways = [self.situation.ways[client] for client, _ in clients]
        counts = [len(way.sites) for way in ways]
        sites = np.concatenate([way.sites for way in ways])
        here = sites == np.repeat([way.client for way in ways], counts)
        silent = np.repeat([is_gone(way, self.columns.cut) for way in ways], counts) | self.columns.cut[sites]
        states = np.where(silent, np.uint8(UNKNOWN), np.concatenate([way.states for way in ways]))
        rate = np.zeros(len(heard), np.float32)
        rate[there] = [requests for _, requests in clients]
        layer = Layer(
            there=there,
            rate=rate,
            here=here,
            microseconds=np.concatenate([way.microseconds for way in ways]),
            states=np.where(here, np.uint8(KNOWN), states),
            jitter=np.concatenate([way.jitter for way in ways]),
            loss=np.concatenate([way.loss for way in ways]),
            spare=np.concatenate([self._spare(*one) for one in zip(numbers.tolist(), clients, ways, strict=True)]),
        )
        return Known(np.repeat(numbers * len(self.columns.geography), counts) + sites, layer)

    def _spare(self, number: int, client: tuple[str, int], way: Way) -> Halves:
        needs, (site, rate) = self.rows.needs[number][0], client
        if not needs.kibibytes:
            return np.full(len(way.sites), NEVER, np.float32)
        if not self.situation.load and not needs.standing:
            return way.kilobits
        if site not in self.carried:
            self.carried[site] = _carried(site, way, self.columns, self.situation)
        others = _without(self.carried[site], way, needs, rate, self.columns)
        spare: Halves = np.subtract(way.kilobits, others.astype(np.float32) * _KILOBITS, dtype=np.float32)
        return spare


def _carried(client: str, way: Way, columns: Columns, situation: Situation) -> Ints:
    """[K] KiB a second that standing placements carry over each link of a client."""
    names, load = columns.geography.names, situation.load
    if not load:
        return np.zeros(len(way.sites), np.int64)
    sites: list[int] = way.sites.tolist()
    return np.array([load.get((client, names[column]), 0) for column in sites], np.int64)


def _without(carried: Ints, way: Way, needs: Needs, rate: int, columns: Columns) -> Ints:
    """What others carry: what a workload carries itself is not in its own way."""
    if not needs.standing:
        return carried
    own = columns.geography.column({where.site for where in needs.standing})
    return carried - needs.kibibytes * rate * np.isin(way.sites, own)
