# SPDX-License-Identifier: Apache-2.0
"""A week of restless links: how often workloads move, beside their budget and beside an engine without stability rules.

Three edge sites, the three gateways and the two clouds of `city`. Nine workloads, three asked for at each edge site,
may stand at gateways and in the cloud only, so that their links decide: targets 20, 25 and 30 ms, 5 ms of compute,
profile Balanced, all rules of `migration` at their defaults. The uplinks of all three gateways misbehave, each in its
own time, towards all edge sites alike; Sydney stays at 13 ms. A gateway has 8 cores, a cloud site 16, and each workload
asks for one. Seeds are fixed. The kinds:

- `oscillating`: a sine from the base to 40 ms; an uplink's period is drawn from 1 to 3 h.
- `flapping`: 60 ms for the last 40 % of each period; periods drawn from 10 to 40 min.
- `drifting`: a random walk with steps of 5 min, between the base and 40 ms, each step up to 3 ms.

    python -m benchmarks.stability_week --json result.json
    python -m benchmarks.stability_week --short               # six hours instead of a week
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from aiworkload.api.workload import MigrationSpec
from aiworkload.simulation.report import SimulationReport
from aiworkload.simulation.scenario import Scenario
from aiworkload.simulation.simulate import simulate
from aiworkload.snapshot.document.reading import read
from benchmarks import city, rivals
from benchmarks.networks import DAY, base_milliseconds
from benchmarks.replay import engine

KINDS: Final = ("oscillating", "flapping", "drifting")
DAYS: Final = 7.0
SHORT_DAYS: Final = 0.25
EDGES: Final = 3
TARGETS: Final = (20, 25, 30)
SEED: Final = 5
RESTLESS: Final = ("fog-1", "fog-2", "fog-3")
BASE: Final = 3.0
HIGH: Final = 40.0
BAD: Final = 60.0
BUDGET: Final = MigrationSpec().max_moves_per_hour
"""Moves an hour that each workload's own default allows."""

_HOUR: Final = 3600.0
_WALK_SECONDS: Final = 300.0
_WALK_STEP: Final = 3.0
_ROOMY: Final = "16"
_TIGHT: Final = "8"


@dataclass(frozen=True, slots=True)
class Row:
    """One engine on one kind of links."""

    kind: str
    name: str
    days: float
    workloads: int
    moves: int
    """That ended, those that were rolled back included: the budget counts both."""
    moves_per_workload_day: float
    most_moves_of_a_workload_per_day: float
    most_moves_in_an_hour: int
    """Of one workload, in any hour."""
    shortest_stay_seconds: float | None
    """Between two moves of one workload; None: none moved twice."""
    requests_percent: float
    time_percent: float
    cycles: int
    cpu_seconds: float


def scenario_of(kind: str, days: float) -> Scenario:
    """The small city on links of this kind."""
    found = city.places(EDGES)
    seconds = days * DAY
    dice = np.random.default_rng([SEED, KINDS.index(kind)])
    uplinks = {name: _uplink(kind, seconds, dice) for name in RESTLESS}
    links = [
        {
            "between": [one.name, other.name],
            **(uplinks[other.name] if one.kind == "edge" and other.name in uplinks else _steady(one, other)),
        }
        for one, other in combinations(found, 2)
    ]
    return read(
        Scenario,
        {
            "apiVersion": "aiworkload.dev/v1alpha1",
            "kind": "Scenario",
            "metadata": {"name": kind},
            "duration": seconds,
            "seed": SEED,
            "pace": {"sample": 60.0},
            "sites": city.sites(found),
            "nodes": [_node(place) for place in found],
            "links": links,
            "workloads": [_workload(edge.name, target) for edge in found[:EDGES] for target in TARGETS],
        },
    )


def _steady(one: city.Place, other: city.Place) -> dict[str, Any]:
    return {"rttMilliseconds": base_milliseconds(one, other)}


def _uplink(kind: str, seconds: float, dice: np.random.Generator) -> dict[str, Any]:
    match kind:
        case "oscillating":
            period = round(float(dice.uniform(1, 3)) * _HOUR)
            shape = {"kind": "Oscillate", "lowMilliseconds": BASE, "highMilliseconds": HIGH, "period": period}
            return {"shape": shape}
        case "flapping":
            period = round(float(dice.uniform(10, 40)) * 60)
            ends = {"goodMilliseconds": BASE, "badMilliseconds": BAD, "badPercent": 40}
            return {"shape": {"kind": "Flap", **ends, "period": period}}
        case _:
            return {"trace": {"stepSeconds": _WALK_SECONDS, "rttMilliseconds": _walk(seconds, dice)}}


def _walk(seconds: float, dice: np.random.Generator) -> list[float]:
    """A random walk that turns back at both ends."""
    steps = dice.uniform(-_WALK_STEP, _WALK_STEP, int(np.ceil(seconds / _WALK_SECONDS)))
    width = HIGH - BASE
    folded = np.mod(np.cumsum(steps), 2 * width)
    return np.round(BASE + np.minimum(folded, 2 * width - folded), 3).tolist()


