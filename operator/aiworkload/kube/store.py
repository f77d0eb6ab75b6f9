# SPDX-License-Identifier: Apache-2.0
"""Everything the watches know, indexed for snapshots, with one bell that rings when a decision could differ."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from weakref import WeakSet

from aiworkload.kube.projection.base import Fact, Key
from aiworkload.kube.projection.child import ChildFact, DeploymentFact, ServiceFact
from aiworkload.kube.projection.custom import SiteFact, WorkloadFact
from aiworkload.kube.projection.node import NodeFact
from aiworkload.kube.projection.pod import PodFact
from aiworkload.kube.projection.priority_class import PriorityClassFact
from aiworkload.kube.projection.report import ReportFact
from aiworkload.kube.recalled import Recalled, machine_of
from aiworkload.kube.requested import RequestedSums
from aiworkload.kube.table import AnyTable, Table
from aiworkload.kube.touched import Touched
from aiworkload.snapshot.workload import WorkloadKey


class Store:
    """Tables of facts, running sums and indices.

    `changed` is set whenever a fact changed in a way that decisions see; whoever waits for it clears it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.now: Final = now
        """Seconds since the epoch, by the clock that everything here is dated by."""
        self.changed: Final = asyncio.Event()
        self.requested: Final = RequestedSums()
        self.contacts: Final[dict[str, float]] = {}
        """By node: when its report was last seen to change, by the operator's clock."""
        self.recalled: Final = Recalled()
        self.metered: Mapping[str, Mapping[str, int]] = {}
        """By node whose agent tells nothing of its machine: percents in use, as metrics.k8s.io has them."""
        self._followers: Final[WeakSet[Touched]] = WeakSet()
        self.pods_of: Final[dict[WorkloadKey, dict[Key, PodFact]]] = {}
        self.nodes: Final = Table(NodeFact, self._on_node)
        self.pods: Final = Table(PodFact, self._on_pod)
        self.reports: Final = Table(ReportFact, self._on_report)
        self.deployments: Final = Table(DeploymentFact, self._on_child)
        self.services: Final = Table(ServiceFact, self._on_child)
        self.workloads: Final = Table(WorkloadFact, self._on_workload)
        self.sites: Final = Table(SiteFact, self._on_site)
        self.priority_classes: Final = Table(PriorityClassFact, self._on_priority_class)
        self.children_of: Final[dict[WorkloadKey, dict[tuple[type[Fact], Key], ChildFact]]] = {}
        self._by_kind: Final[dict[str, AnyTable]] = {
            "Node": self.nodes,
            "Pod": self.pods,
            "NodeReport": self.reports,
            "Deployment": self.deployments,
            "Service": self.services,
            "AIWorkload": self.workloads,
            "Site": self.sites,
            "PriorityClass": self.priority_classes,
        }

    def table(self, kind: str) -> AnyTable:
        """The table of a kind.

        Raises:
            KeyError: no watch follows that kind.
        """
        return self._by_kind[kind]

    def node(self, name: str) -> NodeFact | None:
        """A node, if it is known."""
        return self.nodes.get(Key("", name))

    def meter(self, shares: Mapping[str, Mapping[str, int]]) -> None:
        """What metrics.k8s.io says of all nodes, in place of what it said before; agents' own word comes first."""
        before, told = self.metered, {name: share for name, share in shares.items() if not self._tells_its_use(name)}
        self.metered = told
        changed = {name for name in {*before, *told} if before.get(name) != told.get(name)}
        if changed:
            self._touch_nodes(changed)
            self.changed.set()

    def _tells_its_use(self, node: str) -> bool:
        """Whether its agent does, in a report that may still be believed."""
        report = self.reports.get(Key("", node))
        if report is None or report.status is None or report.status.machine is None:
            return False
        return self.now() - self.contacts.get(node, 0.0) <= report.status.valid_seconds

    def follow(self) -> Touched:
        """A list that is kept of what changes, for as long as somebody holds it; it begins with everything."""
        touched = Touched(
            nodes={fact.metadata.name for fact in self.nodes.values()},
            reports={fact.metadata.name for fact in self.reports.values()},
            sites={fact.metadata.name for fact in self.sites.values()},
            workloads={WorkloadKey(*fact.key) for fact in self.workloads.values()},
            priority_classes=True,
        )
        self._followers.add(touched)
        return touched

    def _ring(self, old: Fact | None, new: Fact | None) -> bool:
        """Whether it matters; then the bell rings."""
        matters = old is None or new is None or not new.matters_like(old)
        if matters:
            self.changed.set()
        return matters

    def _on_node(self, old: NodeFact | None, new: NodeFact | None, *, listed: bool) -> None:
        del listed
        if self._ring(old, new):
            self._touch_nodes({fact.metadata.name for fact in (old, new) if fact})

    def _on_site(self, old: SiteFact | None, new: SiteFact | None, *, listed: bool) -> None:
        del listed
        for name in {fact.metadata.name for fact in (old, new) if fact}:
            for follower in self._followers:
                follower.sites.add(name)
        self._ring(old, new)

    def _on_priority_class(self, old: Fact | None, new: Fact | None, *, listed: bool) -> None:
        del listed
        if self._ring(old, new):
            for follower in self._followers:
                follower.priority_classes = True

    def _on_pod(self, old: PodFact | None, new: PodFact | None, *, listed: bool) -> None:
        del listed
        self._touch_nodes(self.requested.change(old, new))
        for pod in (old, new):
            if pod and pod.workload:
                key = WorkloadKey(pod.metadata.namespace, pod.workload)
                _index(self.pods_of, key, pod.key, new if pod is new else None)
                self._touch_workload(key)
        self._ring(old, new)

    def _on_child(self, old: ChildFact | None, new: ChildFact | None, *, listed: bool) -> None:
        del listed
        for child in (old, new):
            if child:
                _index(self.children_of, child.workload, (type(child), child.key), new if child is new else None)
                self._touch_workload(child.workload)
        self._ring(old, new)

    def _on_workload(self, old: WorkloadFact | None, new: WorkloadFact | None, *, listed: bool) -> None:
        del listed
        for fact in (old, new):
            if fact:
                self._touch_workload(WorkloadKey(*fact.key))
        self._ring(old, new)

    def _on_report(self, old: ReportFact | None, new: ReportFact | None, *, listed: bool) -> None:
        for name in {fact.metadata.name for fact in (old, new) if fact}:
            for follower in self._followers:
                follower.reports.add(name)
        if new is None:
            self._forget_report(old.metadata.name if old else "")
        elif new.status and (old is None or old.status != new.status):
            name = new.metadata.name
            self.recalled.follow(old, new, self.contacts.get(name), machine_of(self.node(name)))
            self._contact(new, new.status.valid_seconds, listed=listed)
        self._ring(old, new)

    def _forget_report(self, node: str) -> None:
        self.contacts.pop(node, None)
        self.recalled.forget(node)

    def _touch_nodes(self, names: set[str]) -> None:
        for follower in self._followers:
            follower.nodes |= names

    def _touch_workload(self, key: WorkloadKey) -> None:
        for follower in self._followers:
            follower.workloads.add(key)

    def _contact(self, report: ReportFact, valid_seconds: float, *, listed: bool) -> None:
        """A live watch tells of a write as it happens; a list may tell of one long past, so its stamp counts.

        A report that comes after a silence rings even if it says nothing new: that it came is the news.
        """
        node, now = report.metadata.name, self.now()
        written_at = (report.metadata.status_written_at or 0.0) if listed else now
        before = self.contacts.get(node, 0.0)
        self.contacts[node] = max(before, min(now, written_at))
        if now - before > valid_seconds:
            self.changed.set()


def _index(index: dict[Any, dict[Any, Any]], group: object, key: object, fact: object | None) -> None:
    members = index.setdefault(group, {})
    if fact is None:
        members.pop(key, None)
    else:
        members[key] = fact
    if not members:
        del index[group]
