# SPDX-License-Identifier: Apache-2.0
"""Prometheus series. Counters count what happens; gauges are read off the last cycle's facts when they are scraped.

So a site, link or workload that is gone takes its series with it, and no label set outlives what it names.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from aiworkload.api.timestamps import to_epoch
from aiworkload.api.workload_status import MoveStatus
from aiworkload.reconcile.cycle import CycleReport
from aiworkload.snapshot.workload import WorkloadKey
from aiworkload.telemetry.facts import gauges

CYCLE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: from an idle small cluster to thousands of writes."""
MOVE_BUCKETS: Final = (1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""Seconds: from a warm replacement to the default time limit and beyond."""


class Metrics:
    """All series of the operator, in a registry of its own."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._cycles = Histogram(
            "aiworkload_cycle_seconds", "Duration of one cycle.", buckets=CYCLE_BUCKETS, registry=self.registry
        )
        self._failures = Counter(
            "aiworkload_cycle_failures", "Writes that failed and are tried again.", registry=self.registry
        )
        self._decisions = Counter(
            "aiworkload_decisions", "Decisions by their reason.", ["reason"], registry=self.registry
        )
        self._moves = Counter("aiworkload_moves", "Moves that ended.", ["trigger", "result"], registry=self.registry)
        self._move_seconds = Histogram(
            "aiworkload_move_seconds", "From a move's start to its end.", buckets=MOVE_BUCKETS, registry=self.registry
        )
        self._writes = Counter(
            "aiworkload_api_writes", "Writes that the API server accepted.", ["kind", "verb"], registry=self.registry
        )
        self._relists = Counter(
            "aiworkload_stream_relists", "Lists taken by a stream.", ["stream"], registry=self.registry
        )
        self._ghosts = Counter(
            "aiworkload_stream_unseen_deletions", "Objects found gone by a list.", ["stream"], registry=self.registry
        )
        self._known_moves: dict[WorkloadKey, frozenset[MoveStatus]] = {}
        self._last: CycleReport | None = None
        self.registry.register(_Facts(lambda: self._last))

    def observe_cycle(self, report: CycleReport, seconds: float) -> None:
        """Take in what one cycle saw, decided and did."""
        self._cycles.observe(seconds)
        self._failures.inc(len(report.failures))
        for key in report.plan.fresh:
            self._decisions.labels(report.plan.decisions[key].reason.value).inc()
        self._count_moves(report)
        self._last = report

    def count_write(self, kind: str, verb: str) -> None:
        """A write that the API server accepted."""
        self._writes.labels(kind, verb).inc()

    def count_relist(self, stream: str, gone: int) -> None:
        """A list, and how many objects it showed to be gone without a word."""
        self._relists.labels(stream).inc()
        self._ghosts.labels(stream).inc(gone)

    def watch_process(
        self,
        *,
        leads: Callable[[], bool],
        epoch: Callable[[], int],
        events_lost: Callable[[], int],
        ages: Mapping[str, Callable[[], float]],
    ) -> None:
        """Read leadership, lost Events and the streams' ages whenever somebody scrapes."""
        lost = Gauge("aiworkload_events_lost", "Events not posted since the start.", registry=self.registry)
        lost.set_function(lambda: float(events_lost()))
        leader = Gauge("aiworkload_leader", "1 while this process leads.", registry=self.registry)
        leader.set_function(lambda: float(leads()))
        Gauge(
            "aiworkload_leader_epoch", "leaseTransitions when it began to lead.", registry=self.registry
        ).set_function(lambda: float(epoch()))
        age = Gauge(
            "aiworkload_stream_age_seconds", "Since a stream's last sign of life.", ["stream"], registry=self.registry
        )
        for stream, seconds in ages.items():
            age.labels(stream).set_function(seconds)

    def _count_moves(self, report: CycleReport) -> None:
        """Count moves that were recorded since the last cycle; what was recorded before this process began is old."""
        known, self._known_moves = self._known_moves, {}
        first = self._last is None
        for key, workload in report.snapshot.workloads.items():
            recorded = frozenset(workload.published.moves if workload.published else ())
            self._known_moves[key] = recorded
            for move in () if first else recorded - known.get(key, frozenset()):
                self._moves.labels(move.trigger.value, move.result.value).inc()
                self._move_seconds.observe(max(0.0, to_epoch(move.end_time) - to_epoch(move.start_time)))


class _Facts(Collector):
    def __init__(self, last: Callable[[], CycleReport | None]) -> None:
        self._last = last

    def collect(self) -> Iterable[Metric]:
        report = self._last()
        return gauges(report) if report else ()
