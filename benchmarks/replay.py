# SPDX-License-Identifier: Apache-2.0
"""A day in a city: who keeps the latency targets, at what cost, with how many moves; each on the same network.

The engine (profiles Balanced and Cost, all else at its defaults) beside kube-scheduler-like placement, always cloud,
always edge, and itself without stability rules (`rivals`); below all of them lies the bound of an oracle that knows the
future (`oracle`). Sites, workloads and networks are told in `city` and `networks`. All run through the same replay,
with the production rollout around them: starts take 20 s, agents' figures are as old as they are in production, and
a move pays both places while it lasts.

Attainment by requests counts each request once, from a workload's arrival on; by time, each second of each workload in
which all of its clients are within the target, from its first answer on. A violation is what is not attained.

    python -m benchmarks.replay --json result.json            # every network, 120 workloads, 2 hours of each
    python -m benchmarks.replay --network shapes --hours 24
    python -m benchmarks.replay --short                       # a smoke run within a minute
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.advising import Adviser
from aiworkload.reconcile.cycle import Decide
from aiworkload.simulation.contradictions import contradictions
from aiworkload.simulation.report import SimulationReport
from aiworkload.simulation.scenario import Scenario
from aiworkload.simulation.simulate import simulate
from aiworkload.snapshot.document.reading import read
from aiworkload.snapshot.snapshot import Snapshot
from benchmarks import city, rivals
from benchmarks.networks import DAY, NETWORKS, Network
from benchmarks.oracle import Oracle, instance_of

WORKLOADS: Final = 120
HOURS: Final = 2.0
SEED: Final = 11
ATTAINMENT: Final = 0.99
COST_TARGET: Final = 1.05
"""Of the oracle's cost at `ATTAINMENT`."""
VIOLATIONS_TARGET: Final = 0.2
"""Of kube-scheduler-like placement's."""
OURS: Final = "engine, Cost"
KUBE: Final = "kube-scheduler-like"
SHORT_SECONDS: Final = 600.0
SHORT_WORKLOADS: Final = 16
SHORT_EDGES: Final = 6

_ADVICE_SECONDS: Final = 30.0
"""The operator's own default (`settings`)."""
_SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Row:
    """What one of them reached; percents, money and moves of the whole scenario."""

    name: str
    requests_percent: float
    time_percent: float
    cost: float
    moves: int
    """That were completed."""
    rolled_back: int
    never_served: int
    unserved_seconds: float
    """Workload-seconds without an answer after the first one."""
    cycles: int
    cpu_seconds: float

    @property
    def violations(self) -> float:
        """Percent of the requests."""
        return 100 - self.requests_percent


@dataclass(frozen=True, slots=True)
class Result:
    """One network."""

    network: str
    hours: float
    workloads: int
    rows: tuple[Row, ...]
    highest_requests_percent: float
    """Nobody can attain more of the requests."""
    highest_time_percent: float
    oracle_cost: float | None
    """A lower bound at 99 % of the requests; None: 99 % cannot be attained."""
    oracle_cost_at_ours: float | None
    """The same at what the engine attained."""

    def of(self, name: str) -> Row:
        """One row by its name."""
        return next(row for row in self.rows if row.name == name)

    @property
    def cost_ratio(self) -> float | None:
        """The engine's cost to the oracle's at 99 %; None where either is short of it."""
        ours = self.of(OURS)
        reached = ours.requests_percent >= 100 * ATTAINMENT
        return ours.cost / self.oracle_cost if reached and self.oracle_cost else None

    @property
    def violations_ratio(self) -> float:
        """The engine's violations to kube-scheduler-like placement's."""
        theirs = self.of(KUBE).violations
        return self.of(OURS).violations / theirs if theirs else np.inf


