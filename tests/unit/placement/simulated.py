# SPDX-License-Identifier: Apache-2.0
"""A cluster that does what it is told within one step, so that decisions are fed back and time goes on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.quantity import resources
from aiworkload.api.site import SiteStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import AIWorkloadStatus, ChallengerStatus, DecisionStatus, MoveResult, MoveStatus
from aiworkload.placement.connectivity import judged
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Decision, Move, Plan
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import MoveIntent, Placement, Service, Workload, WorkloadKey
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot

Weather = Mapping[str, int | None]
"""Milliseconds from the plant by site; None: not measured any more, 0: all probes are lost."""


@dataclass
class Cluster:
    """Workloads whose clients are at `plant`, the sites they may stand at, and what has become of them."""

    workloads: dict[WorkloadKey, Workload]
    sites: dict[str, Site]
    cpu: Mapping[str, int] = field(default_factory=dict[str, int])
    """Cores of each site's one node; 64 where nothing is said."""
    policy: Policy = field(default_factory=Policy)
    now: float = NOW
    step_seconds: float = 20.0
    sick: set[str] = field(default_factory=set)
    """Sites where nothing that comes by a move gets ready."""
    dark: set[str] = field(default_factory=set)
    """Sites that are silent, and whose nodes are not ready."""
    begun: list[tuple[float, WorkloadKey, Move]] = field(default_factory=list)
    ended: list[tuple[float, WorkloadKey, Move, MoveResult]] = field(default_factory=list)

    def step(self, weather: Weather) -> Plan:
        """One cycle, and all that it asks for."""
        snapshot = self.snapshot(weather)
        plan = decide(snapshot, self.policy, self.now)
        seen = judged(snapshot, self.policy).sites
        self.sites = {name: replace(site, published=_published(seen[name])) for name, site in self.sites.items()}
        for key, decision in plan.decisions.items():
            self.workloads[key] = self._acted(self.workloads[key], decision)
        self.now += self.step_seconds
        return plan

    def snapshot(self, weather: Weather) -> Snapshot:
        """What the operator sees."""
        links = [
            a_link("plant", site, ms, now=self.now, age=999 if ms is None else 1, losses=9 if ms == 0 else 0)
            for site, ms in weather.items()
        ]
        sites = [replace(s, last_report_at=self._heard(s)) for s in self.sites.values()]
        nodes = [self._node(name) for name, site in self.sites.items() if site.spec.node_selector]
        return a_snapshot(
            sites=[*sites, a_site("plant", hosts=False)],
            nodes=nodes,
            links=links,
            workloads=self.workloads.values(),
            now=self.now,
        )

    def standing_at(self, site: str) -> set[str]:
        """Names of the workloads that serve there."""
        return {key.name for key, w in self.workloads.items() if w.service and w.service.selects[0] == site}

    def _heard(self, site: Site) -> float | None:
        if site.name not in self.dark:
            self.sites[site.name] = replace(site, last_report_at=self.now)
        return self.sites[site.name].last_report_at

    def _node(self, site: str) -> Node:
        standing = [
            resources(variant.resources.requests).get("cpu", 0)
            for workload in self.workloads.values()
            for placement in workload.placements
            for variant in workload.spec.variants
            if (placement.site, placement.variant) == (site, variant.name)
        ]
        node = a_node(f"{site}-1", site=site, cpu=str(self.cpu.get(site, 64)), memory="999Gi")
        used = {**node.requested, "cpu": sum(standing), "pods": len(standing)}
        return replace(node, ready=site not in self.dark, requested=used)

    def _acted(self, workload: Workload, decision: Decision) -> Workload:
        standing = {placement.assignment: placement for placement in workload.placements}
        keep = {*decision.assignments, *decision.kept}
        moves = list(workload.published.moves) if workload.published else []
        service, move = workload.service, decision.move
        if decision.rolled_back is not None:
            moves.append(self._record(workload.key, decision.rolled_back, MoveResult.ROLLED_BACK))
        if move is not None:
            keep.add(move.source)
            if move.started_at == self.now:
                self.begun.append((self.now, workload.key, move))
        for where in decision.assignments:
            standing[where] = self._grown(standing.get(where), where.site, move)
            if standing[where].ready and (service is None or service.selects != where):
                service = Service(workload.key.name, where, self._intent(move, self.now) if move else None)
                if move is not None:
                    keep -= {move.source} - set(decision.kept)
                    moves.append(self._record(workload.key, move, MoveResult.COMPLETED))
        placements = tuple(placement for where, placement in standing.items() if where in keep)
        status = self._status(workload, decision, moves[-10:])
        return replace(workload, placements=placements, service=service, published=status)

    def _grown(self, placement: Placement | None, site: str, move: Move | None) -> Placement:
        if placement is not None:
            heals = site not in self.dark and not (placement.intent and site in self.sick)
            return a_placement(site, created=placement.created_at) if heals else placement
        return a_placement(site, created=self.now, ready=False, intent=self._intent(move) if move else None)

    def _intent(self, move: Move, switched: float | None = None) -> MoveIntent:
        return MoveIntent(move.source.site, move.target.site, move.trigger, move.started_at, switched)

    def _record(self, key: WorkloadKey, move: Move, result: MoveResult) -> MoveStatus:
        self.ended.append((self.now, key, move, result))
        return MoveStatus(
            from_site=move.source.site,
            to_site=move.target.site,
            trigger=move.trigger,
            start_time=to_rfc3339(move.started_at),
            end_time=to_rfc3339(self.now),
            result=result,
        )

    def _status(self, workload: Workload, decision: Decision, moves: list[MoveStatus]) -> AIWorkloadStatus:
        better = decision.challenger
        challenger = better and ChallengerStatus(
            site=better.assignment.site, variant=better.assignment.variant, since_time=to_rfc3339(better.since)
        )
        verdict = {None: ConditionStatus.UNKNOWN, True: ConditionStatus.TRUE, False: ConditionStatus.FALSE}
        met = verdict[decision.latency_met]
        old = workload.published.conditions[0] if workload.published else None
        since = old.last_transition_time if old and old.status is met else to_rfc3339(self.now)
        return AIWorkloadStatus(
            decision=DecisionStatus(time=to_rfc3339(self.now), reason=decision.reason, challenger=challenger),
            moves=tuple(moves),
            conditions=(Condition(type="LatencyMet", status=met, reason="Seen", last_transition_time=since),),
        )


def _published(site: Site) -> SiteStatus:
    since = to_rfc3339(site.connectivity_since)
    return SiteStatus(connectivity=site.connectivity, connectivity_since_time=since)


def a_cluster(workloads: Iterable[Workload], sites: Iterable[Site], **more: object) -> Cluster:
    """Workloads and the sites they may stand at."""
    return Cluster({w.key: w for w in workloads}, {s.name: replace(s, last_report_at=NOW) for s in sites}, **more)
