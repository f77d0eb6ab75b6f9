# SPDX-License-Identifier: Apache-2.0
"""From the store to a frozen snapshot, at the cost of what changed since the last one.

What did not change is the very same object again. Time counts as a change only where it makes a report stale.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from aiworkload.api.site import Connectivity, SiteSpec, SiteStatus
from aiworkload.api.timestamps import to_epoch
from aiworkload.kube.expiries import Expiries
from aiworkload.kube.links import SiteLinks
from aiworkload.kube.members import Members
from aiworkload.kube.projection.base import Key
from aiworkload.kube.projection.custom import SiteFact
from aiworkload.kube.projection.live_use import live_use
from aiworkload.kube.projection.node import NodeFact
from aiworkload.kube.projection.report import ReportFact
from aiworkload.kube.store import Store
from aiworkload.kube.views import Views
from aiworkload.kube.workloads import Workloads
from aiworkload.snapshot.measured import declared
from aiworkload.snapshot.membership import Claim
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import REPORT_VALID_SECONDS, Site
from aiworkload.snapshot.snapshot import Report, Snapshot

_log = logging.getLogger(__name__)

_UNKNOWN: Final[dict[str, int]] = {}


@dataclass(frozen=True, slots=True)
class _ReadSite:
    """A Site's fact with what it says, read once."""

    fact: SiteFact
    spec: SiteSpec | str
    published: SiteStatus | None


