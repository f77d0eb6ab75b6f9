# SPDX-License-Identifier: Apache-2.0
"""How well round trips that nobody measured are estimated, on real round trips between hosts.

Each host probes at most 16 others, once. The error is that of all pairs that were not probed: |estimate - truth| over
truth, truth being the median of all time slices and both directions. Beside the product's embedding (all at once, three
dimensions and a height):

- `Vivaldi with height` and `Vivaldi`: the algorithm as published (Dabek et al., SIGCOMM 2004, figure 3 and section 5.4,
  c_c = c_e = 0.25), 30 rounds over all probed pairs in random order, each from both ends;
- `ours, D dimensions`: ours in other spaces, with and without height;
- `mean of both`: the mean of what each end typically sees, its median;
- `detour`: the shortest way over one host that both have probed.

    python -m benchmarks.coordinates
    python -m benchmarks.coordinates --data FOLDER

Without a folder on small cuts of both data sets (`traces/`); with one that holds rtt-planetlab.npz and rtt-seattle.npz,
on all of their hosts.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.sensing import embedding
from benchmarks.city import TRACES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PROBES: Final = 16
SEEDS: Final = (1, 2, 3)
ROUNDS: Final = 30
_GAIN: Final = 0.25
_LEAST_HEIGHT: Final = 0.1
"""Milliseconds: Vivaldi's heights are positive."""

Estimator = Callable[[Floats, Ints, int], Floats]
"""Estimates [N, N] from the truth [N, N], of which only the probed pairs [E, 2] may be read, and a seed."""


def planetlab_cut() -> Floats:
    """[N, N] milliseconds of the 200 PlanetLab hosts of the cut."""
    with np.load(TRACES / "rtt-planetlab-200-hosts.npz") as file:
        pairs = file["rtt_tenth_milliseconds"].astype(float) / 10
    return _square(pairs, 200)


def seattle_cut() -> Floats:
    """[N, N] milliseconds of the 29 Seattle devices of the cut: medians over its first 20 slices."""
    with np.load(TRACES / "rtt-seattle-29-devices.npz") as file:
        slices = file["rtt_tenth_milliseconds"][:20].astype(float) / 10
    return _square(np.nanmedian(np.where(slices > 0, slices, np.nan), axis=0), 29)


