# SPDX-License-Identifier: Apache-2.0
"""A cluster in memory behind the loop's ports, for fault injection: it can fail before or after any write.

It proves nothing about Kubernetes; tests/integration does that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiworkload.api import names
from aiworkload.api.site import SiteStatus
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.reconcile.ports import Note, Refused
from aiworkload.rollout.intent import decode
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, Placement, Pod, Service, UnreadableWorkload, Workload, WorkloadKey


class Crash(BaseException):
    """The operator's process ends here."""


@dataclass
class FakeClock:
    """A clock that a test moves."""

    seconds: float = 1_800_000_000.0

    def now(self) -> float:
        return self.seconds


@dataclass
class FakeEvents:
    """Collects what would be posted."""

    notes: list[Note] = field(default_factory=list)

    def post(self, note: Note) -> None:
        self.notes.append(note)

    def reasons(self) -> list[str]:
        return [note.reason for note in self.notes]


@dataclass
class Standing:
    """A Deployment in memory."""

    manifest: Mapping[str, Any]
    created_at: float
    uid: str
    changed_at: float
    replicas_before: int = 0
    """What stood before the last change: those serve on until the new ones are ready (`maxUnavailable: 0`)."""


@dataclass
class FakeCluster:
    """Deployments are ready `ready_after` seconds after a change, unless their site is in `never_ready` or not ready.

    As in Kubernetes, pods on a node that is not ready are not ready, and what a workload owned goes with it.
    """

    base: Snapshot
    clock: FakeClock
    ready_after: float = 3.0
    never_ready: set[str] = field(default_factory=set)
    before_write: Callable[[str], None] = lambda _what: None
    after_write: Callable[[str], None] = lambda _what: None
    writes: list[str] = field(default_factory=list)
    deployments: dict[tuple[str, str], Standing] = field(default_factory=dict)
    services: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    statuses: dict[WorkloadKey, AIWorkloadStatus] = field(default_factory=dict)
    site_statuses: dict[str, SiteStatus] = field(default_factory=dict)
    created: int = 0
    foreign: set[tuple[str, str, str]] = field(default_factory=set)
    """(kind, namespace, name) of objects that somebody else made: the API server lets nobody take them over."""

    def snapshot(self) -> Snapshot:
        sites = {
            name: replace(site, published=self.site_statuses.get(name, site.published))
            for name, site in self.base.sites.items()
        }
        workloads = {key: self.workload(workload) for key, workload in self.base.workloads.items()}
        return replace(self.base, taken_at=self.clock.now(), sites=sites, workloads=workloads)

    async def apply(self, manifest: Mapping[str, Any]) -> bool:
        kind = manifest["kind"]
        key = (manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"])
        if kind == "NodeReport":
            return False
        if (kind, *key) in self.foreign:
            raise Refused(f"{kind} {key[1]} belongs to somebody else")
        if kind == "Service":
            changed = self.services.get(key) != manifest
            return changed and self._write(f"Service {key[1]}", lambda: self.services.update({key: manifest}))
        standing = self.deployments.get(key)
        if standing is not None and standing.manifest == manifest:
            return False
        return self._write(f"Deployment {key[1]}", lambda: self._deploy(key, manifest))

    async def create(self, manifest: Mapping[str, Any]) -> bool:
        raise AssertionError(f"nothing here should create {manifest['kind']}")

    async def delete(self, kind: str, namespace: str | None, name: str, uid: str) -> None:
        key = (namespace or "", name)
        assert kind == "Deployment"
        assert self.deployments[key].uid == uid
        self._write(f"delete {name}", lambda: self.deployments.pop(key))

    async def write_workload_status(self, workload: Workload | UnreadableWorkload, status: AIWorkloadStatus) -> None:
        self._write(f"status {workload.key.name}", lambda: self.statuses.update({workload.key: status}))

    async def write_site_status(self, site: Site, status: SiteStatus) -> None:
        self._write(f"site {site.name}", lambda: self.site_statuses.update({site.name: status}))

    def _write(self, what: str, do: Callable[[], object]) -> bool:
        self.before_write(what)
        do()
        self.writes.append(what)
        self.after_write(what)
        return True

    def _deploy(self, key: tuple[str, str], manifest: Mapping[str, Any]) -> None:
        standing = self.deployments.get(key)
        if standing is None:
            self.created += 1
            now = self.clock.now()
            self.deployments[key] = Standing(manifest, now, f"uid-{self.created}", now)
        elif standing.manifest["spec"] == manifest["spec"]:
            self.deployments[key] = replace(standing, manifest=manifest)
        else:
            before = standing.manifest["spec"]["replicas"]
            self.deployments[key] = replace(
                standing, manifest=manifest, changed_at=self.clock.now(), replicas_before=before
            )

    def collect_garbage(self) -> None:
        """Remove what belongs to workloads that are gone."""
        owners = {workload.uid for workload in self.base.workloads.values()}
        for key in [k for k, standing in self.deployments.items() if _owner(standing.manifest) not in owners]:
            del self.deployments[key]
        for key in [k for k, manifest in self.services.items() if _owner(manifest) not in owners]:
            del self.services[key]

    def workload(self, workload: Workload) -> Workload:
        mine = {
            key: standing for key, standing in self.deployments.items() if _owner(standing.manifest) == workload.uid
        }
        service = self.services.get((workload.key.namespace, workload.key.name))
        return replace(
            workload,
            placements=tuple(self._placement(key[1], standing) for key, standing in sorted(mine.items())),
            service=_service(service) if service else None,
            published=self.statuses.get(workload.key, workload.published),
        )

    def _placement(self, name: str, standing: Standing) -> Placement:
        labels = standing.manifest["metadata"]["labels"]
        site = labels[names.SITE_LABEL]
        aged = self.clock.now() >= standing.changed_at + self.ready_after and site not in self.never_ready
        replicas = standing.manifest["spec"]["replicas"]
        nodes = [node.name for node in self.base.nodes_of(site)]
        alive = any(node.ready for node in self.base.nodes.values() if node.site == site)  # the Site may be gone
        ready = (replicas if aged else min(replicas, standing.replicas_before)) if alive else 0
        pod = Pod(f"{name}-pod", f"{standing.uid}-pod", nodes[0] if nodes else None, ready=ready > 0)
        return Placement(
            site=site,
            variant=labels[names.VARIANT_LABEL],
            name=name,
            uid=standing.uid,
            created_at=standing.created_at,
            replicas=replicas,
            ready_replicas=ready,
            current=aged,
            intent=decode(standing.manifest["metadata"].get("annotations", {}).get(names.MOVE_ANNOTATION)),
            pods=(pod,),
        )


def _owner(manifest: Mapping[str, Any]) -> str:
    return str(manifest["metadata"]["ownerReferences"][0]["uid"])


def _service(manifest: Mapping[str, Any]) -> Service:
    selector = manifest["spec"]["selector"]
    one = names.SITE_LABEL in selector
    return Service(
        name=manifest["metadata"]["name"],
        selects=Assignment(selector[names.SITE_LABEL], selector[names.VARIANT_LABEL]) if one else None,
        intent=decode(manifest["metadata"].get("annotations", {}).get(names.MOVE_ANNOTATION)),
    )
