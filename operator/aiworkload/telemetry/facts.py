# SPDX-License-Identifier: Apache-2.0
"""Gauges of what is true now, made from one cycle's frozen facts."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from aiworkload.api.site import Connectivity
from aiworkload.reconcile.cycle import CycleReport
from aiworkload.telemetry.bounds import MOST_LINKS, MOST_WORKLOADS
from aiworkload.telemetry.decisions import decision_gauges

_MICROSECONDS: Final = 1e-6


def gauges(report: CycleReport) -> Iterator[GaugeMetricFamily]:
    """All of them."""
    yield _links(report)
    yield _connectivity(report)
    yield from _latencies(report)
    yield _workloads(report)
    yield from decision_gauges(report)
    yield from _together(report)


def _links(report: CycleReport) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "aiworkload_link_rtt_seconds",
        "Round trip between two sites as last known; a stale one is left out.",
        labels=["from_site", "to_site", "source", "quantile"],
    )
    now = report.snapshot.taken_at
    fresh = (link for _, link in sorted(report.snapshot.links.items()) if not link.is_stale(now))
    for _, link in zip(range(MOST_LINKS), fresh, strict=False):
        for quantile, value in (("0.5", link.rtt_p50_microseconds), ("0.95", link.rtt_p95_microseconds)):
            if value is not None:
                labels = [link.from_site, link.to_site, link.source.value, quantile]
                family.add_metric(labels, value * _MICROSECONDS)
    return family


def _connectivity(report: CycleReport) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "aiworkload_site_connectivity", "1 for the state that a site is in.", labels=["site", "state"]
    )
    for name, site in sorted(report.snapshot.sites.items()):
        for state in Connectivity:
            family.add_metric([name, state.value], float(site.connectivity is state))
    return family


def _latencies(report: CycleReport) -> Iterator[GaugeMetricFamily]:
    labels = ["namespace", "workload"]
    latency = GaugeMetricFamily("aiworkload_workload_latency_seconds", "p95 as last judged.", labels=labels)
    target = GaugeMetricFamily("aiworkload_workload_latency_target_seconds", "p95 as wanted.", labels=labels)
    for _, (key, workload) in zip(range(MOST_WORKLOADS), sorted(report.snapshot.workloads.items()), strict=False):
        wanted = workload.spec.requirements.latency
        if wanted is not None:
            target.add_metric([*key], wanted.p95_milliseconds / 1000)
        decision = report.plan.decisions.get(key)
        judged = decision.latency.total_microseconds if decision and decision.latency else None
        if judged is not None:
            latency.add_metric([*key], judged * _MICROSECONDS)
    yield latency
    yield target


def _workloads(report: CycleReport) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "aiworkload_workloads", "Workloads by the reason of their present decision.", labels=["reason"]
    )
    counts: dict[str, int] = {"Unreadable": len(report.snapshot.unreadable)}
    for decision in report.plan.decisions.values():
        counts[decision.reason.value] = counts.get(decision.reason.value, 0) + 1
    for reason, count in sorted(counts.items()):
        family.add_metric([reason], count)
    return family


def _together(report: CycleReport) -> Iterator[GaugeMetricFamily]:
    """How near all placements together are to the best possible, once that was looked at."""
    advice = report.advice
    if advice is not None:
        lost = "Points short of 100 of all placements, weighted by priority."
        yield _single("aiworkload_plan_lost_points", lost, advice.objective)
        yield _single("aiworkload_plan_lost_points_bound", "What any plan loses of them at least.", advice.bound)
        yield _single("aiworkload_plan_gap_ratio", "(lost - bound) / bound: what might be gained at most.", advice.gap)
        yield _single("aiworkload_plan_advised", "Workloads told where they should stand.", len(advice.advised))
    if report.advice_seconds is not None:
        words = "How long the last solve of all workloads together took."
        yield _single("aiworkload_plan_advice_seconds", words, report.advice_seconds)


def _single(name: str, words: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words)
    family.add_metric([], value)
    return family
