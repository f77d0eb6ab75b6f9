# SPDX-License-Identifier: Apache-2.0
"""Small scenarios in words: an edge site, a gateway and a cloud, and one detector that asks from the edge."""

from pathlib import Path
from typing import Any

from aiworkload.simulation.reading import parse_scenario, read_scenario
from aiworkload.simulation.report import SimulationReport, WorkloadReport
from aiworkload.simulation.scenario import Scenario

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "manifests" / "scenarios"

HEAD = """\
apiVersion: aiworkload.dev/v1alpha1
kind: Scenario
metadata: {name: small}
duration: 2h
sites:
- {metadata: {name: edge}, spec: {tier: Edge, nodeSelector: {site: edge}, cost: {perHour: "1"}}}
- {metadata: {name: fog}, spec: {tier: Fog, nodeSelector: {site: fog}, cost: {perHour: "2"}}}
- metadata: {name: cloud}
  spec: {tier: Cloud, nodeSelector: {site: cloud}, cost: {perHour: "4", perGibibyteEgress: "0.1"}}
nodes:
- {name: edge-a, site: edge, allocatable: {cpu: "4", memory: 8Gi}}
- {name: fog-a, site: fog, allocatable: {cpu: "8", memory: 16Gi}}
- {name: fog-b, site: fog, allocatable: {cpu: "8", memory: 16Gi}}
- {name: cloud-a, site: cloud, allocatable: {cpu: "8", memory: 16Gi}}
"""
LINKS = """\
links:
- {between: [edge, fog], rttMilliseconds: 5}
- {between: [edge, cloud], rttMilliseconds: 25, bandwidthMegabits: 10}
- {between: [fog, cloud], rttMilliseconds: 20}
"""
DETECTOR = """\
workloads:
- metadata: {namespace: factory, name: detector}
  startup: 20s
  spec:
    model: {variants: [{name: cpu, uri: "s3://models/d", computeMilliseconds: 10, resources: {requests: {cpu: "2"}}}]}
    requirements:
      latency: {p95Milliseconds: 50, clients: [{site: edge, requestsPerSecond: 10}]}
      traffic: {requestKibibytes: 30, responseKibibytes: 2}
    placement: {tiers: [Fog, Cloud]}
"""


def small(events: str = "", *, links: str = LINKS, workloads: str = DETECTOR, **changes: Any) -> Scenario:  # noqa: ANN401 - any field
    """The small scenario with these events (YAML of a list), and other fields changed."""
    text = HEAD + links + workloads + (f"events:\n{events}" if events else "")
    return parse_scenario(text, "small.yaml", ROOT).model_copy(update=changes)


def shipped(name: str) -> Scenario:
    """One of the six that ship."""
    return read_scenario(SHIPPED / f"{name}.yaml")


def of(report: SimulationReport, name: str) -> WorkloadReport:
    """One workload's part of a report."""
    return next(found for key, found in report.workloads.items() if key.name == name)


def ways(workload: WorkloadReport) -> list[tuple[str, str, str]]:
    """Its moves as (from, to, trigger)."""
    return [(move.from_site, move.to_site, move.trigger) for move in workload.moves]
