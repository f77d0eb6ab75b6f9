# SPDX-License-Identifier: Apache-2.0
"""How fast the engine is at 5,000 nodes and 10,000 workloads, in CPU seconds: other load on the machine counts little.

1. Scoring every candidate of every workload by every factor: at most 1 s and 300 MiB (allocations that numpy and
   Python report to tracemalloc at their peak, in a run of its own because tracing slows what it traces).
2. A new plan after one changed link or node of a world at rest, beside the last plan: at most 50 ms at the 99th
   percentile.
3. A plan from nothing, all workloads new, and one with all of them standing; no target.

    python -m benchmarks.engine --json result.json
"""

import argparse
import gc
import json
import os
import platform
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final, TypeVar

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.placement.scoring import scored
from aiworkload.snapshot.snapshot import Snapshot
from benchmarks.cluster import generated, settled, stood

SCORING_SECONDS: Final = 1.0
SCORING_MEBIBYTES: Final = 300.0
CHANGE_MILLISECONDS: Final = 50.0
RUNS: Final = 3
"""Of the scoring; the best counts, as of any benchmark on a machine that others use."""

_MEBIBYTE: Final = 2**20
_TICK: Final = 0.001
"""Seconds between two changes: nothing turns stale meanwhile."""

_RESULT = TypeVar("_RESULT")
Found = dict[str, float]


def scoring(snapshot: Snapshot) -> Found:
    """CPU seconds and peak MiB of all candidates of all workloads; what is prepared once a snapshot is not in it."""
    reckoning, _, reserved = Reckoning.of(snapshot, Policy())
    needs, situation = list(reckoning.needs.values()), reckoning.situation(reserved)

    def all_of_them() -> int:
        return sum(len(one.points) for _, one in [*scored(needs, reckoning.columns, situation)])

    seconds = [timed(all_of_them)[1] for _ in range(RUNS)]
    tracemalloc.start()
    kept = all_of_them()
    peak = tracemalloc.get_traced_memory()[1] / _MEBIBYTE
    tracemalloc.stop()
    return {"seconds": min(seconds), "seconds_median": median(seconds), "peak_mebibytes": peak, "kept": kept}


def changed_link(snapshot: Snapshot, dice: random.Random) -> Snapshot:
    """One link's round trip a tenth to a third shorter or longer."""
    ends = dice.choice(list(snapshot.links))
    link = snapshot.links[ends]
    factor = dice.choice((0.7, 0.9, 1.1, 1.3))
    rtt = int((link.rtt_p95_microseconds or 0) * factor)
    other = replace(link, rtt_p95_microseconds=rtt, observed_at=snapshot.taken_at)
    return replace(snapshot, taken_at=snapshot.taken_at + _TICK, links={**snapshot.links, ends: other})


def changed_node(snapshot: Snapshot, dice: random.Random) -> Snapshot:
    """On one node a pod of somebody else's came or went."""
    name = dice.choice(list(snapshot.nodes))
    node = snapshot.nodes[name]
    cpu = max(0, node.requested["cpu"] + dice.choice((-300, -100, 100, 300)))
    other = replace(node, requested={**node.requested, "cpu": cpu})
    return replace(snapshot, taken_at=snapshot.taken_at + _TICK, nodes={**snapshot.nodes, name: other})


CHANGES: Final[dict[str, Callable[[Snapshot, random.Random], Snapshot]]] = {"link": changed_link, "node": changed_node}


def one_change(snapshot: Snapshot, plan: Plan, rounds: int, seed: int) -> dict[str, Found]:
    """Milliseconds of a new plan after each of many changes, by what changed; the heap is frozen as in the operator."""
    gc.collect()
    gc.freeze()
    dice, found = random.Random(seed), dict[str, Found]()  # noqa: S311 - a benchmark's dice
    for name, change in CHANGES.items():
        times: list[float] = []
        decided: list[int] = []
        for _ in range(rounds):
            snapshot = change(snapshot, dice)
            plan, seconds = timed(lambda now=snapshot, last=plan: decide(now, Policy(), now.taken_at, last))
            times.append(1000 * seconds)
            decided.append(len(plan.fresh))
        p99 = quantiles(times, n=100, method="inclusive")[98]
        found[name] = {"p50": median(times), "p99": p99, "max": max(times), "most_decided": max(decided)}
    gc.unfreeze()
    return found


def timed(work: Callable[[], _RESULT]) -> tuple[_RESULT, float]:
    """What it gives, and this process's CPU seconds."""
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def run(nodes: int, workloads: int, rounds: int, seed: int) -> dict[str, Any]:
    """The whole measurement, printed as it goes."""
    snapshot = generated(nodes, workloads, seed)
    say(f"{len(snapshot.nodes)} nodes, {len(snapshot.sites)} sites, {len(snapshot.links)} links, {workloads} workloads")
    whole = scoring(snapshot)
    verdict = _judged(whole["seconds"], SCORING_SECONDS)
    say(f"scoring all candidates: {whole['seconds']:.2f} s of CPU, target {SCORING_SECONDS:.0f} s ({verdict})")
    verdict = _judged(whole["peak_mebibytes"], SCORING_MEBIBYTES)
    say(f"its memory at the peak: {whole['peak_mebibytes']:.0f} MiB, target {SCORING_MEBIBYTES:.0f} MiB ({verdict})")
    _, new = timed(lambda: decide(snapshot, Policy(), snapshot.taken_at))
    standing = stood(snapshot)
    _, cold = timed(lambda: decide(standing, Policy(), standing.taken_at))
    say(f"a plan from nothing: {new:.1f} s with all workloads new, {cold:.1f} s with all standing")
    rest, plan = settled(standing)
    nowhere = sum(not told.assignments for told in plan.decisions.values())
    say(f"at rest: {len(plan.watch.held)} would move and are held back, {nowhere} of {workloads} fit nowhere")
    after = one_change(rest, plan, rounds, seed)
    for name, found in after.items():
        verdict = _judged(found["p99"], CHANGE_MILLISECONDS)
        figures = f"p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms, longest {found['max']:.1f} ms"
        figures += f" ({found['most_decided']:.0f} decided anew at most)"
        say(f"a new plan after one changed {name}: {figures}, target {CHANGE_MILLISECONDS:.0f} ms ({verdict})")
    return {
        "nodes": nodes,
        "sites": len(snapshot.sites),
        "workloads": workloads,
        "rounds": rounds,
        "seed": seed,
        "scoring": whole,
        "from_nothing": {"all_new_seconds": new, "all_standing_seconds": cold},
        "after_one_change_milliseconds": after,
        "machine": {"cpus": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()},
    }


def _judged(found: float, target: float) -> str:
    return f"{found / target:.2f} of it" if found <= target else f"MISSED by {found / target:.1f}"


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="How fast the engine is.")
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--workloads", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=300, help="changes of each kind (default: 300)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="keep the result in this file")
    options = parser.parse_args()
    result = run(options.nodes, options.workloads, options.rounds, options.seed)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
