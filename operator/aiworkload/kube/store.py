# SPDX-License-Identifier: Apache-2.0
"""Everything the watches know, indexed for snapshots, with one bell that rings when a decision could differ."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiworkload.kube.projection.base import Fact, Key
from aiworkload.kube.projection.child import ChildFact, DeploymentFact, ServiceFact
from aiworkload.kube.projection.custom import SiteFact, WorkloadFact
from aiworkload.kube.projection.node import NodeFact
from aiworkload.kube.projection.pod import PodFact
from aiworkload.kube.projection.report import ReportFact
from aiworkload.kube.requested import RequestedSums
from aiworkload.kube.table import AnyTable, Table
from aiworkload.snapshot.workload import WorkloadKey


class Store:
    """Tables of facts, running sums and indices.

    `changed` is set whenever a fact changed in a way that decisions see; whoever waits for it clears it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.changed: Final = asyncio.Event()
        self.requested: Final = RequestedSums()
        self.contacts: Final[dict[str, float]] = {}
        """By node: when its report was last seen to change, by the operator's clock."""
        self.dirty: Final[set[WorkloadKey]] = set()
        """Workloads whose own objects changed since the last snapshot."""
        self.pods_of: Final[dict[WorkloadKey, dict[Key, PodFact]]] = {}
        self.nodes: Final = Table(NodeFact, self._on_any)
        self.pods: Final = Table(PodFact, self._on_pod)
        self.reports: Final = Table(ReportFact, self._on_report)
        self.deployments: Final = Table(DeploymentFact, self._on_child)
        self.services: Final = Table(ServiceFact, self._on_child)
        self.workloads: Final = Table(WorkloadFact, self._on_workload)
        self.sites: Final = Table(SiteFact, self._on_any)
        self.children_of: Final[dict[WorkloadKey, dict[tuple[type[Fact], Key], ChildFact]]] = {}
        self._by_kind: Final[dict[str, AnyTable]] = {
            "Node": self.nodes,
            "Pod": self.pods,
            "NodeReport": self.reports,
            "Deployment": self.deployments,
            "Service": self.services,
            "AIWorkload": self.workloads,
            "Site": self.sites,
        }

    def table(self, kind: str) -> AnyTable:
        """The table of a kind.

        Raises:
            KeyError: no watch follows that kind.
        """
        return self._by_kind[kind]

    def _ring(self, old: Fact | None, new: Fact | None) -> None:
        if old is None or new is None or not new.matters_like(old):
            self.changed.set()

    def _on_any(self, old: Fact | None, new: Fact | None, *, listed: bool) -> None:
        del listed
        self._ring(old, new)

    def _on_pod(self, old: PodFact | None, new: PodFact | None, *, listed: bool) -> None:
        del listed
        self.requested.change(old, new)
        for pod in (old, new):
            if pod and pod.workload:
                key = WorkloadKey(pod.metadata.namespace, pod.workload)
                _index(self.pods_of, key, pod.key, new if pod is new else None)
                self.dirty.add(key)
        self._ring(old, new)

    def _on_child(self, old: ChildFact | None, new: ChildFact | None, *, listed: bool) -> None:
        del listed
        for child in (old, new):
            if child:
                _index(self.children_of, child.workload, (type(child), child.key), new if child is new else None)
                self.dirty.add(child.workload)
        self._ring(old, new)

    def _on_workload(self, old: WorkloadFact | None, new: WorkloadFact | None, *, listed: bool) -> None:
        del listed
        for fact in (old, new):
            if fact:
                self.dirty.add(WorkloadKey(*fact.key))
        self._ring(old, new)

    def _on_report(self, old: ReportFact | None, new: ReportFact | None, *, listed: bool) -> None:
        if new is None:
            self.contacts.pop(old.metadata.name if old else "", None)
        elif new.status and (old is None or old.status != new.status):
            self._contact(new, new.status.valid_seconds, listed=listed)
        self._ring(old, new)

    def _contact(self, report: ReportFact, valid_seconds: float, *, listed: bool) -> None:
        """A live watch tells of a write as it happens; a list may tell of one long past, so its stamp counts.

        A report that comes after a silence rings even if it says nothing new: that it came is the news.
        """
        node, now = report.metadata.name, self._now()
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
