# SPDX-License-Identifier: Apache-2.0
"""Small worlds in which every field may say something, made by dice: the same dice give the same world."""

import os
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Report, Snapshot
from aiworkload.snapshot.workload import Placement, Workload
from tests.builders import (
    LONG_AGO,
    NOW,
    a_link,
    a_move,
    a_node,
    a_placement,
    a_site,
    a_snapshot,
    a_status,
    a_variant,
    a_workload,
)

GPU = "nvidia.com/gpu"
SITES = ("cam", "fog", "hub", "cloud")
CLIENTS = ("plant", "cam", "fog")
DICE = st.integers(0, 2**32 - 1).map(Random)
"""Dice of one's own: drawing each of a world's hundred fields from Hypothesis would take longer than deciding."""


def examples(usual: int) -> settings:
    """As many worlds as usual; `WORLD_EXAMPLES=2000` makes it a long search."""
    return settings(deadline=None, max_examples=int(os.environ.get("WORLD_EXAMPLES", str(usual))))


def a_world(dice: Random, *, most: int = 6, standing: bool = True) -> Snapshot:
    """Four sites and a place that only has clients, up to `most` workloads."""
    sites = [_site(dice, name) for name in SITES]
    nodes = [_node(dice, site.name, n) for site in sites for n in range(dice.randint(0, 3))]
    links = [a_path(dice, client, site) for client in CLIENTS for site in SITES if client != site]
    if dice.random() < 0.5:
        links += [replace(a_path(dice, site, "plant"), rtt_p95_microseconds=9_000) for site in SITES]
    snapshot = a_snapshot(
        sites=[*sites, a_site("plant", hosts=False)],
        nodes=nodes,
        links=[link for link in links if dice.random() < 0.85],
        workloads=[some_workload(dice, n, standing=standing) for n in range(dice.randint(1, most))],
    )
    reports = {node.name: Report(node.name, f"uid-{node.name}", node.site, observed_at=NOW - 3) for node in nodes}
    return replace(snapshot, reports=reports if dice.random() < 0.5 else {})


def a_path(dice: Random, client: str, site: str, now: float = NOW) -> Link:
    """What is known of the way between two sites."""
    link = a_link(
        client,
        site,
        dice.choice([2, 10, 20, 30, 45, 60, 90]),
        age=dice.choice([0, 3, 12, 25, 99]),
        jitter=dice.choice([0, 0, 5, 30]),
        loss_percent=dice.choice([0, 0, 2, 9]),
        losses=dice.choice([0, 0, 0, 0, 9]),
        declared=dice.random() < 0.2,
        now=now,
    )
    return replace(link, bandwidth_kilobits=dice.choice([None, 1_000, 8_000, 50_000]))


def some_workload(dice: Random, n: int, *, standing: bool = True) -> Workload:
    """A workload, which may stand somewhere already and have moved before."""
    spec = a_demand(dice)
    variants = [variant["name"] for variant in spec["variants"]]
    sites = dice.sample(SITES, spec.get("max_sites", 1)) if standing and dice.random() < 0.7 else []
    return a_workload(
        f"w{n}",
        created=LONG_AGO + n,
        priority=dice.choice([0, 0, 0, 1000]),
        placements=[some_placement(dice, site, dice.choice(variants), spec["replicas"]) for site in sites],
        status=_status(dice) if dice.random() < 0.4 else None,
        approved=dice.choice([None, None, None, *SITES]),
        **spec,
    )


def a_demand(dice: Random) -> dict[str, Any]:
    """What one owner may ask for, as `a_workload` takes it."""
    clients = [(site, dice.choice([0, 1, 5, 40])) for site in dice.sample(CLIENTS, dice.randint(0, 3))]
    named = bool(clients)
    asked = {
        "target": dice.choice([25, 50, 100]) if named or dice.random() < 0.5 else None,
        "clients": clients,
        "variants": [_variant(dice, f"v{n}") for n in range(dice.randint(1, 2))],
        "family": dice.choice(["Other", "Other", "CNN", "Transformer", "FeatureBased"]),
        "boundary": dice.choice(["Anywhere", "Anywhere", "Region", "Premises", "Site"]) if named else "Anywhere",
        "tiers": dice.choice([("Edge", "Fog", "Cloud"), ("Edge", "Fog", "Cloud"), ("Fog", "Cloud"), ("Edge",)]),
        "selector": dice.choice([{}, {}, {}, {"zone": "a"}]),
        "offline": named and dice.random() < 0.1,
        "replicas": dice.choice([1, 1, 2, 3]),
        "kibibytes": dice.choice([0, 20, 200]),
        "max_cost": dice.choice([None, None, "0.05", "0.5"]),
        "profile": dice.choice(["Latency", "Balanced", "Cost"]),
        "migration": dice.choice([{}, {}, {"violationSeconds": 1}, {"mode": "Manual"}, {"maxMovesPerHour": 1}]),
    }
    if len(clients) > 1 and not asked["offline"] and dice.random() < 0.3:
        asked |= {"max_sites": 2}
    return asked