class Assembler:
    """Makes snapshots of one store. A clock that is set back costs one pass over all reports."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._touched = store.follow()
        self._taken_at = 0.0
        self._expiries = Expiries()
        self._members = Members()
        self._links = SiteLinks()
        self._workloads = Workloads(store)
        self._read: dict[str, _ReadSite] = {}
        self._claims: dict[str, Claim] = {}
        self._sites: Views[str, Site] = Views()
        self._nodes: Views[str, Node] = Views()
        self._reports: Views[str, Report] = Views()

    def snapshot(self, now: float) -> Snapshot:
        """Everything known at `now`."""
        touched = self._touched.take()
        if now < self._taken_at:
            touched.reports.update(report.metadata.name for report in self._store.reports.values())
        self._taken_at = now
        self._read_sites(touched.sites)
        labels_of = {name: fact.metadata.labels if (fact := self._node_fact(name)) else None for name in touched.nodes}
        moved = self._members.update(labels_of, self._claims)
        aged = self._expiries.passed(now)
        self._measure(touched.reports | moved.nodes | (aged & self._store.recalled.nodes), now)
        for name in aged:
            self._links.recheck(name)
        self._arm(touched.reports | moved.nodes | aged, now)
        self._refresh_nodes(touched.nodes | moved.nodes, touched.reports | aged, now)
        told = {site for name in touched.reports if (site := self._members.site_of(name))}
        self._refresh_sites(touched.sites | moved.sites | told)
        if touched.priority_classes:
            self._workloads.prioritise()
        self._workloads.refresh(touched.workloads)
        return Snapshot(
            taken_at=now,
            sites=self._sites.view(),
            nodes=self._nodes.view(),
            links=self._links.view(now),
            workloads=self._workloads.readable,
            reports=self._reports.view(),
            unreadable=self._workloads.unreadable,
        )

    def _node_fact(self, name: str) -> NodeFact | None:
        return self._store.nodes.get(Key("", name))

    def _report_fact(self, name: str) -> ReportFact | None:
        return self._store.reports.get(Key("", name))

    def _read_sites(self, names: Iterable[str]) -> None:
        for name in names:
            fact = self._store.sites.get(Key("", name))
            standing = self._read.pop(name, None)
            spec: SiteSpec | str = ""
            if fact:
                spec = standing.spec if standing and standing.fact.spec == fact.spec else fact.read_spec()
                self._read[name] = _ReadSite(fact, spec, fact.read_status())
            if isinstance(spec, SiteSpec) and fact:
                self._claims[name] = Claim(name, fact.metadata.created_at, spec.node_selector)
            else:
                self._claims.pop(name, None)
                if spec and (standing is None or standing.spec != spec):
                    _log.warning("Site %s counts as absent: %s", name, spec)
            if standing is None or standing.spec is not spec:
                self._links.declare(name, declared(name, spec) if isinstance(spec, SiteSpec) else ())

    def _measure(self, names: Iterable[str], now: float) -> None:
        for name in names:
            fact, site = self._report_fact(name), self._members.site_of(name)
            self._reports.put(name, self._report(fact) if fact else None)
            contact = self._store.contacts.get(name)
            if fact and fact.status and site is not None and contact is not None:
                found = self._store.recalled.of(fact, contact, now)
                bandwidths = {other: told.bandwidth for other, told in found.items() if told.bandwidth}
                self._links.measure(name, site, [told.from_site(site) for told in found.values()], bandwidths)
            else:
                self._links.measure(name, None, ())

    def _arm(self, names: Iterable[str], now: float) -> None:
        """Ask when the next of what these measured turns stale."""
        for name in names:
            links_until, machine_until = self._links.expires_at(name, now), self._machine_until(name)
            if links_until is not None:
                self._expiries.arm(name, links_until)
            if machine_until is not None and now <= machine_until:
                self._expiries.arm(name, machine_until)

    def _machine_until(self, name: str) -> float | None:
        """Until when its machine's use counts; None: it was not measured."""
        fact, contact = self._report_fact(name), self._store.contacts.get(name)
        if fact is None or contact is None or fact.status is None or fact.status.machine is None:
            return None
        return contact - fact.age_of(fact.status.machine.observed_time) + fact.status.valid_seconds

    def _refresh_nodes(self, changed: set[str], reported: set[str], now: float) -> None:
        for name in changed | reported:
            fact = self._node_fact(name)
            if fact is None:
                self._nodes.put(name, None)
                continue
            used, standing = self._used(fact, now), self._nodes.get(name)
            if standing is None or name in changed:
                self._nodes.put(name, self._node(fact, used))
            elif standing.used != used:
                self._nodes.put(name, replace(standing, used=used))

    def _used(self, fact: NodeFact, now: float) -> dict[str, int]:
        """What is in use there, by its agent, else by metrics.k8s.io; of a stale report nothing is believed."""
        until, report = self._machine_until(fact.metadata.name), self._report_fact(fact.metadata.name)
        machine = report.status.machine if report and report.status else None
        if machine and until is not None and now <= until:
            return live_use(fact, machine)
        metered = self._store.metered.get(fact.metadata.name)
        return fact.used(metered) if metered else _UNKNOWN

    def _node(self, fact: NodeFact, used: dict[str, int]) -> Node:
        name = fact.metadata.name
        return Node(
            name=name,
            site=self._members.site_of(name),
            uid=fact.metadata.uid,
            ready=fact.ready,
            unschedulable=fact.spec.unschedulable,
            taints=fact.taints,
            labels=fact.metadata.labels,
            allocatable=fact.allocatable,
            requested=self._store.requested.of(name),
            used=used,
        )

    def _refresh_sites(self, names: Iterable[str]) -> None:
        for name in names:
            read = self._read.get(name)
            self._sites.put(name, self._site(read.fact, read.spec, read.published) if read else None)

    def _site(self, fact: SiteFact, spec: SiteSpec | str, published: SiteStatus | None) -> Site | None:
        if isinstance(spec, str):
            return None
        name = fact.metadata.name
        nodes = self._members.nodes_of(name)
        last_report_at, valid_seconds = self._newest_report(nodes)
        since = published.connectivity_since_time if published else None
        return Site(
            name=name,
            spec=spec,
            uid=fact.metadata.uid,
            generation=fact.metadata.generation,
            labels=fact.metadata.labels,
            nodes=nodes,
            contested_nodes=self._members.contested(name),
            last_report_at=last_report_at,
            report_valid_seconds=valid_seconds,
            connectivity=(published and published.connectivity) or Connectivity.CONNECTED,
            connectivity_since=to_epoch(since) if since else 0.0,
            published=published,
        )

    def _newest_report(self, nodes: Iterable[str]) -> tuple[float | None, float]:
        """When one of these nodes was last heard, and how long that report is good for."""
        heard = [(at, node) for node in nodes if (at := self._store.contacts.get(node)) is not None]
        if not heard:
            return None, REPORT_VALID_SECONDS
        at, node = max(heard)
        fact = self._report_fact(node)
        return at, float(fact.status.valid_seconds) if fact and fact.status else REPORT_VALID_SECONDS

    def _report(self, fact: ReportFact) -> Report:
        name, status = fact.metadata.name, fact.status
        return Report(
            node=name,
            uid=fact.metadata.uid,
            site=fact.spec.site,
            peers=tuple((peer.site, peer.endpoint) for peer in fact.spec.peers),
            endpoint=status.endpoint if status else None,
            strained=bool(status and status.machine and status.machine.is_strained),
            observed_at=self._store.contacts.get(name),
            valid_seconds=float(status.valid_seconds) if status else 30.0,
        )
