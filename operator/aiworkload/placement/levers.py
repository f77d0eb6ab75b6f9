# SPDX-License-Identifier: Apache-2.0
"""What may change about a candidate, one thing at a time: a link, a price, free room, a requirement.

A lever says how far its value may go, how the change is written into trials, and how it is told. Its condition is a
clause that is true of the told value and of every value beyond it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.columns import Ints
from aiworkload.placement.context import Asking
from aiworkload.placement.explanation import milliseconds
from aiworkload.placement.ways import KNOWN
from aiworkload.placement.what_if import Trials

_FIGURES: Final = 3
"""Significant figures that a threshold is told with: more would pretend, less would miss by more than a per cent."""
_MOST_NODES: Final = 64
"""At a site of more nodes none of them is singled out."""
_SLOWER: Final = 4
"""Paths are tried up to so many times the target: beyond twice the target no point is lost any more."""
_WIDER: Final = 16
"""Links are tried up to so many times their capacity. Ours."""
_MEBIBYTE: Final = 1024 * 1024

Write = Callable[[Trials, Ints, Ints, Array], None]
"""Into the trials of the winner and of the challenger, with one value for each of them."""


@dataclass(frozen=True, slots=True)
class Lever:
    """One value that may change."""

    now: float
    limit: float
    write: Write
    rounded: Callable[[float], float]
    """A threshold as it is told: the same or a little further from now."""
    words: Callable[[float], str]
    nodes: bool = False
    """Whether it is about the room on nodes."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A candidate's place in the grid of its workload."""

    row: int
    column: int
    site: str


def path_levers(asking: Asking, grid: Block, spot: Spot) -> Iterator[Lever]:
    """The paths to a candidate getting better."""
    for number, (layer, (client, _)) in enumerate(zip(grid.layers, asking.clients, strict=False)):
        if layer.here[spot.row, spot.column] or layer.states[spot.row, spot.column] != KNOWN:
            continue
        way = f"{client} -> {spot.site}"
        p95 = float(layer.microseconds[spot.row, spot.column])
        if asking.target_microseconds is not None:
            yield Lever(p95, 0.0, _paths(number, "microseconds"), _less, _words(f"{way} p95 fell to", p95, _ms))
        loss = float(layer.loss[spot.row, spot.column])
        yield Lever(loss, 0.0, _paths(number, "loss"), floor, _words(f"{way} lost", loss, _percent))
        jitter = float(layer.jitter[spot.row, spot.column])
        yield Lever(jitter, 0.0, _paths(number, "jitter"), _less, _words(f"{way} jitter fell to", jitter, _ms))


def slower_levers(asking: Asking, grid: Block, spot: Spot) -> Iterator[Lever]:
    """The paths to the winner getting slower."""
    target = asking.target_microseconds
    for number, (layer, (client, _)) in enumerate(zip(grid.layers, asking.clients, strict=False)):
        here = layer.here[spot.row, spot.column] or layer.states[spot.row, spot.column] != KNOWN
        p95 = float(layer.microseconds[spot.row, spot.column])
        if target is not None and not here and p95 < _SLOWER * target:
            words = _words(f"{client} -> {spot.site} p95 rose to", p95, _ms)
            yield Lever(p95, float(_SLOWER * target), _paths(number, "microseconds", winner=True), _more, words)


def price_lever(asking: Asking, grid: Block, spot: Spot) -> Iterator[Lever]:
    """The price of a node at the candidate's site, unless another variant there would become the cheapest of all."""
    shares = grid.prices.node_share[:, spot.column]
    if (shares < shares[spot.row]).any():
        return
    now = float(asking.world.locations[spot.site].node_price)

    def write(trials: Trials, _winner: Ints, challenger: Ints, values: Array) -> None:
        trials.columns.geography.node_price[challenger] = values

    yield Lever(now, 0.0, write, _less, _words(f"{spot.site} cost", now, lambda price: f"{price:.6g} per hour"))


