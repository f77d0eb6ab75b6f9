# SPDX-License-Identifier: Apache-2.0
"""Four sites, five workloads and any weather over them; what must hold is checked at every single write."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiworkload.api import names
from aiworkload.api.site import Connectivity, SiteSpec
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload import AIWorkloadSpec, Tier
from aiworkload.placement.connectivity import judged
from aiworkload.placement.policy import Policy
from aiworkload.placement.stability import IMMEDIATE
from aiworkload.reconcile.advising import Adviser
from aiworkload.reconcile.cycle import Cycle, CycleReport, Options
from aiworkload.rollout.intent import decode
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import MoveIntent, UnreadableWorkload, Workload, WorkloadKey
from tests.fakes import Crash, FakeClock, FakeCluster, FakeEvents

ROOM = {"cpu": 8000, "memory": 16 * 2**30, "pods": 110}
TIERS = {"plant-7": Tier.EDGE, "plant-8": Tier.EDGE, "fog-1": Tier.FOG, "cloud": Tier.CLOUD}
REGIONS = {"plant-7": "eu", "plant-8": "eu", "fog-1": "eu", "cloud": "us"}
HOME = "plant-7"
NODE_GRACE_SECONDS = 40
REST_SECONDS = 100.0
"""Between two cycles at rest: longer than in life, and long enough for every window."""
MIGRATION = {
    "violationSeconds": 10,
    "minDwellSeconds": 20,
    "drainSeconds": 5,
    "failbackSeconds": 30,
    "readyTimeoutSeconds": 60,
}
VARIANTS = [
    {"name": "big", "uri": "s3://m/big", "tiers": ["Fog", "Cloud"], "resources": {"requests": {"cpu": "2"}}},
    {"name": "small", "uri": "s3://m/small", "resources": {"requests": {"cpu": "1"}}},
]


def spec(
    *,
    clients: Sequence[str] = (HOME,),
    variants: Sequence[Mapping[str, object]] = VARIANTS,
    requirements: Mapping[str, object] | None = None,
    migration: Mapping[str, object] | None = None,
    **rest: object,
) -> AIWorkloadSpec:
    """A detector's spec; `requirements` are beside its latency target."""
    latency = {"p95Milliseconds": 50, "clients": [{"site": site} for site in clients]}
    return AIWorkloadSpec.model_validate(
        {
            "model": {"variants": list(variants)},
            "requirements": {"latency": latency, **(requirements or {})},
            "migration": {**MIGRATION, **(migration or {})},
            **rest,
        }
    )


KEY = WorkloadKey("factory", "detector")
SPECS: Mapping[WorkloadKey, AIWorkloadSpec] = {
    KEY: spec(placement={"tiers": ["Fog", "Cloud"]}),
    WorkloadKey("office", "detector"): spec(placement={"tiers": ["Fog", "Cloud"]}),
    WorkloadKey("factory", "private"): spec(requirements={"privacy": {"boundary": "Premises"}}),
    WorkloadKey("factory", "resilient"): spec(
        clients=["plant-7", "plant-8"], requirements={"offline": {"mode": "Required"}}
    ),
}


