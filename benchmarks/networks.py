# SPDX-License-Identifier: Apache-2.0
"""Links of the city over time, each network as a list of links of a scenario.

The base round trip is reckoned from the distance: 1.5 ms for each end's access and equipment (half of it at a cloud),
and twice the way at 200 km/ms with a detour of 1.5. Edge to edge 3 ms, to Sydney 13 ms, to Singapore 93 ms.

- `seattle-relative`: each pair of sites follows one pair of devices of the Seattle trace. Its slices, divided by that
  pair's own median, multiply the base. A slice holds 180 s, so that 480 make a day: slower than it was measured.
- `seattle-raw`: the round trips of the trace as they are, and as fast as they were measured: 15.7 s a slice (three
  hours over 688 slices; the data set's own page tells no pace). Clouds and gateways are the devices with the lowest
  median, as they stand on better links than personal devices; the rest are edge sites. Two hours. Its median of 220 ms
  would leave most targets of the city out of anybody's reach, so all of them are ten times as long here.
- `shapes`: generated. Clouds breathe with the day (Sydney 13 to 26 ms, Singapore 93 to 140 ms). Of the links in the
  city a seeded dice makes one in ten oscillate (base to 40 ms, period 3 h), one in ten flap (60 ms for the last quarter
  of every 2 h), one in ten drift (base to 35 ms between 4 and 20 o'clock); the rest stay at their base. A day.

A gap of the trace holds the value before it. There is no jitter beside the trace's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from aiworkload.simulation.shapes import Floats
from benchmarks.city import TRACES, Place, kilometres

DAY: Final = 86_400.0
DEVICES: Final = 29
SLICES: Final = 480
RELATIVE_SLICE_SECONDS: Final = 180.0
RAW_SLICE_SECONDS: Final = 15.7
RAW_STRETCH: Final = 10
LONGEST_MILLISECONDS: Final = 60_000.0
"""What a scenario holds at most; the trace has a few dozen values above."""

_ACCESS: Final = {"edge": 1.5, "fog": 1.5}
_CLOUD_ACCESS: Final = 0.75
_KILOMETRES_PER_MILLISECOND: Final = 200.0
_DETOUR: Final = 1.5
_CLOUD_BY_DAY: Final = {"sydney": 26.0, "singapore": 140.0}
_SHARE_EACH: Final = 0.1
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Network:
    """Links, and how long they are told."""

    name: str
    links: list[dict[str, Any]]
    seconds: float
    """Of the scenario."""
    sample_seconds: float
    """Between two instants at which clients are asked; divides a slice where there are slices."""
    stretch: int = 1
    """How many times as long the targets are."""


def base_milliseconds(one: Place, other: Place) -> float:
    """The round trip of an idle path."""
    access = sum(_ACCESS.get(place.kind, _CLOUD_ACCESS) for place in (one, other))
    return access + 2 * _DETOUR * kilometres(one, other) / _KILOMETRES_PER_MILLISECOND


def seattle() -> Floats:
    """[slice, device, device] in milliseconds, the same both ways; gaps filled with the value before."""
    with np.load(TRACES / "rtt-seattle-29-devices.npz") as file:
        pairs = file["rtt_tenth_milliseconds"].astype(float) / 10
    known = np.where(pairs > 0, np.arange(len(pairs))[:, None], -1)
    last = np.maximum.accumulate(known, axis=0)
    first = np.argmax(pairs > 0, axis=0)
    filled = np.take_along_axis(pairs, np.where(last < 0, first, last), axis=0)
    found = np.zeros((len(pairs), DEVICES, DEVICES))
    rows, columns = np.triu_indices(DEVICES, 1)
    found[:, rows, columns] = found[:, columns, rows] = np.minimum(filled, LONGEST_MILLISECONDS)
    return found


def seattle_relative(places: list[Place], slices: int = SLICES) -> Network:
    """The trace's variation on bases by distance."""
    trace = seattle()[:slices]
    links = [
        _traced(places[i], places[j], base * trace[:, i, j] / np.median(trace[:, i, j]), RELATIVE_SLICE_SECONDS)
        for i, j in combinations(range(len(places)), 2)
        for base in (base_milliseconds(places[i], places[j]),)
    ]
    return Network("seattle-relative", links, slices * RELATIVE_SLICE_SECONDS, 20.0)


def seattle_raw(places: list[Place], slices: int = SLICES) -> Network:
    """The trace as it is."""
    trace = seattle()[:slices]
    medians = np.array([np.median(np.delete(trace[:, index], index, axis=1)) for index in range(DEVICES)])
    best_first = np.argsort(medians, kind="stable").tolist()
    servers = [index for index, place in enumerate(places) if place.kind != "edge"][::-1]
    edges = [index for index, place in enumerate(places) if place.kind == "edge"]
    device = dict(zip([*servers, *edges], best_first, strict=False))
    links = [
        _traced(places[i], places[j], trace[:, device[i], device[j]], RAW_SLICE_SECONDS)
        for i, j in combinations(range(len(places)), 2)
    ]
    return Network("seattle-raw", links, slices * RAW_SLICE_SECONDS, RAW_SLICE_SECONDS / 2, RAW_STRETCH)


def shapes(places: list[Place], seconds: float = DAY) -> Network:
    """Generated shapes."""
    dice = np.random.default_rng(_SEED)
    return Network("shapes", [_shaped(one, other, dice) for one, other in combinations(places, 2)], seconds, 20.0)


NETWORKS: Final[Mapping[str, Callable[[list[Place]], Network]]] = {
    "seattle-relative": seattle_relative,
    "seattle-raw": seattle_raw,
    "shapes": shapes,
}


def _traced(one: Place, other: Place, milliseconds: Floats, step: float) -> dict[str, Any]:
    values = np.round(np.minimum(milliseconds, LONGEST_MILLISECONDS), 3).tolist()
    return {"between": [one.name, other.name], "trace": {"stepSeconds": step, "rttMilliseconds": values}}


def _shaped(one: Place, other: Place, dice: np.random.Generator) -> dict[str, Any]:
    base, ends = base_milliseconds(one, other), [one.name, other.name]
    kind = float(dice.random())
    if other.kind in _CLOUD_BY_DAY:
        by_day = {"kind": "Diurnal", "nightMilliseconds": base, "dayMilliseconds": _CLOUD_BY_DAY[other.kind]}
        return {"between": ends, "shape": by_day}
    if kind < _SHARE_EACH:
        up = {"kind": "Oscillate", "lowMilliseconds": base, "highMilliseconds": 40, "period": "3h"}
        return {"between": ends, "shape": up}
    if kind < 2 * _SHARE_EACH:
        bad = {"kind": "Flap", "goodMilliseconds": base, "badMilliseconds": 60, "badPercent": 25, "period": "2h"}
        return {"between": ends, "shape": bad}
    if kind < 3 * _SHARE_EACH:
        drift = {"kind": "Drift", "fromMilliseconds": base, "toMilliseconds": 35, "begin": "4h", "end": "20h"}
        return {"between": ends, "shape": drift}
    return {"between": ends, "rttMilliseconds": base}
