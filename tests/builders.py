# SPDX-License-Identifier: Apache-2.0
"""Values in the words of the domain, each with sensible defaults: a test says only what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.quantity import resources
from aiworkload.api.site import Connectivity, SiteSpec, SiteStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.api.workload_status import (
    AIWorkloadStatus,
    ChallengerStatus,
    DecisionStatus,
    MoveResult,
    MoveStatus,
    MoveTrigger,
)
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.node import Node, Taint
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Pod, Service, Workload, WorkloadKey

NOW = 1_800_000_000.0
"""The moment at which tests happen unless they say otherwise."""
LONG_AGO = NOW - 86_400.0
"""A day before: every window has run out since."""


def a_site(
    name: str,
    *,
    tier: str = "Edge",
    region: str = "eu",
    per_hour: str = "0",
    egress: str = "0",
    labels: Mapping[str, str] | None = None,
    connectivity: str = "Connected",
    since: float = LONG_AGO,
    last_report_at: float | None = None,
    published: bool = True,
    hosts: bool = True,
) -> Site:
    """A site as published; `hosts=False` is a client-only site."""
    spec = SiteSpec.model_validate(
        {
            "tier": tier,
            "region": region,
            "nodeSelector": {"site": name} if hosts else None,
            "cost": {"perHour": per_hour, "perGibibyteEgress": egress},
        }
    )
    state = Connectivity(connectivity)
    status = SiteStatus(connectivity=state, connectivity_since_time=to_rfc3339(since)) if published else None
    return Site(
        name, spec, uid=f"uid-{name}", labels=dict(labels or {}), last_report_at=last_report_at, published=status
    )


def a_node(
    name: str,
    *,
    site: str | None,
    cpu: str = "8",
    memory: str = "16Gi",
    used_cpu: str = "0",
    used_memory: str = "0",
    gpus: int = 0,
    used_gpus: int = 0,
    gpu_memory: int | None = None,
    live_cpu: str | None = None,
    live_memory: str | None = None,
    labels: Mapping[str, str] | None = None,
    ready: bool = True,
    cordoned: bool = False,
    taints: Sequence[tuple[str, str]] = (),
) -> Node:
    """A node; taints are (key, effect), `used` is what pods request and `live` what the machine reports."""
    devices = {"nvidia.com/gpu": gpus} if gpus else {}
    gpu_labels = {} if gpu_memory is None else {"nvidia.com/gpu.memory": str(gpu_memory)}
    live = {resource: text for resource, text in (("cpu", live_cpu), ("memory", live_memory)) if text}
    return Node(
        name,
        site,
        ready=ready,
        unschedulable=cordoned,
        taints=tuple(Taint(key, "", effect) for key, effect in taints),
        labels={**gpu_labels, **(labels or {})},
        allocatable={**resources({"cpu": cpu, "memory": memory}), "pods": 110, **devices},
        requested={**resources({"cpu": used_cpu, "memory": used_memory}), "nvidia.com/gpu": used_gpus, "pods": 0},
        used=resources(live),
    )


def a_link(
    one: str,
    other: str,
    milliseconds: float | None,
    *,
    age: float = 3.0,
    jitter: float = 0.0,
    loss_percent: float = 0.0,
    losses: int = 0,
    declared: bool = False,
    now: float = NOW,
) -> Link:
    """A link as measured from `one`: p95, jitter in milliseconds; `losses` in a row."""
    micros = None if milliseconds is None else round(milliseconds * 1000)
    return Link(
        one,
        other,
        micros,
        micros,
        jitter_microseconds=round(jitter * 1000),
        loss_basis_points=round(loss_percent * 100),
        consecutive_losses=losses,
        source=LinkSource.DECLARED if declared else LinkSource.MEASURED,
        observed_at=now - age,
    )


def a_spec(
    *,
    target: int | None = None,
    clients: Iterable[str | tuple[str, int]] = (),
    variants: Sequence[Mapping[str, Any]] | None = None,
    cpu: str | None = None,
    memory: str | None = None,
    compute: int | None = None,
    size: int | None = None,
    accuracy: int | None = None,
    family: str = "Other",
    max_cost: str | None = None,
    min_sites: int = 1,
    max_sites: int = 1,
    profile: str = "Balanced",
    priority_class: str | None = None,
    boundary: str = "Anywhere",
    regions: Sequence[str] = (),
    sites: Sequence[str] = (),
    offline: bool = False,
    tiers: Sequence[str] = ("Edge", "Fog", "Cloud"),
    selector: Mapping[str, str] | None = None,
    weights: Mapping[str, int] | None = None,
    replicas: int = 1,
    kibibytes: int = 0,
    migration: Mapping[str, Any] | None = None,
) -> AIWorkloadSpec:
    """A spec; clients are site names or (site, requests per second)."""
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    default: dict[str, Any] = {"name": "default", "uri": "s3://models/m", "resources": {"requests": requests}}
    facts = {"computeMilliseconds": compute, "sizeMebibytes": size, "accuracyPercent": accuracy}
    default |= {field: value for field, value in facts.items() if value is not None}
    named = [(client, 1) if isinstance(client, str) else client for client in clients]
    requirements: dict[str, Any] = {
        "privacy": {"boundary": boundary, "regions": list(regions), "sites": list(sites)},
        "offline": {"mode": "Required" if offline else "NotRequired"},
        "traffic": {"requestKibibytes": kibibytes},
        "cost": {"maxPerHour": max_cost} if max_cost else None,
    }
    if target is not None:
        found = [{"site": site, "requestsPerSecond": rate} for site, rate in named]
        requirements["latency"] = {"p95Milliseconds": target, "clients": found}
    return AIWorkloadSpec.model_validate(
        {
            "model": {"family": family, "variants": list(variants) if variants is not None else [default]},
            "requirements": requirements,
            "placement": {
                "tiers": list(tiers),
                "siteSelector": {"matchLabels": dict(selector or {})},
                "minSites": min_sites,
                "maxSites": max_sites,
                "profile": profile,
                "weights": dict(weights or {}),
            },
            "scaling": {"minReplicas": replicas},
            "migration": dict(migration or {}),
            "priorityClassName": priority_class,
        }
    )


def a_variant(name: str, **fields: object) -> dict[str, Any]:
    """A variant as its owner writes it."""
    return {"name": name, "uri": f"s3://models/{name}", **fields}


def an_intent(
    from_site: str, to_site: str, trigger: str = "BetterSite", *, start: float = NOW, switched: float | None = None
) -> MoveIntent:
    """A move as it is remembered on objects."""
    return MoveIntent(from_site, to_site, MoveTrigger(trigger), start, switched)


def a_placement(
    site: str,
    variant: str = "default",
    *,
    created: float = LONG_AGO,
    node: str | None = "",
    replicas: int = 1,
    ready: bool = True,
    intent: MoveIntent | None = None,
    deleting: bool = False,
) -> Placement:
    """A placement whose pods run on the site's first node; `node=None`: they wait for one."""
    where = f"{site}-1" if node == "" else node
    pods = tuple(Pod(f"{site}-{n}", f"uid-{site}-{n}", where, ready) for n in range(replicas))
    return Placement(
        site,
        variant,
        f"w-{site}-{variant}",
        created,
        uid=f"uid-{site}-{variant}",
        replicas=replicas,
        ready_replicas=replicas if ready else 0,
        deleting=deleting,
        intent=intent,
        pods=pods,
    )


