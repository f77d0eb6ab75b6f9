# SPDX-License-Identifier: Apache-2.0
"""What the agents' reports say at any moment: each site's own, as old as its last contact.

Every report renews a link's time; its figures are those that were last worth telling (`Path.told`). So what has not
changed is seen not to have, here as in the operator's store, and a decision that rests on it need not be made again.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.simulation.outages import Outages, Pair, mask
from aiworkload.simulation.paths import Path
from aiworkload.simulation.scenario import Scenario
from aiworkload.simulation.shapes import Floats
from aiworkload.snapshot.link import Link, LinkSource

HEARTBEATS_VALID: Final = 3.0
"""A report outlives two that were missed: with the default pace 30 s, as agents have it."""
_A_MOMENT: Final = 0.001
"""After something has run out."""


class Measured:
    """Reports over the scenario. A site that is dark keeps its last one; one without nodes has never sent any."""

    def __init__(
        self, scenario: Scenario, outages: Outages, paths: Mapping[Pair, Path], reports: Floats, start: float
    ) -> None:
        """`reports` are the seconds of the scenario at which agents report; `start` is its first, since the epoch."""
        self.valid_seconds = HEARTBEATS_VALID * scenario.pace.report
        self._reports = reports
        self._step = scenario.pace.report
        self._start = start
        self._paths = paths
        self._newest = _newest_by_site(scenario, outages, reports)
        self._links: dict[tuple[str, str], Link] = {}
        self._links_at = -1
        thresholds = _thresholds(scenario)
        told = {ends: path.told(thresholds) for ends, path in paths.items()}
        self._told_at = {ends: _last_true(those) for ends, those in told.items()}
        anything = np.logical_or.reduce([np.zeros(len(reports), np.bool_), *told.values()])
        self._differs = np.cumsum(anything)
        self._wakes = start + _wakes(scenario, outages, reports[anything], self.valid_seconds)

    def last_report_at(self, site: str, now: float) -> float | None:
        """When a site was last heard, in seconds since the epoch; None: it has no agent."""
        newest = self._newest.get(site)
        return None if newest is None else self._start + float(self._reports[newest[self._index(now)]])

    def links(self, now: float) -> Mapping[tuple[str, str], Link]:
        """All links as last reported; the same objects as long as no newer report has come."""
        index = self._index(now)
        if index != self._links_at:
            self._links = {
                ends: self._link(path, ends, index)
                for path in self._paths.values()
                for ends in (path.ends, (path.ends[1], path.ends[0]))
            }
            self._links_at = index
        return self._links

    def next_wake(self, after: float) -> float | None:
        """The next time at which a report, or its absence, is news."""
        index = int(np.searchsorted(self._wakes, after, side="right"))
        return float(self._wakes[index]) if index < len(self._wakes) else None

    def figures(self, now: float) -> int:
        """Grows when any figure has changed in a way that a decision might care for."""
        return int(self._differs[self._index(now)])

    def _index(self, now: float) -> int:
        return min(len(self._reports) - 1, max(0, int((now - self._start + 1e-6) // self._step)))

    def _link(self, path: Path, ends: tuple[str, str], index: int) -> Link:
        newest = self._newest.get(ends[0])
        if newest is None or ends[1] not in self._newest:
            return _declared(path, ends)
        heard = int(newest[index])
        known = self._links.get(ends)
        observed_at = self._start + float(self._reports[heard])
        if known is not None and known.observed_at == observed_at:
            return known
        at = int(self._told_at[path.ends][heard])
        answered = int(path.p95[at]) >= 0
        return Link(
            from_site=ends[0],
            to_site=ends[1],
            rtt_p50_microseconds=int(path.p50[at]) if answered else None,
            rtt_p95_microseconds=int(path.p95[at]) if answered else None,
            jitter_microseconds=int(path.jitter[at]),
            loss_basis_points=int(path.loss_basis_points[at]),
            consecutive_losses=int(path.consecutive_losses[at]),
            bandwidth_kilobits=path.bandwidth_kilobits,
            observed_at=observed_at,
            valid_seconds=self.valid_seconds,
        )


def _declared(path: Path, ends: tuple[str, str]) -> Link:
    """Nobody measures towards a site without an agent: its owner's word counts, which is the median."""
    word = round(float(np.median(path.rtt)) * 1000)
    return Link(ends[0], ends[1], word, word, bandwidth_kilobits=path.bandwidth_kilobits, source=LinkSource.DECLARED)


def _newest_by_site(scenario: Scenario, outages: Outages, reports: Floats) -> dict[str, NDArray[np.intp]]:
    """For each report's turn the index of the one that the site last managed to send."""
    found: dict[str, NDArray[np.intp]] = {}
    for site in {node.site for node in scenario.nodes if node.site}:
        sent = ~mask(outages.dark.get(site, ()), reports)
        found[site] = np.maximum.accumulate(np.where(sent, np.arange(len(reports)), 0))
    return found


def _last_true(those: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each place the last one up to it that is true."""
    return np.maximum.accumulate(np.where(those, np.arange(len(those)), 0))


def _wakes(scenario: Scenario, outages: Outages, told: Floats, valid_seconds: float) -> Floats:
    news = [told]
    for intervals in outages.dark.values():
        edges = np.array([edge for interval in intervals for edge in interval if np.isfinite(edge)])
        last_or_first = edges // scenario.pace.report * scenario.pace.report
        news += [edges, last_or_first + scenario.pace.report, last_or_first + valid_seconds + _A_MOMENT]
    return np.unique(np.concatenate(news))


def _thresholds(scenario: Scenario) -> Floats:
    """Round trips at which a candidate begins to miss a target, in milliseconds, in order."""
    found = {0.0}
    for workload in scenario.workloads:
        target = workload.spec.requirements.latency
        if target is not None:
            found |= {float(target.p95_milliseconds - (v.compute_milliseconds or 0)) for v in workload.spec.variants}
    return np.array(sorted(found))
