# SPDX-License-Identifier: Apache-2.0
"""Probes and writes a second for 10, 100, 1,000 and 5,000 nodes: the production rules on a virtual clock.

The operator's own `Inventory` tells agents whom to probe, agents keep the production windows and ask the production
`write_reason` whether to write, and learn their peers from the answer to a write, as in life. What is simulated is the
network. Three weathers:

- `quiet`: every answer within a few per cent of its path's round trip (lognormal, sigma 0.05);
- `outliers`: the same, and one answer in a hundred takes half as long again;
- `restless`: each path also follows one pair of personal devices of the Seattle trace, relative to that pair's median,
  at the pace at which it was measured (15.7 s a slice).

Figures are of the last two minutes of three and a half. `pairs` is what every node probing every other site would be,
in probes a second. `most in` is by how many sites the agent is probed that is probed by most, when the time is over.
`at most` is the largest number of writes of one node within any 30 s.
`cycle` is what the operator's choice of peers costs in a cycle in which nothing has changed.

    python -m benchmarks.probing_scale
    python -m benchmarks.probing_scale --nodes 10 100 --json result.json
"""

import argparse
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.agent.report import Published, WritePolicy, tellable, write_reason
from aiworkload.agent.window import LinkSummary, Window
from aiworkload.reconcile.inventory import Inventory
from aiworkload.sensing.rotation import hash_of
from aiworkload.snapshot.snapshot import Report, Snapshot
from benchmarks.cluster import NOW, generated
from benchmarks.networks import RAW_SLICE_SECONDS, seattle

SIZES: Final = (10, 100, 1000, 5000)
PROBE_SECONDS: Final = 2.0
WINDOW: Final = 30
"""Both are the agent's defaults."""
CYCLE_SECONDS: Final = 4.0
"""Between two cycles of the operator. Its writes do not depend on it."""
LOOK_SECONDS: Final = 4.0
"""Between two looks of an agent at whether to write: an agent looks every second, and writes every 10 s at most."""
SECONDS: Final = 210.0
COUNTED_SECONDS: Final = 120.0
SLOTTED_SECONDS: Final = 30.0
SIGMA: Final = 0.05
OUTLIERS: Final = 0.01
QUIET_CYCLES: Final = 200

Floats = NDArray[np.float64]
Noise = Callable[[Floats, Floats, float], Floats]


@dataclass(slots=True)
class Agent:
    """One node's agent."""

    offset: float
    """When it starts."""
    windows: dict[str, Window] = field(default_factory=dict[str, Window])
    published: Published | None = None
    writes: deque[float] = field(default_factory=deque[float])
    """Times of those within the last 30 s."""
    most: int = 0

    def summaries(self) -> dict[str, LinkSummary]:
        """As `agent.measuring` hands them on."""
        found = ((site, window.summary) for site, window in self.windows.items())
        return tellable({site: summary for site, summary in found if summary})

    def wrote(self, now: float, *, counts: bool) -> None:
        """Remember a write."""
        self.writes.append(now)
        while self.writes[0] <= now - SLOTTED_SECONDS:
            self.writes.popleft()
        self.most = max(self.most, len(self.writes)) if counts else 0


@dataclass(frozen=True, slots=True)
class Found:
    """What one run came to."""

    weather: str
    nodes: int
    sites: int
    probers: int
    pairs_per_second: float
    probes_per_second: float
    probes_per_prober: float
    most_probers_of_an_agent: int
    report_writes_per_second: float
    report_writes_per_node_30s: float
    most_writes_of_a_node_30s: int
    reasons: dict[str, float]
    """Report writes a second by reason."""
    spec_writes_per_second: float
    quiet_cycle_milliseconds: float
    """CPU time that the inventory takes of a cycle in which nothing has changed, median."""