def a_move(
    from_site: str,
    to_site: str,
    trigger: str = "BetterSite",
    *,
    ended: float,
    started: float | None = None,
    failed: bool = False,
) -> MoveStatus:
    """A move that ended, as the status holds it."""
    return MoveStatus(
        from_site=from_site,
        to_site=to_site,
        trigger=MoveTrigger(trigger),
        start_time=to_rfc3339(ended - 10 if started is None else started),
        end_time=to_rfc3339(ended),
        result=MoveResult.ROLLED_BACK if failed else MoveResult.COMPLETED,
    )


def a_status(
    *,
    challenger: tuple[str, float] | None = None,
    variant: str = "default",
    missed_since: float | None = None,
    moves: Sequence[MoveStatus] = (),
) -> AIWorkloadStatus:
    """A published status; the challenger is (site, since)."""
    missed = Condition(
        type="LatencyMet",
        status=ConditionStatus.FALSE,
        reason="TargetMissed",
        last_transition_time=to_rfc3339(missed_since or 0.0),
    )
    better = (
        ChallengerStatus(site=challenger[0], variant=variant, since_time=to_rfc3339(challenger[1]))
        if challenger
        else None
    )
    return AIWorkloadStatus(
        decision=DecisionStatus(time=to_rfc3339(NOW), reason="Stays", challenger=better),
        moves=tuple(moves),
        conditions=() if missed_since is None else (missed,),
    )


def a_workload(
    name: str = "detector",
    *,
    namespace: str = "factory",
    spec: AIWorkloadSpec | None = None,
    placements: Sequence[Placement] = (),
    serving: str | None = None,
    switch: MoveIntent | None = None,
    status: AIWorkloadStatus | None = None,
    created: float = LONG_AGO,
    approved: str | None = None,
    priority: int = 0,
    **fields: object,
) -> Workload:
    """A workload; with placements, its Service selects the one at `serving` (default: the first)."""
    where = next((p.assignment for p in placements if p.site == serving), None)
    if where is None and placements:
        where = placements[0].assignment
    return Workload(
        WorkloadKey(namespace, name),
        spec or a_spec(**fields),
        uid=f"uid-{name}",
        created_at=created,
        approved_site=approved,
        priority=priority,
        placements=tuple(placements),
        service=Service(name, where, switch) if placements else None,
        published=status,
    )


def a_snapshot(
    *,
    sites: Iterable[Site] = (),
    nodes: Iterable[Node] | None = None,
    links: Iterable[Link] = (),
    workloads: Iterable[Workload] = (),
    now: float = NOW,
) -> Snapshot:
    """A snapshot; without nodes, every hosting site has one roomy node named `<site>-1`."""
    places = list(sites)
    machines = list(nodes) if nodes is not None else roomy_nodes(places)
    placed = {site.name: _with_nodes(site, machines) for site in places}
    return Snapshot(
        taken_at=now,
        sites=placed,
        nodes={node.name: node for node in machines},
        links={(link.from_site, link.to_site): link for link in links},
        workloads={workload.key: workload for workload in workloads},
    )


def roomy_nodes(sites: Iterable[Site]) -> list[Node]:
    """One roomy, ready node for each site that hosts."""
    return [a_node(f"{site.name}-1", site=site.name) for site in sites if site.spec.node_selector]


def _with_nodes(site: Site, nodes: Iterable[Node]) -> Site:
    return replace(site, nodes=tuple(sorted(node.name for node in nodes if node.site == site.name)))


def assignment(site: str, variant: str = "default") -> Assignment:
    """Where and what."""
    return Assignment(site, variant)
