# SPDX-License-Identifier: Apache-2.0
"""A workload's presence in the file: its placements with their pods, its Service, and the moves they remember."""

from typing import Annotated, Any

from pydantic import Field

from aiworkload.api.workload_status import MoveTrigger
from aiworkload.snapshot.document.base import (
    Moment,
    Part,
    Resources,
    Text,
    given,
    in_quantities,
    in_units,
    moment,
    since,
)
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Pod, Service

Replicas = Annotated[int, Field(ge=0, le=100_000)]


class MovePart(Part):
    """A move that is under way, as its Deployment or Service remembers it."""

    from_site: Text
    to_site: Text
    trigger: MoveTrigger
    start_time: Moment
    switch_time: Moment | None = None
    """When the Service was switched."""

    def to_intent(self) -> MoveIntent:
        """As decisions see it."""
        switched = None if self.switch_time is None else since(self.switch_time)
        return MoveIntent(self.from_site, self.to_site, self.trigger, since(self.start_time), switched)


class PodPart(Part):
    """A pod. Once it is bound to a node, that node's `requested` counts it."""

    name: Text
    uid: str = ""
    node: Text | None = None
    """Absent: no node was found for it yet."""
    ready: bool = True
    terminating: bool = False
    requests: Resources = Field(default={})

    def to_pod(self) -> Pod:
        """As decisions see it."""
        return Pod(self.name, self.uid, self.node, self.ready, self.terminating, in_units(self.requests))


class PlacementPart(Part):
    """One Deployment: the workload at one site with one variant."""

    site: Text
    variant: Text = "default"
    name: Text | None = None
    """The Deployment's. Absent: workload-site-variant."""
    uid: str = ""
    created_time: Moment | None = None
    """Absent: long ago."""
    replicas: Replicas = 1
    ready_replicas: Replicas | None = None
    """Absent: all of them."""
    current: bool = True
    """Whether its newest form is rolled out."""
    deleting: bool = False
    move: MovePart | None = None
    """The move that created it."""
    pods: Annotated[tuple[PodPart, ...], Field(max_length=100_000)] = ()

    def to_placement(self, workload: str) -> Placement:
        """As decisions see it."""
        return Placement(
            site=self.site,
            variant=self.variant,
            name=self.name or _default_name(workload, Assignment(self.site, self.variant)),
            created_at=since(self.created_time),
            uid=self.uid,
            replicas=self.replicas,
            ready_replicas=self.replicas if self.ready_replicas is None else self.ready_replicas,
            current=self.current,
            deleting=self.deleting,
            intent=_intent(self.move),
            pods=tuple(pod.to_pod() for pod in self.pods),
        )


class SelectionPart(Part):
    """The one placement that a Service selects."""

    site: Text
    variant: Text = "default"


class ServicePart(Part):
    """The workload's Service."""

    name: Text | None = None
    """Absent: the workload's name."""
    selects: SelectionPart | None = None
    """Absent: all placements."""
    move: MovePart | None = None
    """The last switch."""

    def to_service(self, workload: str) -> Service:
        """As decisions see it."""
        selected = None if self.selects is None else Assignment(self.selects.site, self.selects.variant)
        return Service(self.name or workload, selected, _intent(self.move))


def placement_json(placement: Placement, workload: str) -> dict[str, Any]:
    """A placement as it is written."""
    named = placement.name != _default_name(workload, placement.assignment)
    optional = {
        "name": placement.name if named else None,
        "uid": placement.uid or None,
        "createdTime": moment(placement.created_at) if placement.created_at else None,
        "current": None if placement.current else False,
        "deleting": placement.deleting or None,
        "move": _move_json(placement.intent),
        "pods": [_pod_json(pod) for pod in placement.pods] or None,
    }
    return {
        "site": placement.site,
        "variant": placement.variant,
        "replicas": placement.replicas,
        "readyReplicas": placement.ready_replicas,
        **given(optional),
    }


def service_json(service: Service, workload: str) -> dict[str, Any]:
    """A Service as it is written."""
    selects = service.selects and {"site": service.selects.site, "variant": service.selects.variant}
    named = service.name != workload
    return given(
        {"name": service.name if named else None, "selects": selects, "move": _move_json(service.intent)},
    )


def _intent(move: MovePart | None) -> MoveIntent | None:
    return None if move is None else move.to_intent()


def _pod_json(pod: Pod) -> dict[str, Any]:
    optional = {
        "uid": pod.uid or None,
        "node": pod.node,
        "terminating": pod.terminating or None,
        "requests": in_quantities(pod.requests) or None,
    }
    return {"name": pod.name, "ready": pod.ready, **given(optional)}


def _move_json(intent: MoveIntent | None) -> dict[str, Any] | None:
    if intent is None:
        return None
    switched = {} if intent.switch_time is None else {"switchTime": moment(intent.switch_time)}
    return {
        "fromSite": intent.from_site,
        "toSite": intent.to_site,
        "trigger": intent.trigger.value,
        "startTime": moment(intent.start_time),
        **switched,
    }


def _default_name(workload: str, assignment: Assignment) -> str:
    return f"{workload}-{assignment.site}-{assignment.variant}"
