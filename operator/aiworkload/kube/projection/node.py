# SPDX-License-Identifier: Apache-2.0
"""Nodes as facts."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from aiworkload.api.quantity import resources, to_units
from aiworkload.kube.projection.base import Fact, Metadata, Wire
from aiworkload.snapshot.node import Taint


class _Taint(Wire):
    key: str
    value: str = ""
    effect: str


class _Spec(Wire):
    unschedulable: bool = False
    taints: tuple[_Taint, ...] = ()


class _Condition(Wire):
    type: str
    status: str


class NodeInfo(Wire):
    """What a kubelet says to run on."""

    machine_id: Annotated[str, Field(alias="machineID")] = ""
    system_uuid: Annotated[str, Field(alias="systemUUID")] = ""

    @property
    def machine(self) -> str:
        """Another for another machine, and the same after a reboot; empty where the kubelet does not tell."""
        return f"{self.system_uuid}{self.machine_id}"


class _Status(Wire):
    node_info: NodeInfo = NodeInfo()
    allocatable: dict[str, str] = Field(default_factory=dict[str, str])
    capacity: dict[str, str] = Field(default_factory=dict[str, str])
    conditions: tuple[_Condition, ...] = ()


class NodeFact(Fact):
    """A node's labels, taints, readiness and allocatable resources."""

    metadata: Metadata
    spec: _Spec = _Spec()
    status: _Status = _Status()

    def essence(self) -> object:
        """All but the kubelet's heartbeat."""
        status = self.status
        return (self.metadata.uid, self.metadata.labels, self.spec, status.allocatable, status.capacity, self.ready)

    @property
    def ready(self) -> bool:
        """Whether the kubelet says so and has been heard lately."""
        return any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)

    @property
    def taints(self) -> tuple[Taint, ...]:
        """As in its spec."""
        return tuple(Taint(taint.key, taint.value, taint.effect) for taint in self.spec.taints)

    @property
    def allocatable(self) -> dict[str, int]:
        """Integers in the units of `api.quantity`."""
        return resources(self.status.allocatable)

    def share_of(self, usage: Mapping[str, str]) -> dict[str, int]:
        """Amounts in use as percents of the whole machine, rounded up; what the node does not tell to have is missing.

        Raises:
            ValueError: an amount is no Kubernetes quantity.
        """
        capacity = self.status.capacity or self.status.allocatable
        found: dict[str, int] = {}
        for resource, amount in usage.items():
            whole = to_units(resource, capacity.get(resource, "0"))
            if whole > 0:
                found[resource] = min(100, -(-100 * to_units(resource, amount) // whole))
        return found

    def used(self, percent: Mapping[str, int]) -> dict[str, int]:
        """Shares of the whole machine as amounts, rounded up.

        Of its capacity, which is what the machine itself counts in. So the system's own use is in it, though
        allocatable leaves it out already: that errs on the safe side. Without a capacity, of allocatable.
        """
        status = self.status
        whole = {resource: status.capacity.get(resource) or status.allocatable.get(resource) for resource in percent}
        return {
            resource: -(-to_units(resource, quantity) * percent[resource] // 100)
            for resource, quantity in whole.items()
            if quantity
        }
