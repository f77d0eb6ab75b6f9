# SPDX-License-Identifier: Apache-2.0
"""What the agents' reports say at any moment: each site's own, as old as its last one (`simulation.reporting`).

Every report renews the time of its links; their figures are those that were last worth telling. So what has not
changed is seen not to have, here as in the operator's store, and a decision that rests on it need not be made again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from aiworkload.simulation.outages import Interval, Outages, Pair, mask
from aiworkload.simulation.paths import Path
from aiworkload.simulation.reporting import Looks, Seen, told, valid_seconds, writes
from aiworkload.simulation.scenario import Scenario
from aiworkload.simulation.shapes import Floats
from aiworkload.snapshot.link import Link, LinkSource

_A_MOMENT: Final = 0.001
"""After something has run out."""
_CLOCK: Final = 1e-6
"""Seconds since the epoch are not told finer."""

Ends = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """One site's reports."""

    seconds: Floats
    """[W] of the scenario, in order."""
    figures: Mapping[str, Looks]
    """By site at the other end: [W] the look whose figures each report tells."""
    news: Floats
    """Seconds of those that tell any figure anew."""

    @classmethod
    def of(cls, site: str, paths: Iterable[Path], dark: Iterable[Interval], looks: Floats, scenario: Scenario) -> Self:
        """All reports of a site with these links to sites that have an agent too."""
        found = {_other(path, site): path for path in paths}
        reports = writes(Seen.of(tuple(found.values()), len(looks)), mask(dark, looks), scenario.pace)
        thresholds = _thresholds(scenario)
        anew = {other: told(path, reports, thresholds) for other, path in found.items()}
        anything = np.logical_or.reduce([np.zeros(len(reports), np.bool_), *anew.values()])
        last = {other: np.maximum.accumulate(np.where(those, reports, 0)) for other, those in anew.items()}
        return cls(looks[reports], last, looks[reports][anything])

    def newest(self, second: float) -> int:
        """Which report is the newest at that second."""
        return max(0, int(np.searchsorted(self.seconds, second + _CLOCK, side="right")) - 1)

    def wakes(self, dark: Iterable[Interval], heartbeat: float, valid: float) -> list[float]:
        """When a dark time begins and ends, and a report is missed, runs out and is there again."""
        edges = [edge for interval in dark for edge in interval if np.isfinite(edge)]
        last = [float(self.seconds[self.newest(edge - 2 * _CLOCK)]) for edge in edges]
        after = [float(at) for edge in edges for at in self.seconds[self.seconds >= edge][:1]]
        return [*edges, *after, *(at + heartbeat for at in last), *(at + valid + _A_MOMENT for at in last)]


class Measured:
    """Reports over the scenario. A site that is dark keeps its last one; one without nodes has never sent any."""

    def __init__(
        self, scenario: Scenario, outages: Outages, paths: Mapping[Pair, Path], looks: Floats, start: float
    ) -> None:
        """`looks` are the seconds of the scenario at which agents look; `start` is its first, since the epoch."""
        self.valid_seconds = valid_seconds(scenario.pace)
        self._start = start
        self._paths = paths
        self._told = _all_told(scenario, outages, paths, looks)
        self._links: dict[Ends, Link] = {}
        self._links_of: dict[str, int] = {}
        news = [told.news for told in self._told.values()]
        self._news = np.sort(np.concatenate([np.zeros(0), *news])) + start
        dark = [
            told.wakes(outages.dark.get(site, ()), scenario.pace.heartbeat, self.valid_seconds)
            for site, told in self._told.items()
        ]
        self._wakes = np.unique(np.concatenate([self._news, *(np.array(those) + start for those in dark)]))

    def last_report_at(self, site: str, now: float) -> float | None:
        """When a site was last heard, in seconds since the epoch; None: it has no agent."""
        told = self._told.get(site)
        return None if told is None else self._start + float(told.seconds[told.newest(now - self._start)])

    def links(self, now: float) -> Mapping[Ends, Link]:
        """All links as last reported; the same objects as long as no newer report has come."""
        newest = {site: told.newest(now - self._start) for site, told in self._told.items()}
        if newest != self._links_of or not self._links:
            self._links = {
                ends: self._link(path, ends, newest)
                for path in self._paths.values()
                for ends in (path.ends, (path.ends[1], path.ends[0]))
            }
            self._links_of = newest
        return self._links

    def next_wake(self, after: float) -> float | None:
        """The next time at which a report, or its absence, is news."""
        index = int(np.searchsorted(self._wakes, after, side="right"))
        return float(self._wakes[index]) if index < len(self._wakes) else None

    def figures(self, now: float) -> int:
        """Grows when any figure has changed in a way that a decision might care for."""
        return int(np.searchsorted(self._news, now + _CLOCK, side="right"))

    def _link(self, path: Path, ends: Ends, newest: Mapping[str, int]) -> Link:
        site, other = ends
        if site not in self._told or other not in self._told:
            return self._links.get(ends) or _declared(path, ends)
        report, known = newest[site], self._links.get(ends)
        if known is not None and self._links_of.get(site) == report:
            return known
        at = int(self._told[site].figures[other][report])
        answered = int(path.p95[at]) >= 0
        return Link(
            from_site=site,
            to_site=other,
            rtt_p50_microseconds=int(path.p50[at]) if answered else None,
            rtt_p95_microseconds=int(path.p95[at]) if answered else None,
            jitter_microseconds=int(path.jitter[at]),
            loss_basis_points=int(path.loss_basis_points[at]),
            consecutive_losses=int(path.consecutive_losses[at]),
            bandwidth_kilobits=path.bandwidth_kilobits,
            observed_at=self._start + float(self._told[site].seconds[report]),
            valid_seconds=self.valid_seconds,
        )


def _all_told(scenario: Scenario, outages: Outages, paths: Mapping[Pair, Path], looks: Floats) -> dict[str, Told]:
    agents = {node.site for node in scenario.nodes if node.site}
    both = [path for path in paths.values() if agents.issuperset(path.ends)]
    return {
        site: Told.of(site, (p for p in both if site in p.ends), outages.dark.get(site, ()), looks, scenario)
        for site in sorted(agents)
    }


def _other(path: Path, site: str) -> str:
    one, other = path.ends
    return other if site == one else one


def _declared(path: Path, ends: Ends) -> Link:
    """Nobody measures towards a site without an agent: its owner's word counts, which is the median."""
    word = round(float(np.median(path.rtt)) * 1000)
    return Link(ends[0], ends[1], word, word, bandwidth_kilobits=path.bandwidth_kilobits, source=LinkSource.DECLARED)


def _thresholds(scenario: Scenario) -> Floats:
    """Round trips at which a candidate begins to miss a target, in milliseconds, in order."""
    found = {0.0}
    for workload in scenario.workloads:
        target = workload.spec.requirements.latency
        if target is not None:
            found |= {float(target.p95_milliseconds - (v.compute_milliseconds or 0)) for v in workload.spec.variants}
    return np.array(sorted(found))