def _node(place: city.Place) -> dict[str, Any]:
    """A machine of a size by its tier."""
    cores = _TIGHT if place.kind == "fog" else _ROOMY
    return {"name": f"{place.name}-0", "site": place.name, "allocatable": {"cpu": cores, "memory": "32Gi"}}


def _workload(edge: str, target: int) -> dict[str, Any]:
    name = f"{edge}-{target}"
    requests = {"cpu": "1", "memory": "1Gi"}
    variant = {"name": "cpu", "uri": f"s3://models/{name}", "computeMilliseconds": 5}
    return {
        "metadata": {"namespace": "week", "name": name},
        "startup": "20s",
        "spec": {
            "model": {"variants": [{**variant, "sizeMebibytes": 200, "resources": {"requests": requests}}]},
            "requirements": {
                "latency": {"p95Milliseconds": target, "clients": [{"site": edge, "requestsPerSecond": 5}]},
                "traffic": {"requestKibibytes": 20, "responseKibibytes": 2},
            },
            "placement": {"tiers": ["Fog", "Cloud"]},
        },
    }


def most_in_an_hour(ends: Iterable[float]) -> int:
    """The largest number of these times within any hour, the hour's end left out."""
    ordered = np.sort(np.fromiter(ends, dtype=float))
    after = np.searchsorted(ordered, ordered + _HOUR, side="left")
    return int((after - np.arange(len(ordered))).max(initial=0))


def row_of(kind: str, name: str, report: SimulationReport, seconds: float) -> Row:
    """The figures of one week."""
    found, days = list(report.workloads.values()), report.seconds / DAY
    moves = [[move.end for move in workload.moves] for workload in found]
    stays = [later - earlier for ends in moves for earlier, later in pairwise(sorted(ends))]
    return Row(
        kind=kind,
        name=name,
        days=days,
        workloads=len(found),
        moves=report.moves,
        moves_per_workload_day=report.moves / len(found) / days,
        most_moves_of_a_workload_per_day=max(len(ends) for ends in moves) / days,
        most_moves_in_an_hour=max(most_in_an_hour(ends) for ends in moves),
        shortest_stay_seconds=min(stays, default=None),
        requests_percent=float(np.mean([w.attained_requests_percent or 0.0 for w in found])),
        time_percent=float(np.mean([w.attained_time_percent or 0.0 for w in found])),
        cycles=report.cycles,
        cpu_seconds=seconds,
    )


def rows_of(kind: str, days: float) -> list[Row]:
    """The engine, and the engine without its stability rules."""
    scenario = scenario_of(kind, days)
    rows: list[Row] = []
    for name, played in (("engine", scenario), ("no stability rules", rivals.without_stability(scenario))):
        began = time.process_time()
        report = simulate(played, decide=engine())
        rows.append(row_of(kind, name, report, time.process_time() - began))
    return rows


def printed(rows: list[Row]) -> str:
    """Both engines on one kind of links, for people."""
    ours, loose = rows
    shortest = {
        row.name: "-" if row.shortest_stay_seconds is None else f"{row.shortest_stay_seconds:.0f}" for row in rows
    }
    lines = [
        f"  {row.name:20} {row.moves:6} moves, {row.moves_per_workload_day:7.2f} a workload and day"
        f" (most {row.most_moves_of_a_workload_per_day:.2f}), most in an hour {row.most_moves_in_an_hour},"
        f" shortest stay {shortest[row.name]} s; attained {row.requests_percent:.2f} % of requests,"
        f" {row.time_percent:.2f} % of time; {row.cycles} cycles, {row.cpu_seconds:.0f} CPU-s"
        for row in rows
    ]
    share = f"1/{loose.moves / ours.moves:.1f}" if ours.moves else "none"
    held = "held" if ours.most_moves_in_an_hour <= BUDGET else "BROKEN"
    head = f"{ours.kind}: {ours.days:g} days, {ours.workloads} workloads; moves {share} of those without the rules"
    return "\n".join([f"{head}; budget of {BUDGET} an hour {held}", *lines])


def main(arguments: list[str] | None = None) -> int:
    """Play, print, keep; 1 when a workload moved more often than its budget allows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", action="append", default=[], choices=KINDS, help="all when not given")
    parser.add_argument("--days", type=float, default=DAYS)
    parser.add_argument("--short", action="store_true", help="six hours")
    parser.add_argument("--json", type=Path, help="where to keep the result")
    asked = parser.parse_args(arguments)
    rows: list[Row] = []
    for kind in asked.kind or KINDS:
        found = rows_of(kind, SHORT_DAYS if asked.short else asked.days)
        rows += found
        sys.stdout.write(printed(found) + "\n")
        sys.stdout.flush()
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    return int(any(row.name == "engine" and row.most_moves_in_an_hour > BUDGET for row in rows))


if __name__ == "__main__":
    sys.exit(main())
