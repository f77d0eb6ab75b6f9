# SPDX-License-Identifier: Apache-2.0
"""A node in the file: the short form of what Kubernetes says of it."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from aiworkload.snapshot.document.base import Part, Resources, Text, in_quantities, in_units
from aiworkload.snapshot.node import Node, Taint

POD_SLOTS: Final = 110
"""Pods that a node takes when the file does not say: the kubelet's own default."""


class TaintPart(Part):
    """A taint as in a node's spec."""

    key: Text
    value: Text = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class NodePart(Part):
    """A node: where it stands, what it has, and what the pods that are bound to it ask for."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    site: Text | None = None
    """The Site it stands at. Absent: the first Site whose nodeSelector matches its labels, or none."""
    uid: str = ""
    ready: bool = True
    unschedulable: bool = False
    taints: Annotated[tuple[TaintPart, ...], Field(max_length=64)] = ()
    labels: dict[str, str] = Field(default={})
    allocatable: Resources = Field(default={})
    """What pods may ask for in all. A node without `pods` takes 110, as a kubelet does."""
    requested: Resources = Field(default={})
    """What all pods bound to it ask for together, as `kubectl describe node` prints it; `pods` counts them."""
    used: Resources = Field(default={})
    """CPU and memory in use by all that runs on the machine, as its agent reported it. Absent: unknown."""

    def to_node(self, site: str | None) -> Node:
        """As decisions see it, at this site."""
        return Node(
            name=self.name,
            site=site,
            uid=self.uid,
            ready=self.ready,
            unschedulable=self.unschedulable,
            taints=tuple(Taint(taint.key, taint.value, taint.effect) for taint in self.taints),
            labels=dict(self.labels),
            allocatable={"pods": POD_SLOTS, **in_units(self.allocatable)},
            requested=in_units(self.requested),
            used=in_units(self.used),
        )


def node_json(node: Node) -> dict[str, Any]:
    """A node as it is written."""
    optional: dict[str, Any] = {
        "site": node.site,
        "uid": node.uid,
        "unschedulable": node.unschedulable,
        "taints": [{"key": taint.key, "value": taint.value, "effect": taint.effect} for taint in node.taints],
        "labels": dict(sorted(node.labels.items())),
        "allocatable": in_quantities(node.allocatable),
        "requested": in_quantities(node.requested),
        "used": in_quantities(node.used),
    }
    return {"name": node.name, "ready": node.ready, **{key: value for key, value in optional.items() if value}}