def some_placement(dice: Random, site: str, variant: str, replicas: int = 1) -> Placement:
    """Replicas that are ready, or not, or have no node yet."""
    return a_placement(
        site,
        variant,
        created=NOW - dice.choice([5, 100, 9_000]),
        node=dice.choice(["", "", "", None]),
        replicas=replicas,
        ready=dice.random() < 0.8,
    )


def shuffled(dice: Random, mapping: Mapping[Any, Any]) -> dict[Any, Any]:
    """The same in another order."""
    items = list(mapping.items())
    dice.shuffle(items)
    return dict(items)


def _site(dice: Random, name: str) -> Site:
    return a_site(
        name,
        tier={"cam": "Edge", "fog": "Fog", "hub": "Fog", "cloud": "Cloud"}[name],
        region=dice.choice(["eu", "eu", "us", ""]),
        per_hour=dice.choice(["0", "0.1", "0.4", "2"]),
        egress=dice.choice(["0", "0.05"]),
        labels=dice.choice([{}, {"zone": "a"}]),
        connectivity=dice.choice(["Connected", "Connected", "Connected", "Degraded", "Disconnected"]),
        since=NOW - dice.choice([5, 40, 9_000]),
        last_report_at=dice.choice([None, NOW - 2, NOW - 20, NOW - 50]),
    )


def _node(dice: Random, site: str, n: int) -> Node:
    cpu = dice.choice([4, 8, 16])
    gpus = dice.choice([0, 0, 1, 2])
    return a_node(
        f"{site}-{n + 1}",
        site=site,
        cpu=str(cpu),
        used_cpu=str(dice.choice([0, 1, cpu // 2, cpu])),
        gpus=gpus,
        used_gpus=dice.randint(0, gpus),
        gpu_memory=dice.choice([None, 600, 16_000]) if gpus else None,
        live_cpu=dice.choice([None, None, "500m", "3"]),
        ready=dice.random() < 0.85,
        cordoned=dice.random() < 0.1,
        taints=[("dedicated", "NoSchedule")] if dice.random() < 0.05 else [],
    )


def _variant(dice: Random, name: str) -> dict[str, Any]:
    facts = {
        "sizeMebibytes": dice.choice([None, 50, 900]),
        "accuracyPercent": dice.choice([None, 99, 93]),
        "computeMilliseconds": dice.choice([None, None, 5, 20]),
    }
    device = {"accelerator": GPU, "acceleratorCount": dice.choice([1, 2])} if dice.random() < 0.25 else {}
    tiers = {"tiers": ["Fog", "Cloud"]} if dice.random() < 0.15 else {}
    asked = dice.choice([{}, {"cpu": "500m"}, {"cpu": "2", "memory": "1Gi"}, {"cpu": "5", "memory": "6Gi"}])
    told = {field: value for field, value in facts.items() if value is not None}
    return a_variant(name, resources={"requests": asked}, **told, **device, **tiers)


def _status(dice: Random) -> AIWorkloadStatus:
    moves = [
        a_move(
            *dice.sample(SITES, 2),
            dice.choice(["BetterSite", "LatencyViolated", "SiteLost"]),
            ended=NOW - age,
            failed=dice.random() < 0.3,
        )
        for age in sorted(dice.sample([20, 200, 2_000, 3_590, 9_000], dice.randint(0, 3)))
    ]
    return a_status(
        challenger=(dice.choice(SITES), NOW - dice.choice([5, 50, 500])),
        variant="v0",
        missed_since=dice.choice([None, NOW - 10, NOW - 500]),
        moves=moves,
    )
