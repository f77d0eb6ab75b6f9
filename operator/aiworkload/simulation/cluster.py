# SPDX-License-Identifier: Apache-2.0
"""`reconcile.ports.Cluster`, `Leases` and `Events` in memory: an API server that every site in contact listens to."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiworkload.api import names
from aiworkload.api.site import SiteSpec, SiteStatus
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.reconcile.ports import Note, Refused
from aiworkload.sensing.pulses import Renewal
from aiworkload.simulation.clock import VirtualClock
from aiworkload.simulation.controllers import Controllers, VirtualNode
from aiworkload.simulation.measuring import Measured
from aiworkload.simulation.pods import Manifest, VirtualDeployment, intent_on, owner_of
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Report, Snapshot
from aiworkload.snapshot.workload import Assignment, Placement, Service, UnreadableWorkload, Workload, WorkloadKey


@dataclass(slots=True)
class PostedEvents:
    """`reconcile.ports.Events`: keeps them with their time."""

    clock: VirtualClock
    posted: list[tuple[float, Note]] = field(default_factory=list[tuple[float, Note]])

    def post(self, note: Note) -> None:
        """Keep it."""
        self.posted.append((self.clock.now(), note))


class VirtualCluster:
    """Objects in memory; Kubernetes' own controllers work on them, and time passes by the clock alone."""

    def __init__(
        self, clock: VirtualClock, sites: Iterable[Site], nodes: Iterable[VirtualNode], measured: Measured, grace: float
    ) -> None:
        self.clock = clock
        self._measured = measured
        self.sites = {site.name: site for site in sites}
        self.nodes = {node.base.name: node for node in nodes}
        self.workloads: dict[WorkloadKey, Workload] = {}
        self.startup_seconds: dict[WorkloadKey, float] = {}
        self.services: dict[WorkloadKey, Manifest] = {}
        self.controllers = Controllers(self.nodes, [], grace)
        self._reports: dict[str, Report] = {}
        self._made = 0

    @property
    def version(self) -> int:
        """Grows with everything that a watch would tell."""
        return self.controllers.version

    def touched(self) -> None:
        """Somebody changed an object."""
        self.controllers.version += 1

    def deployments_of(self, key: WorkloadKey) -> list[VirtualDeployment]:
        """A workload's Deployments, those of which only dying pods are left included."""
        uid = self.workloads[key].uid
        return [d for d in self.controllers.deployments if d.owner == uid]

    # reconcile.ports.Cluster

    def snapshot(self) -> Snapshot:
        """All that is known now, frozen."""
        now = self.clock.now()
        for key in list(self.workloads):
            self._refresh(key)
        return Snapshot(
            taken_at=now,
            sites={name: self._seen(site, now) for name, site in list(self.sites.items())},
            nodes={name: node.shown() for name, node in self.nodes.items()},
            links=self._measured.links(now),
            workloads=dict(self.workloads),
            reports={name: self._report(report, now) for name, report in list(self._reports.items())},
        )

    async def apply(self, manifest: Mapping[str, Any]) -> bool:
        """Write what differs; True when it wrote."""
        match manifest["kind"]:
            case "NodeReport":
                return self._tell_agent(manifest)
            case "Service":
                return self._write_service(manifest)
            case "Deployment":
                return self._write_deployment(manifest)
            case kind:
                raise Refused(f"a virtual cluster holds no {kind}")

    async def create(self, manifest: Mapping[str, Any]) -> bool:
        """A Site for nodes that stand at none: every node of a scenario has its Site, so nothing needs one."""
        raise Refused(f"a scenario names all of its Sites; {manifest['metadata']['name']} is not among them")

    async def delete(self, kind: str, namespace: str | None, name: str, uid: str) -> None:
        """Delete a Deployment: its pods end when their kubelets hear of it."""
        del kind, namespace
        for deployment in self.controllers.deployments:
            if deployment.name == name and deployment.uid == uid:
                deployment.deleted = True
                self.touched()

    async def write_workload_status(self, workload: Workload | UnreadableWorkload, status: AIWorkloadStatus) -> None:
        """Publish a workload's status."""
        if workload.key in self.workloads:
            self.workloads[workload.key] = replace(self.workloads[workload.key], published=status)
            self.touched()

    async def write_site_status(self, site: Site, status: SiteStatus) -> None:
        """Publish a Site's status."""
        self.sites[site.name] = replace(self.sites[site.name], published=status)
        self.touched()

    async def renewals(self, nodes: Collection[str]) -> Mapping[str, Renewal | None]:
        """Each node's Lease (`reconcile.ports.Leases`)."""
        return {name: self.nodes[name].renewal(self.clock.now()) for name in nodes}

    # what owners do

    def add(self, workload: Workload, startup_seconds: float) -> None:
        """Apply a workload."""
        self.workloads[workload.key] = workload
        self.startup_seconds[workload.key] = startup_seconds
        self.touched()

    def remove(self, key: WorkloadKey) -> None:
        """Delete a workload, and what belongs to it."""
        for deployment in self.deployments_of(key):
            deployment.deleted = True
        self.services.pop(key, None)
        del self.workloads[key]
        self.touched()

    def edit_site(self, name: str, spec: SiteSpec) -> None:
        """Apply a Site anew."""
        site = self.sites[name]
        self.sites[name] = replace(site, spec=spec, generation=site.generation + 1)
        self.touched()

    # how it is kept

    def _refresh(self, key: WorkloadKey) -> None:
        """Placements and Service as they are now; the same object as before when nothing changed."""
        workload = self.workloads[key]
        standing = (d.as_placement() for d in self.deployments_of(key) if not d.deleted)
        placements = tuple(sorted(standing, key=_name))
        service = service_of(self.services[key]) if key in self.services else None
        if placements != workload.placements or service != workload.service:
            self.workloads[key] = replace(workload, placements=placements, service=service)

    def _seen(self, site: Site, now: float) -> Site:
        """With its last contact; the same object as before while nothing is otherwise."""
        at = self._measured.last_report_at(site.name, now)
        if site.last_report_at != at:
            valid = self._measured.valid_seconds
            self.sites[site.name] = site = replace(site, last_report_at=at, report_valid_seconds=valid)
        return site

    def _tell_agent(self, manifest: Manifest) -> bool:
        name, spec = manifest["metadata"]["name"], manifest["spec"]
        peers = tuple((peer["site"], peer["endpoint"]) for peer in spec["peers"])
        known = self._reports.get(name)
        if known is not None and (known.site, known.peers) == (spec.get("site"), peers):
            return False
        self._reports[name] = Report(name, f"uid-{name}", spec.get("site"), peers, f"{name}:7070")
        self.touched()
        return True

    def _report(self, report: Report, now: float) -> Report:
        at = self._measured.last_report_at(report.site or "", now)
        if report.observed_at != at:
            report = replace(report, observed_at=at, valid_seconds=self._measured.valid_seconds)
            self._reports[report.node] = report
        return report

    def _write_service(self, manifest: Manifest) -> bool:
        key = _owner_key(manifest)
        if self.services.get(key) == manifest:
            return False
        self.services[key] = manifest
        self.touched()
        return True

    def _write_deployment(self, manifest: Manifest) -> bool:
        name, owner = manifest["metadata"]["name"], owner_of(manifest)
        found = [d for d in self.controllers.deployments if d.name == name and d.owner == owner and not d.deleted]
        if found and found[0].manifest == manifest:
            return False
        if found:
            found[0].manifest = manifest
        else:
            self._made += 1
            startup = self.startup_seconds[_owner_key(manifest)]
            made = VirtualDeployment(manifest, f"uid-d{self._made}", self.clock.now(), owner, startup)
            self.controllers.deployments.append(made)
        self.touched()
        return True


def service_of(manifest: Manifest) -> Service:
    """A Service as decisions see it."""
    selector = manifest["spec"]["selector"]
    one = names.SITE_LABEL in selector
    return Service(
        name=manifest["metadata"]["name"],
        selects=Assignment(selector[names.SITE_LABEL], selector[names.VARIANT_LABEL]) if one else None,
        intent=intent_on(manifest),
    )


def _owner_key(manifest: Manifest) -> WorkloadKey:
    metadata = manifest["metadata"]
    return WorkloadKey(metadata["namespace"], metadata["labels"][names.WORKLOAD_LABEL])


def _name(placement: Placement) -> str:
    return placement.name
