# SPDX-License-Identifier: Apache-2.0
"""One workload: what its owner says, where it stands now, and what it has been through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.api.workload_status import AIWorkloadStatus, MoveTrigger, PlacementState


class WorkloadKey(NamedTuple):
    """Namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Assignment(NamedTuple):
    """A site and the variant that is to serve there."""

    site: str
    variant: str


@dataclass(frozen=True, slots=True)
class MoveIntent:
    """A move as it is remembered on the objects it changes (`names.MOVE_ANNOTATION`).

    On a Deployment: the move that created it, until the Service switched. On a Service: the last switch.
    """

    from_site: str
    to_site: str
    trigger: MoveTrigger
    start_time: float
    switch_time: float | None = None
    """When the Service was switched; only on a Service."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a placement."""

    name: str
    uid: str
    node: str | None
    ready: bool
    terminating: bool = False
    requests: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Placement:
    """A workload's presence at one site with one variant: its Deployment and pods."""

    site: str
    variant: str
    name: str
    """The Deployment's name."""
    created_at: float
    uid: str = ""
    replicas: int = 0
    """Wanted, from the Deployment's spec."""
    ready_replicas: int = 0
    current: bool = True
    """Whether the Deployment's controller has seen its newest spec and rolled it out."""
    deleting: bool = False
    intent: MoveIntent | None = None
    pods: tuple[Pod, ...] = ()

    @property
    def assignment(self) -> Assignment:
        """Site and variant."""
        return Assignment(self.site, self.variant)

    @property
    def ready(self) -> bool:
        """Whether all wanted replicas of the newest spec are ready."""
        return self.current and not self.deleting and self.replicas > 0 and self.ready_replicas >= self.replicas


@dataclass(frozen=True, slots=True)
class Service:
    """The workload's one Service: which placements its selector reaches, and its last switch."""

    name: str
    selects: Assignment | None
    """The one placement it selects; None: all placements of the workload."""
    intent: MoveIntent | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload with everything a decision about it needs."""

    key: WorkloadKey
    spec: AIWorkloadSpec
    uid: str = ""
    generation: int = 1
    resource_version: str = ""
    created_at: float = 0.0
    approved_site: str | None = None
    """`names.APPROVE_ANNOTATION`."""
    deleting: bool = False
    priority: int = 0
    """The value of its PriorityClass (`spec.priorityClassName`, else the cluster's default class); 0 without one."""
    placements: tuple[Placement, ...] = ()
    service: Service | None = None
    published: AIWorkloadStatus | None = None
    """The status that the API server holds: the memory of windows and past moves across restarts."""

    @property
    def serving(self) -> tuple[Placement, ...]:
        """The placements that the Service reaches."""
        if self.service is None:
            return ()
        selected = self.service.selects
        return tuple(p for p in self.placements if selected is None or p.assignment == selected)

    def has_served(self, assignment: Assignment) -> bool:
        """Whether the status last saw that placement serving, or running on alone since."""
        placements = self.published.placements if self.published else ()
        states = (PlacementState.SERVING, PlacementState.DETACHED)
        return any(Assignment(p.site, p.variant) == assignment and p.state in states for p in placements)


@dataclass(frozen=True, slots=True)
class UnreadableWorkload:
    """A stored object that these models cannot read: said in its condition, never a crash."""

    key: WorkloadKey
    uid: str
    generation: int
    resource_version: str
    error: str
    reported: bool = False
    """Whether its status says so already for this generation."""