def scenario_of(network: Network, found: list[city.Place], workloads: int, profile: str) -> Scenario:
    """The city on this network.

    Raises:
        ValueError: what was built contradicts itself.
    """
    scenario = read(
        Scenario,
        {
            "apiVersion": "aiworkload.dev/v1alpha1",
            "kind": "Scenario",
            "metadata": {"name": network.name},
            "duration": network.seconds,
            "seed": SEED,
            "pace": {"sample": network.sample_seconds},
            "sites": city.sites(found),
            "nodes": city.nodes(found),
            "links": network.links,
            "workloads": city.workloads(found, workloads, SEED, profile, network.stretch),
        },
    )
    problems = tuple(contradictions(scenario))
    if problems:
        raise ValueError(f"{network.name}: {problems[0]}")
    return scenario


def engine() -> Decide:
    """The operator's own way to decide: from the last plan, with the advice of the solver of all workloads together.

    What only explains a decision is left out: nobody reads the statuses here.
    """
    adviser = Adviser(_ADVICE_SECONDS)

    def decide(snapshot: Snapshot, policy: Policy, now: float) -> Plan:
        plan = adviser.decide_and_advise(snapshot, policy, now)
        bare = {key: replace(found, candidates=(), overturns=()) for key, found in plan.decisions.items()}
        return replace(plan, decisions=bare)

    return decide


def contenders(balanced: Scenario, cost: Scenario) -> Mapping[str, tuple[Scenario, Callable[[], Decide]]]:
    """Everybody by name: the scenario and what decides in it."""
    return {
        OURS: (cost, engine),
        KUBE: (cost, lambda: rivals.kube_scheduler),
        "always edge": (cost, lambda: rivals.always_edge),
        "always cloud": (cost, lambda: rivals.always_cloud),
        "engine, Cost, no stability rules": (rivals.without_stability(cost), engine),
        "engine, Balanced": (balanced, engine),
    }


def row_of(name: str, scenario: Scenario, report: SimulationReport, seconds: float) -> Row:
    """The figures of all workloads together."""
    weights = np.array([sum(c.requests_per_second for c in w.spec.clients) for w in scenario.workloads], dtype=float)
    found = [report.workloads[workload.key] for workload in scenario.workloads]
    moves = [move for workload in found for move in workload.moves]
    return Row(
        name=name,
        requests_percent=float(np.average([w.attained_requests_percent or 0.0 for w in found], weights=weights)),
        time_percent=float(np.mean([w.attained_time_percent or 0.0 for w in found])),
        cost=report.cost,
        moves=sum(move.result == "Completed" for move in moves),
        rolled_back=sum(move.result != "Completed" for move in moves),
        never_served=sum(w.first_answer_seconds is None for w in found),
        unserved_seconds=sum(w.unserved_seconds for w in found),
        cycles=report.cycles,
        cpu_seconds=seconds,
    )


