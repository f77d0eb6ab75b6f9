# SPDX-License-Identifier: Apache-2.0
"""How near the optimum the joint assignment comes, beside one-by-one greedy and HiGHS, each on the same instances.

Every gap is to the same certified bound, the solver's own Lagrangian bound, and comes in two measures:

- of the points **achieved** (landscapes only): the best total of priority-weighted points that the bound allows, less
  the plan's, as a share of the former. This is what users see and what the targets are held against.
- of the points **lost**: the plan's cost less the bound, as a share of the bound. The same difference over a much
  smaller number, so always the harsher one.

Greedy takes the workloads in the order of their arrival, each its cheapest option that still has room. HiGHS gets 60
times the seconds that the solver took, at most `--rival-limit`.

    python -m benchmarks.assignment_quality --json result.json
"""

import argparse
import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, vstack

from aiworkload.placement.assignment.problem import (
    UNPLACED,
    Budget,
    Integers,
    Problem,
    Solution,
    is_feasible,
    objective_of,
)
from aiworkload.placement.assignment.solve import solve
from benchmarks.instances import PUBLISHED, full_points, landscape, published, type_e

PATIENCE: Final = 60
"""How many times the solver's seconds HiGHS gets."""
PATIENT: Final = Budget(dual_steps=300, searches=150, rounds=2)
"""For the small published instances: about a second."""
SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Case:
    """An instance with what is to be reached on it: gap of the points achieved as a share, seconds; None: no target."""

    name: str
    problem: Problem
    budget: Budget
    target_gap: float | None
    target_seconds: float | None
    optimum: float | None = None
    full_points: float | None = None
    """All points of all workloads; None where costs are not points."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came out; gaps are shares, to the solver's bound; inf: no complete answer; None: costs are no points."""

    name: str
    objective: float
    bound: float
    achieved_gap: float | None
    lost_gap: float
    seconds: float
    cpu_seconds: float
    target_gap: float | None
    target_seconds: float | None
    greedy_achieved_gap: float | None
    greedy_lost_gap: float
    gap_share_of_greedy: float
    """The same in both measures."""
    rival_achieved_gap: float | None
    rival_lost_gap: float
    rival_proven_bound: float
    rival_seconds: float
    over_published: float | None
    peak_mebibytes: float | None


def greedy(problem: Problem) -> Integers:
    """One by one in the order of the groups, each its cheapest option that still has room, else unplaced."""
    choice = np.full(problem.groups, UNPLACED)
    room = problem.capacity.copy()
    edges = np.searchsorted(problem.group, np.arange(problem.groups + 1))
    for group in range(problem.groups):
        mine = np.arange(edges[group], edges[group + 1])
        fits = mine[np.all(problem.usage[mine] <= room[problem.bin[mine]], axis=1)]
        if len(fits):
            best = fits[np.argmin(problem.cost[fits])]
            if problem.cost[best] <= problem.unplaced_cost[group]:
                choice[group] = best
                room[problem.bin[best]] -= problem.usage[best]
    return choice


def rival(problem: Problem, seconds: float) -> tuple[float, float]:
    """HiGHS's best objective and proven bound after so many seconds; inf and -inf where it has none."""
    may_stay_out = np.flatnonzero(np.isfinite(problem.unplaced_cost))
    options = len(problem.group)
    total = options + len(may_stay_out)
    owner = np.concatenate([problem.group, may_stay_out])
    one_each = csr_matrix((np.ones(total), (owner, np.arange(total))), shape=(problem.groups, total))
    bins, dimensions = problem.capacity.shape
    loads = [
        csr_matrix((problem.usage[:, d], (problem.bin, np.arange(options))), shape=(bins, total))
        for d in range(dimensions)
    ]
    result = milp(
        np.concatenate([problem.cost, problem.unplaced_cost[may_stay_out]]),
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(vstack(loads).tocsr(), -np.inf, problem.capacity.T.ravel()),
        ],
        integrality=np.ones(total),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds},
    )
    bound = result.mip_dual_bound
    return (np.inf if result.fun is None else float(result.fun)), (-np.inf if bound is None else float(bound))


def measured(case: Case, limit: float, *, memory: bool) -> Row:
    """One instance, all three beside each other."""
    began, cpu = time.perf_counter(), time.process_time()
    solution = solve(case.problem, case.budget)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    if not is_feasible(case.problem, solution.choice):
        raise AssertionError(f"{case.name}: the solver's choice is not feasible")
    greedy_objective = objective_of(case.problem, greedy(case.problem))
    by_greedy = _lost(greedy_objective, solution)
    patience = min(limit, PATIENCE * seconds)
    found, proven = rival(case.problem, patience) if limit > 0 else (np.nan, np.nan)
    return Row(
        name=case.name,
        objective=solution.objective,
        bound=solution.bound,
        achieved_gap=_achieved(solution.objective, solution, case.full_points),
        lost_gap=solution.gap,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        target_gap=case.target_gap,
        target_seconds=case.target_seconds,
        greedy_achieved_gap=_achieved(greedy_objective, solution, case.full_points),
        greedy_lost_gap=by_greedy,
        gap_share_of_greedy=solution.gap / by_greedy if by_greedy > 0 else np.inf,
        rival_achieved_gap=_achieved(found, solution, case.full_points),
        rival_lost_gap=_lost(found, solution),
        rival_proven_bound=proven,
        rival_seconds=patience,
        over_published=None if case.optimum is None else solution.objective / case.optimum - 1,
        peak_mebibytes=_peak(case) if memory else None,
    )


