# SPDX-License-Identifier: Apache-2.0
"""Clusters of any size for measuring the engine: plants at the edge, fog sites between, a few cloud regions.

The shape, per hundred nodes: 68 at the edge in plants of one to three K3s machines (4 cores, 8 GiB; one in ten has a
GPU), 20 in fog sites of four servers (16 cores, 64 GiB), 12 in cloud regions of a hundred (64 cores, 256 GiB, one in
four with eight GPUs). Sites lie on a plane; round trips are 1 ms and 2 ms for each hundredth of its side, the cloud
20 ms farther; every plant has links to its nearest plants and fog sites and to every region. The control plane is at
the first fog site. Prices an hour: edge
0.05, fog 0.40, cloud 2.40 and 0.09 for each GiB of egress. Workloads are two thirds latency-bound with one client
plant (a few with up to eight), the rest batch-like without clients. Everything follows from the seed.
"""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from aiworkload.api import names
from aiworkload.api.site import Connectivity, SiteSpec, SiteStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, Placement, Pod, Service, Workload, WorkloadKey

NOW: Final = 1_800_000_000.0
GIBIBYTE: Final = 1 << 30
NEAR: Final = 12
"""Links of a plant to others near it."""
_LEADING: Final = "fog-00000-n0"
"""The control plane's node."""

_ROUNDS: Final = 10
"""Plans until a world must be at rest; it takes three. Ours."""

_EDGE_GPUS: Final = 0.1
_CLOUD_GPUS: Final = 0.25
_SEVERAL_CLIENTS: Final = 0.05
"""The shares of machines with GPUs, and of workloads with more than one client."""

_SIZES: Final = {"Edge": (4000, 8), "Fog": (16_000, 64), "Cloud": (64_000, 256)}
_PRICES: Final = {"Edge": ("0.05", "0"), "Fog": ("0.40", "0.01"), "Cloud": ("2.40", "0.09")}
_FAMILIES: Final = ("FeatureBased", "CNN", "RNN", "Transformer")


def generated(nodes: int, workloads: int, seed: int, *, full: float = 0.6, standing: bool = False) -> Snapshot:
    """A snapshot of that size; `full` is the share of all CPU that the workloads ask for together."""
    dice = random.Random(seed)  # noqa: S311 - a benchmark's dice
    sites, where = _sites(nodes, dice)
    machines = {node.name: node for site in sites for node in _nodes(site, where[site.name][0], dice)}
    placed = {s.name: _with_nodes(s, [n.name for n in machines.values() if n.site == s.name]) for s in sites}
    cores = sum(node.allocatable["cpu"] for node in machines.values())
    asked = max(100, int(full * cores / workloads))
    found = {w.key: w for w in _workloads(workloads, asked, where, dice)}
    snapshot = Snapshot(NOW, placed, machines, dict(_links(where, dice)), found)
    return stood(snapshot) if standing else snapshot


def stood(snapshot: Snapshot) -> Snapshot:
    """The same with every workload standing where `decide` would put it."""
    plan = decide(snapshot, Policy(), snapshot.taken_at)
    return _moved(snapshot, {key: told.assignments[0] for key, told in plan.decisions.items() if told.assignments})


def settled(snapshot: Snapshot) -> tuple[Snapshot, Plan]:
    """The same with all at rest, and its plan: whatever is on its way arrives, until nothing is any more.

    Some fit nowhere and stay so, as in life; some would gain by a move, and are held back.
    """
    plan = decide(snapshot, Policy(), snapshot.taken_at)
    for _ in range(_ROUNDS):
        if not plan.watch.restless:
            return snapshot, plan
        snapshot = _moved(snapshot, {key: plan.decisions[key].assignments[0] for key in plan.watch.restless})
        plan = decide(snapshot, Policy(), snapshot.taken_at)
    raise RuntimeError(f"{len(plan.watch.restless)} workloads are still on their way after {_ROUNDS} rounds")


def _moved(snapshot: Snapshot, to: Mapping[WorkloadKey, Assignment]) -> Snapshot:
    """With some workloads standing where they are told, and nowhere else."""
    free = {name: node.allocatable["cpu"] - node.requested.get("cpu", 0) for name, node in snapshot.nodes.items()}
    found = dict(snapshot.workloads)
    for key, where in to.items():
        for pod in (pod for placement in found[key].placements for pod in placement.pods if pod.node):
            free[str(pod.node)] += pod.requests["cpu"]
        found[key] = _standing(found[key], where, snapshot, free)
    used = {
        name: replace(node, requested={**node.requested, "cpu": node.allocatable["cpu"] - free[name]})
        for name, node in snapshot.nodes.items()
    }
    return replace(snapshot, nodes=used, workloads=found)


def _standing(workload: Workload, where: Assignment, snapshot: Snapshot, free: dict[str, int]) -> Workload:
    asked = workload.spec.requests_of(workload.spec.variants[0])
    node = max(snapshot.sites[where.site].nodes, key=lambda name: free[name])
    free[node] -= asked["cpu"]
    pod = Pod(f"{workload.key.name}-0", "u", node, ready=True, requests=asked)
    placement = Placement(
        where.site, where.variant, f"{workload.key.name}-{where.site}", NOW - 86_400, "u", 1, 1, pods=(pod,)
    )
    return replace(workload, placements=(placement,), service=Service(workload.key.name, where))