def result_of(network: Network, found: list[city.Place], workloads: int, tell: Callable[[str], None]) -> Result:
    """Everybody on one network, and the oracle's bounds."""
    balanced, cost = (scenario_of(network, found, workloads, profile) for profile in ("Balanced", "Cost"))
    oracle = Oracle(instance_of(cost, by_requests=True))
    by_time = Oracle(instance_of(cost, by_requests=False))
    bound = oracle.cheapest(ATTAINMENT)
    tell(f"  {network.name}: oracle {oracle.highest_attainment():.3%}, {bound:.3f}")
    rows: list[Row] = []
    for name, (scenario, maker) in contenders(balanced, cost).items():
        began = time.process_time()
        report = simulate(scenario, decide=maker())
        rows.append(row_of(name, scenario, report, time.process_time() - began))
        tell(f"  {network.name}: {_line(rows[-1])}")
    at_ours = min(rows[0].requests_percent / 100, oracle.highest_attainment())
    return Result(
        network=network.name,
        hours=network.seconds / _SECONDS_PER_HOUR,
        workloads=workloads,
        rows=tuple(rows),
        highest_requests_percent=100 * oracle.highest_attainment(),
        highest_time_percent=100 * by_time.highest_attainment(),
        oracle_cost=_finite(bound),
        oracle_cost_at_ours=_finite(oracle.cheapest(at_ours)),
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _line(row: Row) -> str:
    return (
        f"{row.name:33} {row.requests_percent:7.3f} {row.time_percent:7.3f} {row.cost:9.3f} {row.moves:6}"
        f" {row.rolled_back:4} {row.never_served:4} {row.unserved_seconds:7.0f} {row.cycles:6} {row.cpu_seconds:6.0f}"
    )


def printed(result: Result) -> str:
    """A table for people."""
    bound, at_ours = (
        "none" if cost is None else f"{cost:.3f}" for cost in (result.oracle_cost, result.oracle_cost_at_ours)
    )
    best = result.of(OURS).cost
    return "\n".join(
        [
            f"{result.network}: {result.workloads} workloads, {result.hours:.2f} hours",
            f"{'':33} {'req %':>7} {'time %':>7} {'cost':>9} {'moves':>6} {'back':>4} {'none':>4} {'unsrvd':>7}"
            f" {'cycles':>6} {'CPU s':>6}",
            *(_line(row) for row in result.rows),
            f"oracle: at most {result.highest_requests_percent:.3f} % of requests, {result.highest_time_percent:.3f} %"
            f" of time; cost at 99 % at least {bound}, at the engine's attainment at least {at_ours}"
            + (f" (engine {best / result.oracle_cost_at_ours:.3f} x)" if result.oracle_cost_at_ours else ""),
            f"cost to the oracle's at 99 %: {_judged(result.cost_ratio, COST_TARGET)}; "
            f"violations to {KUBE}'s: {_judged(result.violations_ratio, VIOLATIONS_TARGET)}",
        ]
    )


def _judged(value: float | None, target: float) -> str:
    if value is None:
        return f"MISSED: 99 % not attained (target {target:g})"
    return f"{value:.3f} {'met' if value <= target else 'MISSED'} (target {target:g})"


def networks_of(names: list[str], hours: float, *, short: bool) -> list[tuple[Network, list[city.Place]]]:
    """The asked networks with their places, cut to so many hours at most."""
    found = city.places(SHORT_EDGES if short else 24)
    seconds = SHORT_SECONDS if short else min(hours * _SECONDS_PER_HOUR, DAY)
    made = [NETWORKS[name](found) for name in names or NETWORKS]
    return [(replace(network, seconds=min(network.seconds, seconds)), found) for network in made]


def main(arguments: list[str] | None = None) -> int:
    """Replay, print, keep; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", default=[], choices=sorted(NETWORKS), help="all when not given")
    parser.add_argument("--workloads", type=int, default=WORKLOADS)
    parser.add_argument("--hours", type=float, default=HOURS, help="of each network, at most a day")
    parser.add_argument("--short", action="store_true", help="ten minutes of a small city: does it run?")
    parser.add_argument("--json", type=Path, help="where to keep the result")
    asked = parser.parse_args(arguments)
    workloads = SHORT_WORKLOADS if asked.short else asked.workloads
    results: list[Result] = []
    for network, found in networks_of(asked.network, asked.hours, short=asked.short):
        results.append(result_of(network, found, workloads, _tell))
        sys.stdout.write(printed(results[-1]) + "\n\n")
        sys.stdout.flush()
    if asked.json:
        asked.json.write_text(json.dumps([_plain(result) for result in results], indent=1), encoding="utf-8")
    missed = [
        r for r in results if _missed(r.cost_ratio, COST_TARGET) or _missed(r.violations_ratio, VIOLATIONS_TARGET)
    ]
    return int(bool(missed) and not asked.short)


def _missed(value: float | None, target: float) -> bool:
    return value is None or value > target


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def _plain(result: Result) -> dict[str, Any]:
    return {**asdict(result), "cost_ratio": result.cost_ratio, "violations_ratio": result.violations_ratio}


if __name__ == "__main__":
    sys.exit(main())
