# SPDX-License-Identifier: Apache-2.0
"""A replay's report as plain JSON values. docs/simulation.md explains every key."""

from typing import Any, Final

import numpy as np

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.simulation.report import EventTold, MoveTold, SimulationReport, Stay, WorkloadReport
from aiworkload.simulation.shapes import Floats

Document = dict[str, Any]

_MOST_SAMPLES: Final = 1440
"""Points of a curve: one a minute for a day. Ours."""


def report_document(report: SimulationReport) -> Document:
    """Everything that a replay found."""
    return {
        "kind": "SimulationReport",
        "scenario": report.scenario,
        "description": report.description,
        "startTime": to_rfc3339(report.start),
        "seconds": round(report.seconds, 3),
        "seed": report.seed,
        "cost": _rounded(report.cost, 6),
        "moves": report.moves,
        "cycles": report.cycles,
        "writes": report.writes,
        "sites": [{"name": name, "tier": tier} for name, tier in sorted(report.tiers.items())],
        "workloads": [_workload(report, report.workloads[key]) for key in sorted(report.workloads)],
        "happened": [_event(report, event) for event in report.happened],
        "events": [_event(report, event) for event in report.posted],
    }


def _workload(report: SimulationReport, workload: WorkloadReport) -> Document:
    return {
        "namespace": workload.key.namespace,
        "name": workload.key.name,
        "targetMilliseconds": workload.target_milliseconds,
        "presentSeconds": _rounded(workload.present_seconds, 3),
        "attainedTimePercent": _rounded(workload.attained_time_percent, 4),
        "attainedRequestsPercent": _rounded(workload.attained_requests_percent, 4),
        "p95Milliseconds": _rounded(workload.p95_milliseconds, 3),
        "unservedSeconds": _rounded(workload.unserved_seconds, 3),
        "firstAnswerSeconds": _rounded(workload.first_answer_seconds, 3),
        "cost": _rounded(workload.cost, 6),
        "egressGibibytes": _rounded(workload.egress_gibibytes, 6),
        "sites": [{"name": name, "seconds": _rounded(seconds, 3)} for name, seconds in workload.sites.items()],
        "moves": [_move(report, move) for move in workload.moves],
        "stays": [_stay(report, stay) for stay in workload.stays],
        "message": workload.message,
        "samples": _samples(workload),
    }


def _move(report: SimulationReport, move: MoveTold) -> Document:
    return {
        "fromSite": move.from_site,
        "toSite": move.to_site,
        "trigger": move.trigger,
        "result": move.result,
        "startSeconds": _rounded(move.start - report.start, 3),
        "endSeconds": _rounded(move.end - report.start, 3),
        "reason": move.reason,
    }


def _stay(report: SimulationReport, stay: Stay) -> Document:
    return {
        "client": stay.client,
        "beginSeconds": _rounded(stay.begin - report.start, 3),
        "endSeconds": _rounded(stay.end - report.start, 3),
        "site": stay.site,
        "variant": stay.variant,
    }


def _event(report: SimulationReport, event: EventTold) -> Document:
    return {"seconds": _rounded(event.at - report.start, 3), "message": event.what}


def _samples(workload: WorkloadReport) -> Document:
    """Curves of at most `_MOST_SAMPLES` points; each stands for a stretch: its slowest, worst and mean."""
    samples = workload.samples
    count = len(samples.seconds)
    step = max(1, -(-count // _MOST_SAMPLES))
    edges = np.arange(0, count, step)
    return {
        "stepSeconds": _rounded(float(samples.seconds[1] - samples.seconds[0]) * step if count > 1 else 0.0, 3),
        "seconds": _numbers(samples.seconds[edges], 1),
        "milliseconds": _numbers(_worst(samples.milliseconds, edges), 2),
        "attained": _numbers(np.minimum.reduceat(samples.attained, edges) if count else samples.attained, 4),
        "costPerHour": _numbers(samples.cost_per_hour[edges], 6),
    }


def _worst(values: Floats, edges: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """The slowest of each stretch; NaN only where nothing was answered all along."""
    if not len(values):
        return values
    slowest = np.maximum.reduceat(np.nan_to_num(values, nan=-1.0), edges)
    return np.where(slowest < 0, np.nan, slowest)


def _numbers(values: Floats, digits: int) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), digits) for value in values]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