def _lost(objective: float, solution: Solution) -> float:
    return (objective - solution.bound) / solution.bound


def _achieved(objective: float, solution: Solution, full: float | None) -> float | None:
    return None if full is None else (objective - solution.bound) / (full - solution.bound)


def _peak(case: Case) -> float:
    tracemalloc.start()
    solve(case.problem, case.budget)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def cases(names: Sequence[str]) -> list[Case]:
    """The instances by name; all of them when none is named."""
    makers: dict[str, Callable[[str], Case]] = {
        "200x2000 60 %": lambda name: _landscape(name, (200, 2000, 0.6), 0.005, 1.0),
        "200x2000 80 %": lambda name: _landscape(name, (200, 2000, 0.8), 0.005, 1.0),
        "50x500 60 %": lambda name: _landscape(name, (50, 500, 0.6), None, None),
        "5000x10000 60 %": lambda name: _landscape(name, (5000, 10_000, 0.6), 0.01, 5.0),
        "5000x10000 80 %": lambda name: _landscape(name, (5000, 10_000, 0.8), 0.036, 5.0),
        **{file: lambda name: Case(name, published(name), PATIENT, None, None, PUBLISHED[name]) for file in PUBLISHED},
        "type E 5x100": lambda name: Case(name, type_e(5, 100, SEED), PATIENT, None, None),
    }
    return [make(name) for name, make in makers.items() if not names or name in names]


def _landscape(name: str, size: tuple[int, int, float], gap: float | None, seconds: float | None) -> Case:
    problem = landscape(*size, SEED)
    return Case(name, problem, Budget(), gap, seconds, full_points=full_points(problem))


def printed(row: Row) -> str:
    """A line for people."""
    published_part = "" if row.over_published is None else f", {row.over_published:.2%} over the published optimum"
    met = [
        f"{word} {'met' if value <= target else 'MISSED'} ({target:g})"
        for word, value, target in (
            ("gap achieved", row.achieved_gap, row.target_gap),
            ("wall seconds", row.seconds, row.target_seconds),
        )
        if target is not None and value is not None
    ]
    memory = "" if row.peak_mebibytes is None else f", {row.peak_mebibytes:.0f} MiB at most"
    return (
        f"{row.name}: {_gaps(row.achieved_gap, row.lost_gap)} in {row.seconds:.2f} s ({row.cpu_seconds:.2f} CPU)"
        f"{memory}{published_part}; greedy {_gaps(row.greedy_achieved_gap, row.greedy_lost_gap)}, "
        f"ratio 1/{1 / row.gap_share_of_greedy if row.gap_share_of_greedy else np.inf:.1f}; "
        f"HiGHS after {row.rival_seconds:.0f} s {_gaps(row.rival_achieved_gap, row.rival_lost_gap)}, "
        f"objective {row.objective:.1f}, bound {row.bound:.1f}, HiGHS's bound {row.rival_proven_bound:.1f}; "
        f"{', '.join(met) or 'no target'}"
    )


def _gaps(achieved: float | None, lost: float) -> str:
    return f"{lost:.2%} of lost" if achieved is None else f"gap {achieved:.2%} of achieved ({lost:.2%} of lost)"


def main() -> int:
    """Measure, print, keep; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instances", nargs="*", help="names of instances; all when none is given")
    parser.add_argument("--json", type=Path, help="where to keep the result")
    parser.add_argument("--rival-limit", type=float, default=300.0, help="seconds for HiGHS at most; 0 leaves it out")
    parser.add_argument("--memory", action="store_true", help="solve once more and count what is allocated")
    asked = parser.parse_args()
    rows: list[Row] = []
    for case in cases(asked.instances):
        rows.append(measured(case, asked.rival_limit, memory=asked.memory))
        sys.stdout.write(printed(rows[-1]) + "\n")
        sys.stdout.flush()
    if asked.json:
        asked.json.write_text(json.dumps([_plain(row) for row in rows], indent=1), encoding="utf-8")
    return int(any(_missed(row) for row in rows))


def _missed(row: Row) -> bool:
    return row.target_gap is not None and row.achieved_gap is not None and row.achieved_gap > row.target_gap


def _plain(row: Row) -> dict[str, Any]:
    """JSON has no inf: None instead."""
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value
        for key, value in asdict(row).items()
    }


if __name__ == "__main__":
    sys.exit(main())
