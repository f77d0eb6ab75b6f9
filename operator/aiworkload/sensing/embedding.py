# SPDX-License-Identifier: Apache-2.0
"""Network coordinates from measured round trips, all at once.

The model is Vivaldi's (Dabek, Cox, Kaashoek and Morris, "Vivaldi: A Decentralized Network Coordinate System", SIGCOMM
2004, section 5.4): a position in a few dimensions for the network's core, and a height above it for a site's own
access link, which every packet climbs at both ends. Vivaldi is made for nodes that know only their own measurements;
the operator has everybody's, so the same model is fitted to all of them together: the sum of relative errors is
minimised by gradient descent with adaptive steps (Adam, Kingma and Ba 2015), deterministically, and from where the
sites were. `benchmarks.coordinates` holds it against Vivaldi itself: less error, in a tenth of the time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.sensing.rotation import hash_of, mixed
from aiworkload.snapshot.coordinates import Coordinates, Floats

Ints = NDArray[np.int64]
Pair = tuple[str, str]

DIMENSIONS: Final = 3
"""Two are worse on PlanetLab, and five no better on personal devices (`benchmarks.coordinates`)."""
COLD_STEPS: Final = 600
"""From nowhere. Half as many leave the ninth decile a third worse, more gain little."""
WARM_STEPS: Final = 80
"""From where most sites were: enough for those that are new or moved. Ours."""

_COLD_STEP: Final = 0.05
_WARM_STEP: Final = 0.01
"""First step, as a share of the median round trip; steps shrink to nothing. Ours."""
_SMOOTH: Final = 0.05
"""Relative errors below this count by their square: no round trip is measured finer. Ours."""
_SPREAD: Final = 0.2
_LOW: Final = 0.1
"""Where new sites begin: their positions spread over so much of the median round trip, their heights at so much."""
_MOMENTUM: Final = 0.9
_SCALE: Final = 0.99
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Shape:
    """Of the space: what the product uses, unless a benchmark compares it with others."""

    dimensions: int = DIMENSIONS
    tallest: float = float("inf")
    """Milliseconds that a height may have at most; 0: a space without heights."""


@dataclass(frozen=True, slots=True)
class _Edges:
    """E measured pairs of S sites."""

    one: Ints
    other: Ints
    """[E] rows."""
    milliseconds: Floats
    """[E] at least a microsecond."""
    degree: Floats
    """[S] pairs of each site, at least 1."""


_SHAPE: Final = Shape()


def embed(measured: Mapping[Pair, float], start: Coordinates | None = None, shape: Shape = _SHAPE) -> Coordinates:
    """Coordinates of all sites that were measured.

    Args:
        measured: milliseconds of a round trip by pair of sites; a pair may be told in either order, or in both.
        start: where sites were before, in a space of the same shape.
        shape: of the space.
    """
    names = sorted({site for pair in measured for site in pair})
    index = {name: row for row, name in enumerate(names)}
    if not names:
        return Coordinates({}, np.zeros((0, shape.dimensions)), np.zeros(0))
    edges = _edges(measured, index)
    typical = float(np.median(edges.milliseconds))
    places = _places(names, start, typical, shape)
    known = start is not None and 2 * sum(name in start.index for name in names) > len(names)
    steps, first = (WARM_STEPS, _WARM_STEP) if known else (COLD_STEPS, _COLD_STEP)
    settled = _descend(places, edges, [first * typical * (1 - step / steps) for step in range(steps)], shape)
    return Coordinates(index, settled[:, :-1], settled[:, -1])


def _edges(measured: Mapping[Pair, float], index: Mapping[str, int]) -> _Edges:
    pairs = sorted((*sorted((index[one], index[other])), told) for (one, other), told in measured.items())
    found = np.array([pair[:2] for pair in pairs], np.int64).reshape(-1, 2)
    milliseconds = np.maximum(np.array([pair[2] for pair in pairs], np.float64), 1e-3)
    degree = np.bincount(found.ravel(), minlength=len(index)).astype(np.float64)
    return _Edges(found[:, 0], found[:, 1], milliseconds, np.maximum(degree, 1.0))


def _places(names: Sequence[str], start: Coordinates | None, typical: float, shape: Shape) -> Floats:
    """[S, D + 1] where each site was; a new one begins near the middle, where its name's dice put it."""
    hashes = np.array([[hash_of(name)] for name in names], np.uint64)
    dice = mixed(np.add(hashes, np.arange(shape.dimensions, dtype=np.uint64), dtype=np.uint64))
    found = np.full((len(names), shape.dimensions + 1), min(_LOW * typical, shape.tallest))
    found[:, :-1] = (dice / 2.0**63 - 1.0) * _SPREAD * typical
    if start is not None and len(start.index):
        found[:, :-1] += np.median(start.positions, axis=0)
        known = [(row, start.index[name]) for row, name in enumerate(names) if name in start.index]
        rows, before = np.array(known, np.int64).reshape(-1, 2).T
        found[rows, :-1] = start.positions[before]
        found[rows, -1] = start.heights[before]
    return found


def _descend(places: Floats, edges: _Edges, lengths: Sequence[float], shape: Shape) -> Floats:
    """[S, D + 1] after steps of these lengths (milliseconds)."""
    drift, size = np.zeros_like(places), np.zeros_like(places)
    for step, length in enumerate(lengths, 1):
        slope = _slope(places, edges)
        drift = _MOMENTUM * drift + (1 - _MOMENTUM) * slope
        size = _SCALE * size + (1 - _SCALE) * slope * slope
        typical = np.sqrt(size / (1 - _SCALE**step)) + _TINY
        places = places - length * drift / (1 - _MOMENTUM**step) / typical
        np.clip(places[:, -1], 0.0, shape.tallest, out=places[:, -1])
    return places


def _slope(places: Floats, edges: _Edges) -> Floats:
    """[S, D + 1] how the mean relative error of a site's pairs grows with each of its coordinates."""
    one, other = edges.one, edges.other
    apart = places[one, :-1] - places[other, :-1]
    length = np.sqrt(np.square(apart).sum(axis=1) + _TINY)
    height = places[:, -1]
    error = (length + height[one] + height[other] - edges.milliseconds) / edges.milliseconds
    pull = error / np.sqrt(np.square(error) + _SMOOTH**2) / edges.milliseconds
    along = apart * (pull / length)[:, None]
    sites = len(places)
    found = np.empty_like(places)
    for axis in range(along.shape[1]):
        found[:, axis] = np.bincount(one, along[:, axis], sites) - np.bincount(other, along[:, axis], sites)
    found[:, -1] = np.bincount(one, pull, sites) + np.bincount(other, pull, sites)
    slope: Floats = found / edges.degree[:, None]
    return slope