class Run:
    """One cluster in one weather."""

    def __init__(self, nodes: int, noise: Noise, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        self.noise = noise
        self.snapshot = generated(nodes, 2 * nodes, seed)
        self.inventory = Inventory()
        self.policy = WritePolicy()
        self.agents = {name: Agent(float(self.dice.uniform(0, 30))) for name in self.snapshot.nodes}
        self.reports: dict[str, Report] = {}
        self.base: dict[tuple[str, str], float] = {}
        self.reasons: Counter[str] = Counter()
        self.told = self.probes = 0

    def play(self) -> None:
        """From the first agent's start to the end."""
        cycle_at = 0.0
        for step in range(int(SECONDS / PROBE_SECONDS)):
            now = step * PROBE_SECONDS
            counts = now >= SECONDS - COUNTED_SECONDS
            self._probe(now, counts=counts)
            for name, agent in self.agents.items() if now % LOOK_SECONDS == 0 else ():
                if now >= agent.offset:
                    self._report(name, agent, now, counts=counts)
            if now >= cycle_at:
                cycle_at = now + CYCLE_SECONDS
                self._cycle(now, counts=counts)

    def most_probers(self) -> int:
        """By how many agents any one is probed at most."""
        return max(Counter(peer for report in self.reports.values() for _, peer in report.peers).values(), default=0)

    def _probe(self, now: float, *, counts: bool) -> None:
        pairs = [(name, site) for name, agent in self.agents.items() for site in agent.windows]
        base = np.array([self._base(name, site) for name, site in pairs])
        which = np.array([hash_of(f"{name} {site}") % 2**32 for name, site in pairs] or [0], np.float64)[: len(pairs)]
        micros = (self.noise(base, which, now) * 1000).astype(int).tolist() if pairs else []
        for (name, site), rtt in zip(pairs, micros, strict=True):
            self.agents[name].windows[site].add(rtt, now)
        self.probes += len(pairs) if counts else 0

    def _base(self, name: str, site: str) -> float:
        """Milliseconds of an idle path: drawn once, from 1 to 60, most of them near."""
        found = self.base.get((name, site))
        if found is None:
            found = self.base[(name, site)] = float(np.exp(self.dice.uniform(0, 4.1)))
        return found

    def _report(self, name: str, agent: Agent, now: float, *, counts: bool) -> None:
        links = agent.summaries()
        reason = write_reason(agent.published, links, now, self.policy)
        if reason is None or (reason == "First" and name not in self.reports):
            return
        agent.published = Published(links, now)
        agent.wrote(now, counts=counts)
        self.reasons[reason.value] += counts
        known = self.reports[name]
        valid = float(self.policy.valid_seconds)
        self.reports[name] = replace(known, endpoint=f"{name}:9777", observed_at=NOW + now, valid_seconds=valid)
        wanted = dict(known.peers)
        agent.windows = {site: agent.windows.get(site) or Window(WINDOW) for site in wanted}

    def _cycle(self, now: float, *, counts: bool) -> None:
        seen: Snapshot = replace(self.snapshot, taken_at=NOW + now, reports=dict(self.reports))
        while True:
            self.inventory.follow(seen)
            written = self.inventory.node_reports()
            for manifest in written:
                name, spec = manifest["metadata"]["name"], manifest["spec"]
                peers = tuple((peer["site"], peer["endpoint"]) for peer in spec["peers"])
                known = self.reports.get(name) or Report(name, f"uid-{name}")
                self.reports[name] = replace(known, site=spec.get("site"), peers=peers)
            self.told += len(written) if counts else 0
            seen = replace(seen, reports=dict(self.reports))
            if not written and not self.inventory.is_behind:
                return


def quiet(dice: np.random.Generator) -> Noise:
    """A few per cent."""

    def noise(base: Floats, _: Floats, __: float) -> Floats:
        found: Floats = base * np.exp(dice.normal(0, SIGMA, len(base)))
        return found

    return noise


def outliers(dice: np.random.Generator) -> Noise:
    """A few per cent, and sometimes more."""
    plain = quiet(dice)

    def noise(base: Floats, which: Floats, now: float) -> Floats:
        found: Floats = plain(base, which, now) * np.where(dice.random(len(base)) < OUTLIERS, 1.5, 1.0)
        return found

    return noise


def restless(dice: np.random.Generator) -> Noise:
    """The trace's variation, and a few per cent."""
    trace = seattle()
    rows, columns = np.triu_indices(trace.shape[1], 1)
    ratios = trace[:, rows, columns]
    ratios = ratios / np.median(ratios, axis=0)
    plain = quiet(dice)

    def noise(base: Floats, which: Floats, now: float) -> Floats:
        pair = (which % ratios.shape[1]).astype(np.int64)
        at = (int(now / RAW_SLICE_SECONDS) + (which // 997).astype(np.int64)) % len(ratios)
        found: Floats = np.minimum(plain(base, which, now) * ratios[at, pair], 60_000.0)
        return found

    return noise


WEATHERS: Final = {"quiet": quiet, "outliers": outliers, "restless": restless}


def quiet_cycle(run: Run) -> float:
    """CPU milliseconds of a cycle in which nothing has changed but the time."""
    seen, found = replace(run.snapshot, taken_at=NOW + SECONDS, reports=run.reports), list[float]()
    for step in range(QUIET_CYCLES):
        began = time.process_time()
        run.inventory.follow(replace(seen, taken_at=seen.taken_at + step / 10))
        run.inventory.node_reports()
        found.append(1000 * (time.process_time() - began))
    return median(found)


def measured(nodes: int, weather: str, seed: int = 7) -> Found:
    """One run's figures."""
    run = Run(nodes, WEATHERS[weather](np.random.default_rng(seed)), seed)
    run.play()
    probers = sum(bool(agent.windows) for agent in run.agents.values())
    sites = len(run.snapshot.sites)
    writes = sum(run.reasons.values())
    return Found(
        weather=weather,
        nodes=nodes,
        sites=sites,
        probers=probers,
        pairs_per_second=nodes * (sites - 1) / PROBE_SECONDS,
        probes_per_second=run.probes / COUNTED_SECONDS,
        probes_per_prober=run.probes / COUNTED_SECONDS / max(1, probers),
        most_probers_of_an_agent=run.most_probers(),
        report_writes_per_second=writes / COUNTED_SECONDS,
        report_writes_per_node_30s=writes / nodes / COUNTED_SECONDS * SLOTTED_SECONDS,
        most_writes_of_a_node_30s=max(agent.most for agent in run.agents.values()),
        reasons={reason: count / COUNTED_SECONDS for reason, count in sorted(run.reasons.items())},
        spec_writes_per_second=run.told / COUNTED_SECONDS,
        quiet_cycle_milliseconds=quiet_cycle(run),
    )


def main() -> None:
    """Print a row for each size and weather."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--weather", choices=[*WEATHERS], nargs="+", default=[*WEATHERS])
    parser.add_argument("--json", type=Path, help="keep the figures")
    given = parser.parse_args()
    say = sys.stdout.write
    say(f"{'':10}{'nodes':>7}{'sites':>7}{'pairs':>10}{'probes/s':>10}{'a prober':>9}{'most in':>8}{'writes/s':>10}")
    say(f"{'a node, 30 s':>14}{'at most':>9}{'specs/s':>9}{'cycle ms':>9}\n")
    kept: list[dict[str, Any]] = []
    for weather in given.weather:
        for nodes in given.nodes:
            found = measured(nodes, weather)
            kept.append(asdict(found))
            say(f"{weather:10}{nodes:7}{found.sites:7}{found.pairs_per_second:10.0f}{found.probes_per_second:10.0f}")
            say(
                f"{found.probes_per_prober:9.1f}{found.most_probers_of_an_agent:8}{found.report_writes_per_second:10.1f}"
            )
            say(f"{found.report_writes_per_node_30s:14.2f}{found.most_writes_of_a_node_30s:9}")
            say(f"{found.spec_writes_per_second:9.2f}{found.quiet_cycle_milliseconds:9.2f}\n")
            sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
