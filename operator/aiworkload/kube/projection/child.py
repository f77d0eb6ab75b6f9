# SPDX-License-Identifier: Apache-2.0
"""The Deployments and Services that we write: kept whole, because drift is found by comparing with what lives."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

from pydantic import BeforeValidator, ConfigDict, Field

from aiworkload.api import names
from aiworkload.kube.drift import drift
from aiworkload.kube.projection.base import Fact, Metadata
from aiworkload.rollout import intent as codec
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Pod, Service, WorkloadKey


def _only_ours(entries: object) -> object:
    """Others' managedFields are most of an object's bytes and tell us nothing."""
    if not isinstance(entries, list):
        return entries
    return [e for e in cast("list[dict[str, Any]]", entries) if e.get("manager") == names.FIELD_MANAGER]


class _ChildMetadata(Metadata):
    model_config = ConfigDict(extra="allow")

    managed_fields: Annotated[list[dict[str, Any]], BeforeValidator(_only_ours)] = Field(
        default_factory=list[dict[str, Any]]
    )


class ChildFact(Fact):
    """A Deployment or Service as it lives."""

    metadata: _ChildMetadata  # pyright: ignore[reportIncompatibleVariableOverride] - frozen, so it may narrow
    spec: dict[str, Any] = Field(default_factory=dict[str, Any])
    status: dict[str, Any] = Field(default_factory=dict[str, Any])

    def essence(self) -> object:
        """Spec, labels, annotations and status."""
        meta = self.metadata
        return (meta.uid, meta.deletion_timestamp, meta.labels, meta.annotations, self.spec, self.status)

    def differences(self, desired: Mapping[str, Any]) -> list[str]:
        """The paths that a write would change."""
        return drift(desired, self.model_dump(mode="json", by_alias=True, exclude_none=True))

    @property
    def workload(self) -> WorkloadKey:
        """The workload named by its label (the watch selects on it)."""
        return WorkloadKey(self.metadata.namespace, self.metadata.labels.get(names.WORKLOAD_LABEL, ""))

    @property
    def intent(self) -> MoveIntent | None:
        """The move it remembers."""
        text = self.metadata.annotations.get(names.MOVE_ANNOTATION)
        return codec.decode(text) if text else None

    def belongs_to(self, uid: str) -> bool:
        """Whether this very workload owns it, and not one of the same name that is gone."""
        return any(owner.uid == uid for owner in self.metadata.owner_references)


class DeploymentFact(ChildFact):
    """A placement's Deployment."""

    @property
    def assignment(self) -> Assignment | None:
        """Site and variant, None when it was not written by us."""
        return _assignment(self.metadata.labels)

    def as_placement(self, assignment: Assignment, pods: tuple[Pod, ...]) -> Placement:
        """With its pods, as decisions see it."""
        replicas = int(self.spec.get("replicas", 1))
        seen = int(self.status.get("observedGeneration", 0)) >= self.metadata.generation
        rolled_out = int(self.status.get("updatedReplicas", 0)) == replicas
        return Placement(
            site=assignment.site,
            variant=assignment.variant,
            name=self.metadata.name,
            created_at=self.metadata.created_at,
            uid=self.metadata.uid,
            replicas=replicas,
            ready_replicas=int(self.status.get("readyReplicas", 0)),
            current=seen and rolled_out,
            deleting=self.metadata.deletion_timestamp is not None,
            intent=self.intent,
            pods=pods,
        )


class ServiceFact(ChildFact):
    """A workload's Service."""

    def as_service(self) -> Service:
        """Which placements its selector reaches."""
        return Service(self.metadata.name, _assignment(self.spec.get("selector") or {}), self.intent)


_ASSIGNMENT_LABELS: Final = (names.SITE_LABEL, names.VARIANT_LABEL)


def _assignment(labels: dict[str, str]) -> Assignment | None:
    site, variant = (labels.get(label) for label in _ASSIGNMENT_LABELS)
    return Assignment(site, variant) if site and variant else None
