# SPDX-License-Identifier: Apache-2.0
"""Gauges of what is decided now: how clearly, at what price, what was refused, what is on its way or held back.

A reason, a trigger or a rule comes from a short list; only margin and cost have a series for each workload, and at
most `MOST_WORKLOADS` of those.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily

from aiworkload.placement.plan import Decision
from aiworkload.reconcile.cycle import CycleReport
from aiworkload.snapshot.workload import WorkloadKey
from aiworkload.telemetry.bounds import MOST_WORKLOADS


def decision_gauges(report: CycleReport) -> Iterator[GaugeMetricFamily]:
    """All of them."""
    decisions = report.plan.decisions
    yield _counted(
        "aiworkload_candidates_refused",
        "Candidates (a site with a variant) of all workloads that a rule refuses.",
        "reason",
        _refused(decisions.values()),
    )
    moves = Counter(one.move.trigger.value for one in decisions.values() if one.move)
    yield _counted("aiworkload_moves_under_way", "Moves that go on now.", "trigger", moves)
    held = sum(one.suppressed is not None for one in decisions.values())
    yield _alone("aiworkload_moves_held_back", "Workloads of which a wanted move waits.", held)
    yield _alone("aiworkload_decide_seconds", "How long the last cycle decided.", report.decide_seconds)
    yield _alone("aiworkload_workloads_decided", "Workloads that the last cycle decided anew.", len(report.plan.fresh))
    yield from _of_each(decisions)


def _refused(decisions: Iterable[Decision]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for decision in decisions:
        for reason, count in decision.refused.items():
            counts[reason.value] += count
    return counts


def _of_each(decisions: Mapping[WorkloadKey, Decision]) -> Iterator[GaugeMetricFamily]:
    labels = ["namespace", "workload"]
    margin = GaugeMetricFamily(
        "aiworkload_workload_margin_points", "Points over the best other candidate; absent without one.", labels=labels
    )
    cost = GaugeMetricFamily("aiworkload_workload_cost_per_hour", "Estimated, in the Sites' currency.", labels=labels)
    total = 0.0
    for number, (key, decision) in enumerate(sorted(decisions.items())):
        price = float(decision.cost_per_hour or 0)
        total += price
        if number < MOST_WORKLOADS:
            if decision.margin_points is not None:
                margin.add_metric([*key], decision.margin_points)
            if decision.cost_per_hour is not None:
                cost.add_metric([*key], price)
    yield margin
    yield cost
    yield _alone("aiworkload_cost_per_hour", "Of all workloads together, estimated.", total)


def _counted(name: str, words: str, label: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _alone(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)
