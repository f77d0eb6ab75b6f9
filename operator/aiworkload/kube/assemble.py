# SPDX-License-Identifier: Apache-2.0
"""From the store to a frozen snapshot. What did not change since the last one is the same object again."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from aiworkload.api.site import Connectivity, SiteSpec
from aiworkload.api.timestamps import to_epoch
from aiworkload.kube.projection.base import Key
from aiworkload.kube.projection.child import DeploymentFact, ServiceFact
from aiworkload.kube.projection.custom import SiteFact, WorkloadFact
from aiworkload.kube.projection.node import NodeFact
from aiworkload.kube.projection.report import ReportFact
from aiworkload.kube.store import Store
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.measured import declared, site_links
from aiworkload.snapshot.membership import Claim, Membership, membership
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Report, Snapshot
from aiworkload.snapshot.workload import Placement, Service, UnreadableWorkload, Workload, WorkloadKey

_log = logging.getLogger(__name__)

_NodeBasis = tuple[NodeFact, Mapping[str, int], str | None]


class Assembler:
    """Makes snapshots of one store. Workloads and nodes are built anew only when their own facts changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._workloads: dict[WorkloadKey, Workload | UnreadableWorkload] = {}
        self._nodes: dict[str, tuple[_NodeBasis, Node]] = {}
        self._specs: dict[str, tuple[SiteFact, SiteSpec | str]] = {}
        store.dirty.update(WorkloadKey(*fact.key) for fact in store.workloads.values())

    def snapshot(self, now: float) -> Snapshot:
        """Everything known at `now`."""
        self._refresh_workloads()
        specs = dict(self._readable_sites())
        claims = [
            Claim(fact.metadata.name, fact.metadata.created_at, spec.node_selector) for fact, spec in specs.values()
        ]
        facts = {fact.metadata.name: fact for fact in self._store.nodes.values()}
        members = membership({name: fact.metadata.labels for name, fact in facts.items()}, claims)
        self._nodes = {name: self._node(fact, members.site_of.get(name)) for name, fact in facts.items()}
        measured = (link for report in self._store.reports.values() for link in self._links(report, members))
        by_word = (link for name, (_, spec) in specs.items() for link in declared(name, spec))
        return Snapshot(
            taken_at=now,
            sites={name: self._site(fact, spec, members) for name, (fact, spec) in specs.items()},
            nodes={name: node for name, (_, node) in self._nodes.items()},
            links=site_links(measured, by_word, now),
            workloads={k: w for k, w in self._workloads.items() if isinstance(w, Workload)},
            reports={r.metadata.name: self._report(r) for r in self._store.reports.values()},
            unreadable=tuple(w for w in self._workloads.values() if isinstance(w, UnreadableWorkload)),
        )

    def _readable_sites(self) -> Iterator[tuple[str, tuple[SiteFact, SiteSpec]]]:
        known, self._specs = self._specs, {}
        for fact in sorted(self._store.sites.values(), key=lambda site: site.metadata.name):
            name = fact.metadata.name
            standing = known.get(name)
            spec = standing[1] if standing and standing[0].spec == fact.spec else fact.read_spec()
            self._specs[name] = (fact, spec)
            if isinstance(spec, SiteSpec):
                yield name, (fact, spec)
            elif standing is None or standing[1] != spec:
                _log.warning("Site %s counts as absent: %s", name, spec)

    def _node(self, fact: NodeFact, site: str | None) -> tuple[_NodeBasis, Node]:
        requested = self._store.requested.of(fact.metadata.name)
        standing = self._nodes.get(fact.metadata.name)
        if standing:
            (seen, promised, stood), _ = standing
            if seen.matters_like(fact) and promised is requested and stood == site:
                return standing
        node = Node(
            name=fact.metadata.name,
            site=site,
            uid=fact.metadata.uid,
            ready=fact.ready,
            unschedulable=fact.spec.unschedulable,
            taints=fact.taints,
            labels=fact.metadata.labels,
            allocatable=fact.allocatable,
            requested=MappingProxyType(dict(requested)),
        )
        return (fact, requested, site), node

    def _site(self, fact: SiteFact, spec: SiteSpec, members: Membership) -> Site:
        name = fact.metadata.name
        nodes = members.nodes_of.get(name, ())
        heard = [at for node in nodes if (at := self._store.contacts.get(node)) is not None]
        published = fact.read_status()
        since = published.connectivity_since_time if published else None
        return Site(
            name=name,
            spec=spec,
            uid=fact.metadata.uid,
            generation=fact.metadata.generation,
            labels=fact.metadata.labels,
            nodes=nodes,
            contested_nodes=members.contested.get(name, ()),
            last_report_at=max(heard, default=None),
            connectivity=(published and published.connectivity) or Connectivity.CONNECTED,
            connectivity_since=to_epoch(since) if since else 0.0,
            published=published,
        )

    def _report(self, fact: ReportFact) -> Report:
        name, status = fact.metadata.name, fact.status
        return Report(
            node=name,
            uid=fact.metadata.uid,
            site=fact.spec.site,
            peers=tuple((peer.site, peer.endpoint) for peer in fact.spec.peers),
            endpoint=status.endpoint if status else None,
            observed_at=self._store.contacts.get(name),
            valid_seconds=float(status.valid_seconds) if status else 30.0,
        )

    def _links(self, report: ReportFact, members: Membership) -> Iterator[Link]:
        node = report.metadata.name
        site, contact = members.site_of.get(node), self._store.contacts.get(node)
        if report.status is None or site is None or contact is None:
            return
        for link in report.status.links:
            yield Link(
                from_site=site,
                to_site=link.site,
                rtt_p50_microseconds=link.rtt_p50_microseconds,
                rtt_p95_microseconds=link.rtt_p95_microseconds,
                jitter_microseconds=link.jitter_microseconds,
                loss_basis_points=link.loss_basis_points,
                consecutive_losses=link.consecutive_losses,
                observed_at=contact - report.age_of(link),
                valid_seconds=float(report.status.valid_seconds),
            )

    def _refresh_workloads(self) -> None:
        for key in self._store.dirty:
            fact = self._store.workloads.get(Key(*key))
            if fact is None:
                self._workloads.pop(key, None)
            else:
                self._workloads[key] = self._workload(key, fact)
        self._store.dirty.clear()

    def _workload(self, key: WorkloadKey, fact: WorkloadFact) -> Workload | UnreadableWorkload:
        meta, spec = fact.metadata, fact.read_spec()
        if isinstance(spec, str):
            version, reported = meta.resource_version, _says(fact, spec)
            return UnreadableWorkload(key, meta.uid, meta.generation, version, spec, reported)
        return Workload(
            key=key,
            spec=spec,
            uid=meta.uid,
            generation=meta.generation,
            resource_version=meta.resource_version,
            created_at=meta.created_at,
            approved_site=fact.approved_site,
            deleting=meta.deletion_timestamp is not None,
            placements=tuple(sorted(self._placements(key, meta.uid), key=lambda placement: placement.name)),
            service=self._service(key, meta.uid),
            published=fact.read_status(),
        )

    def _placements(self, key: WorkloadKey, uid: str) -> Iterable[Placement]:
        pods = sorted(self._store.pods_of.get(key, {}).values(), key=lambda pod: pod.metadata.name)
        for child in self._store.children_of.get(key, {}).values():
            if isinstance(child, DeploymentFact) and child.belongs_to(uid) and (assignment := child.assignment):
                mine = tuple(pod.as_pod() for pod in pods if pod.assignment == assignment)
                yield child.as_placement(assignment, mine)

    def _service(self, key: WorkloadKey, uid: str) -> Service | None:
        """The Service that the workload owns under its own name; others with its label are their makers' affair."""
        for child in self._store.children_of.get(key, {}).values():
            if isinstance(child, ServiceFact) and child.metadata.name == key.name and child.belongs_to(uid):
                return child.as_service()
        return None


def _says(fact: WorkloadFact, error: str) -> bool:
    """Whether the published conditions carry this very sentence already; a long one is cut there."""
    conditions = fact.status.get("conditions") or ()
    return any((said := condition.get("message")) and error.startswith(said) for condition in conditions)