def width_levers(asking: Asking, grid: Block, spot: Spot) -> Iterator[Lever]:
    """The capacity of the links that its traffic crosses."""
    for number, (client, _) in enumerate(asking.clients[: len(grid.layers)]):
        capacity = asking.world.path(spot.site, client).kilobits
        if capacity is not None and client != spot.site:
            words = _words(f"the link {client} - {spot.site} carried", capacity, lambda k: f"{k / 1000:.4g} Mbit/s")
            yield Lever(capacity, capacity * _WIDER, _width(number, capacity), _more, words)


def room_levers(grid: Block, spot: Spot) -> Iterator[Lever]:
    """More CPU or memory free on the node of the site that has most of it."""
    columns = grid.columns
    nodes = columns.nodes_of(spot.column)
    usable = np.flatnonzero(columns.node_usable[nodes])
    if not 0 < len(usable) <= _MOST_NODES:
        return
    for resource, unit, name in (("cpu", 1, "m CPU"), ("memory", _MEBIBYTE, "MiB memory")):
        d = columns.resources.index(resource)
        node = int(usable[np.argmax(columns.free[nodes, d][usable])])
        used = int(columns.allocatable[nodes, d][node] - columns.free[nodes, d][node])
        where = columns.node_names[int(columns.starts[spot.column]) + node]

        yield Lever(0.0, float(used // unit), _room(node, d, unit), ceil, _more_free(where, name), nodes=True)


def requirement_levers(asking: Asking) -> Iterator[Lever]:
    """The latency target, either way."""
    now = asking.target_microseconds
    if now is None:
        return

    def write(trials: Trials, winner: Ints, challenger: Ints, values: Array) -> None:
        trials.rows.target[winner] = values
        trials.rows.target[challenger] = values

    words = _words("requirements.latency.p95Milliseconds were", now, lambda value: f"{value / 1000:.0f}")
    yield Lever(now, float(_SLOWER * now), write, lambda value: ceil(value / 1000) * 1000.0, words)
    yield Lever(now, 1000.0, write, lambda value: floor(value / 1000) * 1000.0, words)


def ceiling_lever(asking: Asking, grid: Block, spot: Spot) -> Iterator[Lever]:
    """What the workload may cost."""
    now = asking.needs.ceiling
    if now == float("inf"):
        return

    def write(trials: Trials, _winner: Ints, challenger: Ints, values: Array) -> None:
        trials.rows.ceiling[challenger] = values

    cost = float(grid.hourly_cost[spot.row, spot.column])
    words = _words("requirements.cost.maxPerHour were", now, lambda value: f"{value:.6g}")
    yield Lever(now, max(now, 2 * cost), write, _more, words)


def _paths(number: int, field: str, *, winner: bool = False) -> Write:
    def write(trials: Trials, winners: Ints, challengers: Ints, values: Array) -> None:
        getattr(trials.layers[number], field)[winners if winner else challengers] = values

    return write


def _width(number: int, capacity: float) -> Write:
    def write(trials: Trials, _winner: Ints, challenger: Ints, values: Array) -> None:
        trials.layers[number].spare[challenger] += values - capacity

    return write


def _room(node: int, d: int, unit: int) -> Write:
    def write(trials: Trials, _winner: Ints, challenger: Ints, values: Array) -> None:
        rows = trials.columns.starts[challenger] + node
        more = np.floor(values).astype(np.int64) * unit
        trials.columns.free[rows, d] += more
        trials.columns.room[rows, d] += more

    return write


def _words(subject: str, now: float, told: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: f"{subject} {told(value)} (now {told(now)})"


def _more_free(node: str, of: str) -> Callable[[float], str]:
    return lambda amount: f"{node} had {amount:.0f} {of} more free"


def _ms(microseconds: float) -> str:
    return f"{milliseconds(round(microseconds))} ms"


def _percent(basis_points: float) -> str:
    return f"{basis_points / 100:.3g} % of probes"


def _less(value: float) -> float:
    return _rounded(value, floor)


def _more(value: float) -> float:
    return _rounded(value, ceil)


def _rounded(value: float, to: Callable[[float], int]) -> float:
    if value <= 0:
        return 0.0
    grain = 10.0 ** (floor(log10(value)) - _FIGURES + 1)
    return round(to(round(value / grain, 6)) * grain, 9)
