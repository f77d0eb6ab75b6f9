# SPDX-License-Identifier: Apache-2.0
"""What advice for all workloads together costs, and what newcomers gain by it, on whole snapshots.

One run: all workloads are new. They are decided one by one, then with the solver's prices, then with its advice; each
plan's objective stands beside the solver's own and its bound, in the terms of `placement.joint_problem`.

    python -m benchmarks.joint_advice --nodes 500 --workloads 2000
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import numpy as np

from aiworkload.placement.advise import advise, reckoning_of
from aiworkload.placement.assignment.problem import Start, objective_of
from aiworkload.placement.assignment.solve import solve
from aiworkload.placement.decide import decide
from aiworkload.placement.joint_problem import Joint, joint_problem
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from benchmarks.cluster import generated

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A plan beside the bound."""

    objective: float
    unplaced: int
    percent_above_bound: float


@dataclass(frozen=True, slots=True)
class Result:
    """One run."""

    sites: int
    workloads: int
    options: int
    seconds: dict[str, float]
    plans: dict[str, Outcome]


def main() -> None:
    """Run it and print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--nodes", type=int, default=500)
    arguments.add_argument("--workloads", type=int, default=2000)
    arguments.add_argument("--full", type=float, default=0.8)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    json.dump(asdict(measured(given.nodes, given.workloads, given.full, given.seed)), sys.stdout, indent=1)


def measured(nodes: int, workloads: int, full: float, seed: int) -> Result:
    """Decide the same newcomers in three ways."""
    snapshot = generated(nodes, workloads, seed, full=full)
    now, seconds = snapshot.taken_at, dict[str, float]()
    alone = _timed(seconds, "decide", lambda: decide(snapshot, Policy(), now))
    reckoning = reckoning_of(alone)
    joint = _timed(seconds, "problem", lambda: joint_problem(reckoning))
    found = _timed(seconds, "solve", lambda: solve(joint.problem, start=Start(None, joint.standing)))
    advice = _timed(seconds, "advise", lambda: advise(reckoning))
    _timed(seconds, "certify", lambda: advise(reckoning, replace(advice, reached=float("inf"))))
    plans = {
        "one by one": alone,
        "with prices": decide(snapshot, Policy(), now, advice=replace(advice, advised={})),
        "with advice": decide(snapshot, Policy(), now, advice=advice),
    }
    outcomes = {name: _outcome(joint, _choice(joint, reckoning, plan), found.bound) for name, plan in plans.items()}
    outcomes["the solver"] = _outcome(joint, found.choice.tolist(), found.bound)
    sites = len(joint.problem.capacity)
    return Result(sites, joint.problem.groups, len(joint.problem.group), seconds, outcomes)


def _timed(seconds: dict[str, float], name: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    found = work()
    seconds[name] = round(time.perf_counter() - began, 3)
    return found


def _choice(joint: Joint, reckoning: Reckoning, plan: Plan) -> list[int]:
    """The options that a plan takes."""
    options, index = joint.options, reckoning.columns.geography.index
    triples = zip(options.group.tolist(), options.column.tolist(), options.variant.tolist(), strict=True)
    known = {triple: option for option, triple in enumerate(triples)}
    chosen = []
    for group, member in enumerate(joint.members):
        builds = [variant.name for variant in member.needs.variants]
        places = plan.decisions[member.needs.workload.key].assignments
        found = [known[group, index[where.site], builds.index(where.variant)] for where in places]
        chosen.append(found[0] if found else -1)
    return chosen


def _outcome(joint: Joint, choice: list[int], bound: float) -> Outcome:
    lost = objective_of(joint.problem, np.array(choice))
    return Outcome(lost, choice.count(-1), round(100 * (lost / bound - 1), 2))


if __name__ == "__main__":
    main()
