# SPDX-License-Identifier: Apache-2.0
"""What the clients of a chunk of rows know of every site: the k-th client of each row is one layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

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
    """The paths from one client site of each row to every column, [R, S]; rows with fewer clients have none here."""

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
class Situation:
    """What the weather is like for all workloads together."""

    ways: Mapping[str, Way]
    """By client site."""
    load: Load = field(default_factory=dict[tuple[str, str], int])
    cramped: frozenset[tuple[WorkloadKey, Assignment]] = frozenset()
    """Standing placements whose replicas without a node find no room."""


def layers_of(rows: Rows, columns: Columns, situation: Situation) -> tuple[Layer, ...]:
    """One for each client; clients that are cut off count only when all of a workload's are."""
    heard = [_clients(needs, columns, situation) for needs, _ in rows.needs]
    told = tuple(_blank(rows, columns, heard, k) for k in range(max(map(len, heard), default=0)))
    carried: dict[str, Ints] = {}
    for number, clients in enumerate(heard):
        for layer, (client, rate) in zip(told, clients, strict=False):
            way = situation.ways[client]
            _fill(layer, number, way, gone=is_gone(way, columns.cut))
            if rows.kilobits[number] > 0:
                if client not in carried:
                    carried[client] = _carried(client, way, columns, situation)
                others = _without(carried[client], way, rows.needs[number][0], rate, columns)
                layer.spare[number, way.sites] = way.kilobits - others.astype(np.float32) * _KILOBITS
    if columns.cut.any():
        for layer in told:
            layer.states[columns.cut[None, :] & ~layer.here] = UNKNOWN
    return told


def _clients(needs: Needs, columns: Columns, situation: Situation) -> Clients:
    if needs.everywhere:
        return ()
    heard = tuple(client for client in needs.clients if not is_gone(situation.ways[client[0]], columns.cut))
    return heard or needs.clients


def _blank(rows: Rows, columns: Columns, heard: Sequence[Clients], k: int) -> Layer:
    """Nothing is known of any site."""
    shape = (len(rows.needs), len(columns.geography))
    return Layer(
        there=np.array([len(clients) > k for clients in heard], np.bool_),
        rate=np.array([clients[k][1] if len(clients) > k else 0 for clients in heard], np.float32),
        here=np.zeros(shape, np.bool_),
        microseconds=np.full(shape, np.nan, np.float32),
        states=np.full(shape, UNKNOWN, np.uint8),
        jitter=np.zeros(shape, np.float32),
        loss=np.zeros(shape, np.float32),
        spare=np.full(shape, NEVER, np.float32),
    )


def _fill(layer: Layer, number: int, way: Way, *, gone: bool) -> None:
    layer.microseconds[number, way.sites] = way.microseconds
    layer.states[number, way.sites] = UNKNOWN if gone else way.states
    layer.jitter[number, way.sites] = way.jitter
    layer.loss[number, way.sites] = way.loss
    if way.client >= 0:
        layer.here[number, way.client] = True
        layer.states[number, way.client] = KNOWN


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
