# SPDX-License-Identifier: Apache-2.0
"""Pods as facts: where they are bound, what they were promised, whether they are ready.

Effective requests are computed as kube-scheduler does (KEP-753): containers and sidecars add up; an init container
runs beside the sidecars started before it; the larger of both phases counts, plus the runtime class's overhead.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from pydantic import Field

from aiworkload.api import names
from aiworkload.api.quantity import to_units
from aiworkload.kube.projection.base import Fact, Metadata, Wire
from aiworkload.snapshot.workload import Assignment, Pod

Amounts = dict[str, int]


class _Resources(Wire):
    requests: dict[str, str] = Field(default_factory=dict[str, str])


class _Container(Wire):
    resources: _Resources = _Resources()
    restart_policy: str = ""


class _Spec(Wire):
    node_name: str | None = None
    containers: tuple[_Container, ...] = ()
    init_containers: tuple[_Container, ...] = ()
    overhead: dict[str, str] = Field(default_factory=dict[str, str])
    resources: _Resources = _Resources()


class _Condition(Wire):
    type: str
    status: str


class _Status(Wire):
    conditions: tuple[_Condition, ...] = ()


class PodFact(Fact):
    """A pod that has not ended."""

    metadata: Metadata
    spec: _Spec = _Spec()
    status: _Status = _Status()

    def essence(self) -> object:
        """What a placement or a node's free resources depend on."""
        return (self.metadata.uid, self.node, self.ready, self.terminating, self.spec, self.metadata.labels)

    @property
    def node(self) -> str | None:
        """Where it is bound."""
        return self.spec.node_name

    @property
    def ready(self) -> bool:
        """Its own readiness probe's word."""
        return any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)

    @property
    def terminating(self) -> bool:
        """Whether it has been told to end."""
        return self.metadata.deletion_timestamp is not None

    @property
    def workload(self) -> str | None:
        """The name of the AIWorkload that it serves."""
        return self.metadata.labels.get(names.WORKLOAD_LABEL)

    @property
    def assignment(self) -> Assignment | None:
        """The site and variant of the placement that it belongs to."""
        labels = self.metadata.labels
        site, variant = labels.get(names.SITE_LABEL), labels.get(names.VARIANT_LABEL)
        return Assignment(site, variant) if site and variant else None

    @property
    def requests(self) -> Amounts:
        """What kube-scheduler counts for it, with one of `pods`."""
        return {**effective_requests(self.spec), "pods": 1}

    def as_pod(self) -> Pod:
        """As a placement sees it."""
        return Pod(self.metadata.name, self.metadata.uid, self.node, self.ready, self.terminating, self.requests)


def effective_requests(spec: _Spec) -> Amounts:
    """The requests of a whole pod."""
    running = _sum(_amounts(c.resources.requests) for c in spec.containers)
    sidecars: Amounts = {}
    starting: Amounts = {}
    for container in spec.init_containers:
        own = _amounts(container.resources.requests)
        starting = _most(starting, _sum((sidecars, own)))
        if container.restart_policy == "Always":
            sidecars = _sum((sidecars, own))
    whole = _most(_sum((running, sidecars)), starting)
    pod_level = _amounts(spec.resources.requests)
    return _sum(({**whole, **pod_level}, _amounts(spec.overhead)))


def _amounts(requests: Mapping[str, str]) -> Amounts:
    return {resource: _units(resource, quantity) for resource, quantity in requests.items()}


_units = lru_cache(maxsize=4096)(to_units)
"""A cluster's pods use few distinct quantities; 4096 is far above what was seen. Ours."""


def _sum(parts: Iterable[Mapping[str, int]]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        for resource, amount in part.items():
            total[resource] = total.get(resource, 0) + amount
    return total


def _most(one: Mapping[str, int], other: Mapping[str, int]) -> Amounts:
    return {resource: max(one.get(resource, 0), other.get(resource, 0)) for resource in {**one, **other}}
