# SPDX-License-Identifier: Apache-2.0
"""An AIWorkload in the file: its manifest, and what stands of it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from aiworkload.api import names
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.snapshot.document.base import ObjectMetadata, Part, Version, as_given, given, moment, since
from aiworkload.snapshot.document.placement import PlacementPart, ServicePart, placement_json, service_json
from aiworkload.snapshot.workload import Assignment, Service, Workload, WorkloadKey


class WorkloadPart(Part):
    """An AIWorkload as it is applied. A manifest that kubectl printed may be pasted."""

    api_version: Version | None = None
    kind: Literal["AIWorkload"] | None = None
    metadata: ObjectMetadata
    spec: AIWorkloadSpec
    status: AIWorkloadStatus | None = None
    """What the operator has published: its memory of windows and of past moves."""
    priority: Annotated[int, Field(ge=-2_147_483_648, le=2_147_483_647)] = 0
    """The value of its PriorityClass."""
    placements: Annotated[tuple[PlacementPart, ...], Field(max_length=1000)] = ()
    service: ServicePart | None = None
    """Absent: it selects the first placement, where there is one. null: there is none yet."""

    @property
    def key(self) -> WorkloadKey:
        """Namespace and name."""
        return WorkloadKey(self.metadata.namespace, self.metadata.name)

    def in_namespace(self, namespace: str | None) -> "WorkloadPart":
        """With this namespace, if one is given and its own metadata names none."""
        if namespace is None or "namespace" in self.metadata.model_fields_set:
            return self
        return self.model_copy(update={"metadata": self.metadata.model_copy(update={"namespace": namespace})})

    def to_workload(self) -> Workload:
        """As decisions see it."""
        metadata, name = self.metadata, self.metadata.name
        return Workload(
            key=self.key,
            spec=self.spec,
            uid=metadata.uid,
            generation=metadata.generation,
            resource_version=metadata.resource_version,
            created_at=since(metadata.creation_timestamp),
            approved_site=metadata.annotations.get(names.APPROVE_ANNOTATION),
            deleting=metadata.deletion_timestamp is not None,
            priority=self.priority,
            placements=tuple(placement.to_placement(name) for placement in self.placements),
            service=self._service(),
            published=self.status,
        )

    def _service(self) -> Service | None:
        name = self.metadata.name
        if self.service is not None:
            return self.service.to_service(name)
        if "service" in self.model_fields_set or not self.placements:
            return None
        first = self.placements[0]
        return Service(name, Assignment(first.site, first.variant))


def workload_json(workload: Workload, taken_at: float) -> dict[str, Any]:
    """A workload as it is written."""
    name = workload.key.name
    document: dict[str, Any] = {"metadata": _metadata(workload, taken_at), "spec": as_given(workload.spec)}
    if workload.published is not None:
        document["status"] = as_given(workload.published)
    if workload.priority:
        document["priority"] = workload.priority
    if workload.placements:
        document["placements"] = [placement_json(placement, name) for placement in workload.placements]
    if workload.service is not None:
        document["service"] = service_json(workload.service, name)
    elif workload.placements:
        document["service"] = None
    return document


def _metadata(workload: Workload, taken_at: float) -> dict[str, Any]:
    approved = workload.approved_site
    optional: dict[str, Any] = {
        "uid": workload.uid or None,
        "generation": workload.generation if workload.generation != 1 else None,
        "resourceVersion": workload.resource_version or None,
        "creationTimestamp": moment(workload.created_at) if workload.created_at else None,
        "deletionTimestamp": moment(taken_at) if workload.deleting else None,
        "annotations": None if approved is None else {names.APPROVE_ANNOTATION: approved},
    }
    return {"namespace": workload.key.namespace, "name": workload.key.name, **given(optional)}