@dataclass
class Storm:
    """The loop over a cluster in memory under any weather, with its watchman."""

    cluster: FakeCluster
    clock: FakeClock
    milliseconds: dict[str, int] = field(default_factory=lambda: {"plant-8": 8, "fog-1": 5, "cloud": 30})
    cut: dict[str, float] = field(default_factory=dict)
    """Since when."""
    deaf: bool = False
    """Whether all measuring has stopped."""
    begun: dict[WorkloadKey, set[tuple[str, str]]] = field(default_factory=dict)
    switches: dict[WorkloadKey, list[MoveIntent]] = field(default_factory=dict)
    disturbed: set[WorkloadKey] = field(default_factory=set)
    """Workloads whose objects a person deleted, or that changed between one site and every site."""
    alive: dict[WorkloadKey, bool] = field(default_factory=dict)
    last: CycleReport | None = None
    adviser: Adviser = field(default_factory=lambda: Adviser(30))
    die_in: int | None = None
    die_after: bool = False
    dead: bool = False

    async def live(self, seconds: float, step: float = 2.3) -> None:
        """Cycles for so many seconds."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.clock.seconds += step
            self.measure()
            await self.cycle()

    async def cycle(self) -> float | None:
        """One cycle, perhaps cut short by a crash; when time makes the next one due."""
        self.dead = False
        try:
            cycle = Cycle(self.cluster, FakeEvents(), Options(Policy(), "triton:test"), self.adviser.decide_and_advise)
            self.last = await cycle.run(self.last)
        except Crash:
            await asyncio.sleep(0)
            self.last, self.adviser = None, Adviser(30)
            return None
        report = self.last
        assert not report.failures, report.failures
        return report.next_due

    def measure(self) -> None:
        """Agents and kubelets do their part, where they can."""
        now, base = self.clock.now(), self.cluster.base
        nodes = {
            name: replace(node, ready=now - self.cut.get(str(node.site), now) < NODE_GRACE_SECONDS)
            for name, node in base.nodes.items()
        }
        sites = {
            name: site if name in self.cut or self.deaf else replace(site, last_report_at=now)
            for name, site in base.sites.items()
        }
        links = base.links if self.deaf else {ends: self._measured(link) for ends, link in base.links.items()}
        self.cluster.base = replace(base, nodes=nodes, sites=sites, links=links)

    def _measured(self, link: Link) -> Link:
        if link.from_site in self.cut:
            return link
        now = self.clock.now()
        if link.to_site in self.cut:
            return replace(link, observed_at=now, consecutive_losses=link.consecutive_losses + 1)
        p95 = self.milliseconds.get(link.to_site, 8) * 1000
        return replace(link, observed_at=now, consecutive_losses=0, rtt_p50_microseconds=p95, rtt_p95_microseconds=p95)

    def edit(self, key: WorkloadKey, **changes: object) -> None:
        """Change a workload, if it is still there."""
        workload = self.cluster.base.workloads.get(key)
        if workload is not None:
            newer = replace(workload, **changes, generation=workload.generation + ("spec" in changes))
            self.cluster.base = replace(self.cluster.base, workloads={**self.cluster.base.workloads, key: newer})

    # What must hold at every write.

    def before(self, what: str) -> None:
        if self.dead or (self.die_in == 0 and not self.die_after):
            self._die()
        self.alive = {key: self.has_ready_endpoint(key) for key in self.cluster.base.workloads}
        if what.startswith("delete "):
            self._nothing_silent_is_deleted(what.removeprefix("delete "))

    def after(self, what: str) -> None:
        for key, was in self.alive.items():
            assert not was or self.has_ready_endpoint(key), f"{what} took the last ready endpoint of {key}"
        if what.startswith(("Deployment ", "Service ")):
            self._look(what)
        if self.die_in == 0 and self.die_after:
            self._die()
        self.die_in = self.die_in - 1 if self.die_in is not None else None

    def _die(self) -> None:
        self.dead, self.die_in = True, None
        raise Crash

    def has_ready_endpoint(self, key: WorkloadKey) -> bool:
        workload = self.cluster.base.workloads[key]
        return any(placement.ready_replicas > 0 for placement in self.cluster.workload(workload).serving)

    def _nothing_silent_is_deleted(self, name: str) -> None:
        site = self._state(self._site_of(name))
        assert site is not Connectivity.DISCONNECTED, f"{name} stands at a silent site and was deleted"

    def _state(self, site: str) -> Connectivity | None:
        found = judged(self.cluster.snapshot(), Policy()).sites.get(site)
        return found.connectivity if found else None

    def _site_of(self, name: str) -> str:
        found = [d for (_, known), d in self.cluster.deployments.items() if known == name]
        return str(found[0].manifest["metadata"]["labels"][names.SITE_LABEL])

    def _look(self, what: str) -> None:
        kind, name = what.split(" ")
        objects = (
            self.cluster.services
            if kind == "Service"
            else {key: standing.manifest for key, standing in self.cluster.deployments.items()}
        )
        for (namespace, known), manifest in objects.items():
            if known == name:
                self._look_at(
                    kind, WorkloadKey(namespace, manifest["metadata"]["labels"][names.WORKLOAD_LABEL]), manifest
                )

    def _look_at(self, kind: str, key: WorkloadKey, manifest: Mapping[str, Any]) -> None:
        intent = decode(manifest["metadata"].get("annotations", {}).get(names.MOVE_ANNOTATION))
        if intent is None or key not in self.cluster.base.workloads:
            return
        move = (to_rfc3339(intent.start_time), intent.to_site)
        known = self.begun.setdefault(key, set())
        if move not in known:
            self._is_inside_the_boundary(key, intent.to_site)
        known.add(move)
        switches = self.switches.setdefault(key, [])
        if kind == "Service" and intent not in switches:
            self._is_within_its_rules(key, switches, intent)
            switches.append(intent)

    def _is_inside_the_boundary(self, key: WorkloadKey, site: str) -> None:
        privacy = self.cluster.base.workloads[key].spec.requirements.privacy
        if privacy.boundary == "Site":
            assert site in (privacy.sites or (HOME,)), f"{key} crossed its boundary"
        if privacy.boundary in ("Region", "Premises"):
            assert site in TIERS, f"{key} crossed its boundary"
            assert REGIONS[site] == "eu", f"{key} crossed its boundary"
            assert privacy.boundary == "Region" or TIERS[site] is not Tier.CLOUD

    def _is_within_its_rules(self, key: WorkloadKey, before: list[MoveIntent], move: MoveIntent) -> None:
        migration = self.cluster.base.workloads[key].spec.migration
        assert move.switch_time is not None
        if move.trigger in IMMEDIATE or move.trigger == "Manual" or migration.mode == "Manual":
            return
        if before and before[-1].switch_time is not None:
            waited = move.start_time - before[-1].switch_time
            assert waited >= migration.min_dwell_seconds - 1, f"{key} moved again after {waited} s"
        voluntary = [m for m in before if m.trigger not in IMMEDIATE and m.start_time > move.start_time - 3600]
        assert len(voluntary) < migration.max_moves_per_hour, f"{key} moved too often"

    # What must hold in the end.

    async def settle(self) -> None:
        """The weather stops; after the longest window nothing is written any more."""
        self.cluster.never_ready, self.deaf, self.die_in = set(), False, None
        for seconds in (4200, 1200):
            self.cluster.writes.clear()
            await self._until(self.clock.seconds + seconds)
        assert self.cluster.writes == [], "it does not come to rest"
        for workload in self.cluster.base.workloads.values():
            self._is_settled(self.cluster.workload(workload))

    async def _until(self, end: float) -> None:
        while self.clock.seconds < end:
            self.measure()
            due = await self.cycle()
            now = self.clock.seconds
            self.clock.seconds = min(now + REST_SECONDS, max(now + 0.5, due if due is not None else now + REST_SECONDS))

    def _is_settled(self, workload: Workload) -> None:
        assert workload.published is not None
        said = {c.type: c for c in workload.published.conditions}
        assert {c.observed_generation for c in said.values()} == {workload.generation}
        assert said["Migrating"].status == "False", said["Migrating"]
        stalled, ready = said["Stalled"].status == "True", said["Ready"].status
        assert stalled or ready in ("True", "Unknown"), said
        wanted = {p.site for p in workload.serving}
        for placement in workload.placements:
            alone = self._state(placement.site) in (Connectivity.DISCONNECTED, Connectivity.LOST)
            assert placement.site in wanted or alone, f"{placement.name} is an orphan"
        self._all_moves_are_recorded(workload)

    def _all_moves_are_recorded(self, workload: Workload) -> None:
        assert workload.published is not None
        recorded = [(move.start_time, move.to_site) for move in workload.published.moves]
        assert len(recorded) == len(set(recorded)), "a move is recorded twice"
        assert all(move.start_time <= move.end_time for move in workload.published.moves)
        if workload.key not in self.disturbed and len(recorded) < 10:
            assert set(recorded) == self.begun.get(workload.key, set())


def make_storm() -> Storm:
    """The four sites and workloads at rest, in good weather."""
    clock = FakeClock()
    nodes = {f"{site}-a": Node(f"{site}-a", site, uid=f"uid-{site}", allocatable=ROOM) for site in TIERS}
    sites = {
        name: Site(name, SiteSpec(tier=tier, region=REGIONS[name], node_selector={"site": name}), nodes=(f"{name}-a",))
        for name, tier in TIERS.items()
    }
    links = {
        (one, other): Link(one, other, 5000, 5000, observed_at=clock.now())
        for one in ("plant-7", "plant-8")
        for other in TIERS
        if one != other
    }
    workloads = {key: Workload(key, found, uid=f"uid-{key}", created_at=clock.now()) for key, found in SPECS.items()}
    odd = UnreadableWorkload(WorkloadKey("factory", "odd"), "uid-odd", 1, "1", "spec.model is gone", reported=True)
    base = Snapshot(clock.now(), sites, nodes, links, workloads, unreadable=(odd,))
    storm = Storm(FakeCluster(base, clock), clock)
    storm.cluster.before_write, storm.cluster.after_write = storm.before, storm.after
    storm.measure()
    return storm