def whole(path: Path, slices: int = 20) -> Floats:
    """[N, N] milliseconds: medians over time and both directions, NaN where nothing was measured."""
    with np.load(path) as file:
        told = file["rtt_tenth_milliseconds"][:slices].astype(float) / 10
    both = np.concatenate([told, told.transpose(0, 2, 1)])
    counted = np.sort(np.where(both > 0, both, np.inf), axis=0)
    known = (both > 0).sum(axis=0)
    middle = np.take_along_axis(counted, np.maximum(known - 1, 0)[None] // 2, axis=0)[0]
    found: Floats = np.where(known > 0, middle, np.nan)
    np.fill_diagonal(found, np.nan)
    return found


def probed(truth: Floats, seed: int) -> Ints:
    """[E, 2] the pairs that hosts probe, each once, smaller index first."""
    dice = np.random.default_rng(seed)
    pairs: set[tuple[int, int]] = set()
    for host in range(len(truth)):
        others = np.flatnonzero(~np.isnan(truth[host]))
        for other in dice.choice(others, min(PROBES, len(others)), replace=False).tolist():
            pairs.add((min(host, other), max(host, other)))
    return np.array(sorted(pairs), np.int64)


def ours(shape: embedding.Shape) -> Estimator:
    """The product's own, from nowhere, in a space of that shape."""

    def estimate(truth: Floats, pairs: Ints, _: int) -> Floats:
        told = {(f"h{a:04d}", f"h{b:04d}"): float(truth[a, b]) for a, b in pairs.tolist()}
        found = embedding.embed(told, shape=shape)
        rows = np.array([found.index[f"h{host:04d}"] for host in range(len(truth))])
        return all_pairs(found.positions[rows], found.heights[rows])

    return estimate


def vivaldi(dimensions: int, *, tall: bool) -> Estimator:
    """As published."""

    def estimate(truth: Floats, pairs: Ints, seed: int) -> Floats:
        dice = np.random.default_rng(seed)
        places = dice.normal(size=(len(truth), dimensions)) * _LEAST_HEIGHT
        heights = np.full(len(truth), _LEAST_HEIGHT if tall else 0.0)
        doubts = np.ones(len(truth))
        ends = np.concatenate([pairs, pairs[:, ::-1]])
        for _ in range(ROUNDS):
            for one, other in dice.permutation(ends).tolist():
                _pull((places, heights, doubts), one, other, float(truth[one, other]))
        return all_pairs(places, heights)

    return estimate


def _pull(state: tuple[Floats, Floats, Floats], one: int, other: int, told: float) -> None:
    """One measurement, taken in by the host `one`."""
    places, heights, doubts = state
    apart = places[one] - places[other]
    length = float(np.sqrt(apart @ apart)) + 1e-9
    distance = length + heights[one] + heights[other]
    weight = doubts[one] / (doubts[one] + doubts[other])
    doubts[one] = abs(distance - told) / told * _GAIN * weight + doubts[one] * (1 - _GAIN * weight)
    force = _GAIN * weight * (told - distance) / distance
    places[one] += force * apart
    if heights[one] > 0:
        heights[one] = max(_LEAST_HEIGHT, heights[one] + force * (heights[one] + heights[other]))


def mean_of_both(truth: Floats, pairs: Ints, _: int) -> Floats:
    """What each end typically sees."""
    seen: list[list[float]] = [[] for _ in range(len(truth))]
    for one, other in pairs.tolist():
        seen[one].append(float(truth[one, other]))
        seen[other].append(float(truth[one, other]))
    typical = np.array([np.median(told) for told in seen])
    found: Floats = (typical[:, None] + typical[None]) / 2
    return found


def detour(truth: Floats, pairs: Ints, _: int) -> Floats:
    """Over the best host that both have probed; infinite where there is none."""
    known = np.full(truth.shape, np.inf)
    known[pairs[:, 0], pairs[:, 1]] = known[pairs[:, 1], pairs[:, 0]] = truth[pairs[:, 0], pairs[:, 1]]
    found = np.full(truth.shape, np.inf)
    for host in range(len(truth)):
        found = np.minimum(found, known[:, host, None] + known[None, host])
    return found


ESTIMATORS: Final[dict[str, Estimator]] = {
    "ours: 3 dimensions, height": ours(embedding.Shape()),
    "ours: 2 dimensions, height": ours(embedding.Shape(2)),
    "ours: 5 dimensions, height": ours(embedding.Shape(5)),
    "ours: 3 dimensions": ours(embedding.Shape(3, tallest=0.0)),
    "Vivaldi: 2 dimensions, height": vivaldi(2, tall=True),
    "Vivaldi: 3 dimensions, height": vivaldi(3, tall=True),
    "Vivaldi: 2 dimensions": vivaldi(2, tall=False),
    "mean of both": mean_of_both,
    "detour": detour,
}


def errors(truth: Floats, pairs: Ints, estimates: Floats) -> Floats:
    """[P] relative errors of the pairs that were not probed."""
    asked = np.triu(~np.isnan(truth), 1)
    asked[pairs[:, 0], pairs[:, 1]] = False
    found: Floats = np.abs(estimates[asked] - truth[asked]) / truth[asked]
    return found


def all_pairs(places: Floats, heights: Floats) -> Floats:
    """[N, N] milliseconds."""
    apart = np.sqrt(np.square(places[:, None] - places[None]).sum(axis=-1))
    found: Floats = apart + heights[:, None] + heights[None]
    return found


def _square(pairs: Floats, hosts: int) -> Floats:
    found = np.full((hosts, hosts), np.nan)
    rows, columns = np.triu_indices(hosts, 1)
    found[rows, columns] = found[columns, rows] = np.where(pairs > 0, pairs, np.nan)
    return found


def _show(name: str, truth: Floats) -> None:
    told = f"{np.nanmedian(truth):.0f} ms in the middle, {np.nanquantile(truth, 0.9):.0f} ms at the ninth decile"
    say = sys.stdout.write
    say(f"\n{name}: {len(truth)} hosts, {told}; {PROBES} probes each, {len(SEEDS)} draws\n")
    say(f"{'':32}{'median':>8}{'p90':>8}{'CPU s':>8}\n")
    for label, estimate in ESTIMATORS.items():
        found: list[Floats] = []
        began = time.process_time()
        for seed in SEEDS:
            pairs = probed(truth, seed)
            found.append(errors(truth, pairs, estimate(truth, pairs, seed)))
        seconds = (time.process_time() - began) / len(SEEDS)
        middle, far = np.quantile(np.concatenate(found), (0.5, 0.9), method="nearest")
        say(f"{label:32}{middle:8.1%}{far:8.1%}{seconds:8.2f}\n")


def main() -> None:
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with rtt-planetlab.npz and rtt-seattle.npz")
    folder: Path | None = parser.parse_args().data
    _show("PlanetLab", whole(folder / "rtt-planetlab.npz") if folder else planetlab_cut())
    _show("Seattle", whole(folder / "rtt-seattle.npz") if folder else seattle_cut())


if __name__ == "__main__":
    main()