def _sites(nodes: int, dice: random.Random) -> tuple[list[Site], dict[str, tuple[str, float, float, int]]]:
    where: dict[str, tuple[str, float, float, int]] = {}
    sites: list[Site] = []
    left = {"Edge": nodes * 68 // 100, "Fog": nodes * 20 // 100, "Cloud": nodes - nodes * 88 // 100}
    for tier, size in (("Edge", None), ("Fog", 4), ("Cloud", 100)):
        number = 0
        while left[tier] > 0:
            count = min(left[tier], size or dice.randint(1, 3))
            left[tier] -= count
            name = f"{tier.lower()}-{number:05d}"
            where[name] = (tier, dice.random() * 100, dice.random() * 100, count)
            sites.append(_site(name, tier, count))
            number += 1
    return sites, where


_CONNECTED = SiteStatus(connectivity=Connectivity.CONNECTED, connectivity_since_time=to_rfc3339(NOW - 86_400))
"""As the operator has published of a site that has been well for a day."""


def _site(name: str, tier: str, count: int) -> Site:
    per_hour, egress = _PRICES[tier]
    cost = {"perHour": per_hour, "perGibibyteEgress": egress}
    spec = {"tier": tier, "region": f"r{hash_of(name) % 4}", "nodeSelector": {"site": name}, "cost": cost}
    nodes = tuple(f"{name}-n{k}" for k in range(count))
    return Site(name, SiteSpec.model_validate(spec), uid=name, nodes=nodes, published=_CONNECTED)


def hash_of(name: str) -> int:
    """A number from a name that is the same in every process."""
    return sum(ord(letter) * 31**k for k, letter in enumerate(name))


def _with_nodes(site: Site, names: list[str]) -> Site:
    return replace(site, nodes=tuple(sorted(names)))


def _nodes(site: Site, tier: str, dice: random.Random) -> Iterator[Node]:
    cpu, memory = _SIZES[tier]
    for name in site.nodes:
        gpus = (
            (1 if dice.random() < _EDGE_GPUS else 0)
            if tier == "Edge"
            else (8 if tier == "Cloud" and dice.random() < _CLOUD_GPUS else 0)
        )
        devices = {"nvidia.com/gpu": gpus} if gpus else {}
        yield Node(
            name,
            site.name,
            labels={
                "kubernetes.io/arch": "arm64" if tier == "Edge" else "amd64",
                **({names.CONTROL_PLANE_ROLE_LABEL: ""} if name == _LEADING else {}),
            },
            allocatable={"cpu": cpu, "memory": memory * GIBIBYTE, "pods": 110, **devices},
            requested={"cpu": cpu // 20, "memory": GIBIBYTE // 2, "pods": 4},
        )


def _links(
    where: dict[str, tuple[str, float, float, int]], dice: random.Random
) -> Iterator[tuple[tuple[str, str], Link]]:
    clouds = [name for name, (tier, *_) in where.items() if tier == "Cloud"]
    grid: dict[tuple[int, int], list[str]] = {}
    for name, (tier, x, y, _) in where.items():
        if tier != "Cloud":
            grid.setdefault((int(x // 5), int(y // 5)), []).append(name)
    for name, (tier, x, y, _) in where.items():
        if tier != "Edge":
            continue
        ring = [
            other
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for other in grid.get((int(x // 5) + dx, int(y // 5) + dy), [])
        ]
        near = sorted((math.dist((x, y), where[o][1:3]), o) for o in ring if o != name)[:NEAR]
        for distance, other in [*near, *((math.dist((x, y), where[c][1:3]), c) for c in clouds)]:
            far = 20 if where[other][0] == "Cloud" else 0
            rtt = int(1000 * (1 + 2 * distance + far) * dice.uniform(0.9, 1.3))
            kilobits = 1_000_000 if far == 0 else 100_000
            yield (
                (name, other),
                Link(
                    name,
                    other,
                    rtt * 9 // 10,
                    rtt,
                    rtt // 20,
                    dice.choice((0, 0, 0, 20)),
                    0,
                    kilobits,
                    observed_at=NOW - 3,
                ),
            )


def _workloads(
    count: int, asked: int, where: dict[str, tuple[str, float, float, int]], dice: random.Random
) -> Iterator[Workload]:
    plants = [name for name, (tier, *_) in where.items() if tier == "Edge"]
    for number in range(count):
        cpu = max(50, int(asked * dice.choice((0.3, 0.5, 1.0, 1.0, 2.2))))
        variant = {
            "name": "cpu",
            "uri": "s3://models/m",
            "computeMilliseconds": dice.choice((2, 5, 10, 20)),
            "resources": {"requests": {"cpu": f"{cpu}m", "memory": f"{dice.choice((256, 512, 1024))}Mi"}},
        }
        requirements = {}
        if dice.random() < 2 / 3:
            several = dice.randint(2, 8) if dice.random() < _SEVERAL_CLIENTS else 1
            clients = [
                {"site": site, "requestsPerSecond": dice.randint(1, 50)} for site in dice.sample(plants, several)
            ]
            target = dice.choice((20, 40, 80, 150))
            requirements = {
                "latency": {"p95Milliseconds": target, "clients": clients},
                "traffic": {"requestKibibytes": dice.choice((1, 16, 64)), "responseKibibytes": 1},
            }
        spec = {"model": {"family": dice.choice(_FAMILIES), "variants": [variant]}, "requirements": requirements}
        key = WorkloadKey("bench", f"w{number:05d}")
        priority = dice.choice((0, 0, 0, 1000))
        yield Workload(
            key, AIWorkloadSpec.model_validate(spec), uid=key.name, created_at=NOW - number, priority=priority
        )
