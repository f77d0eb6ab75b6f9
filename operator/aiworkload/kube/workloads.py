# SPDX-License-Identifier: Apache-2.0
"""Workloads as decisions see them, put together from their own objects, and only when one of these changed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.kube.priorities import Priorities
from aiworkload.kube.projection.base import Key
from aiworkload.kube.projection.child import DeploymentFact, ServiceFact
from aiworkload.kube.projection.custom import WorkloadFact
from aiworkload.kube.store import Store
from aiworkload.kube.views import Views
from aiworkload.snapshot.workload import Placement, Service, UnreadableWorkload, Workload, WorkloadKey


class Workloads:
    """All workloads of a store. Their specs stay the same objects while only their statuses change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._priorities = Priorities()
        self._specs: dict[WorkloadKey, tuple[Mapping[str, Any], AIWorkloadSpec | str]] = {}
        self._readable: Views[WorkloadKey, Workload] = Views()
        self._unreadable: Views[WorkloadKey, UnreadableWorkload] = Views()

    @property
    def readable(self) -> Mapping[WorkloadKey, Workload]:
        """Those that decisions are made about."""
        return self._readable.view()

    @property
    def unreadable(self) -> tuple[UnreadableWorkload, ...]:
        """Those whose stored form these models cannot read."""
        return tuple(self._unreadable.view().values())

    def refresh(self, keys: Iterable[WorkloadKey]) -> None:
        """Put these together anew."""
        for key in keys:
            fact = self._store.workloads.get(Key(*key))
            found = self._assembled(key, fact) if fact else None
            if found is None:
                self._specs.pop(key, None)
            self._readable.put(key, found if isinstance(found, Workload) else None)
            self._unreadable.put(key, found if isinstance(found, UnreadableWorkload) else None)

    def prioritise(self) -> None:
        """The cluster's PriorityClasses changed."""
        self._priorities.read(self._store.priority_classes.values())
        for key, workload in self._readable.view().items():
            self._readable.put(key, replace(workload, priority=self._priority(workload.spec)))

    def _priority(self, spec: AIWorkloadSpec) -> int:
        return self._priorities.value_of(spec.priority_class_name)

    def _assembled(self, key: WorkloadKey, fact: WorkloadFact) -> Workload | UnreadableWorkload:
        meta, spec = fact.metadata, self._spec(key, fact)
        if isinstance(spec, str):
            version, reported = meta.resource_version, _says(fact, spec)
            return UnreadableWorkload(key, meta.uid, meta.generation, version, spec, reported)
        return Workload(
            key=key,
            spec=spec,
            uid=meta.uid,
            generation=meta.generation,
            resource_version=meta.resource_version,
            created_at=meta.created_at,
            approved_site=fact.approved_site,
            deleting=meta.deletion_timestamp is not None,
            placements=tuple(sorted(self._placements(key, meta.uid), key=lambda placement: placement.name)),
            service=self._service(key, meta.uid),
            published=fact.read_status(),
            priority=self._priority(spec),
        )

    def _spec(self, key: WorkloadKey, fact: WorkloadFact) -> AIWorkloadSpec | str:
        standing = self._specs.get(key)
        if standing is None or standing[0] != fact.spec:
            standing = self._specs[key] = (fact.spec, fact.read_spec())
        return standing[1]

    def _placements(self, key: WorkloadKey, uid: str) -> Iterable[Placement]:
        pods = sorted(self._store.pods_of.get(key, {}).values(), key=lambda pod: pod.metadata.name)
        for child in self._store.children_of.get(key, {}).values():
            if isinstance(child, DeploymentFact) and child.belongs_to(uid) and (assignment := child.assignment):
                mine = tuple(pod.as_pod() for pod in pods if pod.assignment == assignment)
                yield child.as_placement(assignment, mine)

    def _service(self, key: WorkloadKey, uid: str) -> Service | None:
        """The Service that the workload owns under its own name; others with its label are their makers' affair."""
        for child in self._store.children_of.get(key, {}).values():
            if isinstance(child, ServiceFact) and child.metadata.name == key.name and child.belongs_to(uid):
                return child.as_service()
        return None


def _says(fact: WorkloadFact, error: str) -> bool:
    """Whether the published conditions carry this very sentence already; a long one is cut there."""
    conditions = fact.status.get("conditions") or ()
    return any((said := condition.get("message")) and error.startswith(said) for condition in conditions)
