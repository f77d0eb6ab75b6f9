# SPDX-License-Identifier: Apache-2.0
"""Pods and Deployments of the virtual cluster: what is true of them, and what the API server knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiworkload.api import names
from aiworkload.rollout.intent import decode
from aiworkload.rollout.server import ENDPOINT_LAG_SECONDS
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Pod

_STOP_SECONDS: Final = 1.0
"""From SIGTERM to the end of a server without requests. Ours."""

Manifest = Mapping[str, Any]


@dataclass(slots=True)
class VirtualPod:
    """One pod. Only a kubelet in contact hears what the API server wants of it, and only then the API server hears."""

    name: str
    uid: str
    template: Manifest
    requests: Mapping[str, int]
    tolerated_seconds: float | None
    """How long it stays on a silent node; None: for ever."""
    node: str | None = None
    answers_at: float | None = None
    """When it is warm; None: it is not running."""
    doomed: bool = False
    """Whether the API server wants it gone."""
    gone_at: float | None = None
    """When it ends, once its kubelet has heard that it is doomed."""
    ready: bool = False
    """Its Ready condition, as the API server holds it."""

    def answers(self, now: float) -> bool:
        """Whether it truly serves now, whatever anybody knows of it."""
        return self.answers_at is not None and self.answers_at <= now and (self.gone_at is None or now < self.gone_at)

    def stop(self, now: float) -> None:
        """Its kubelet ends it: proxies get their time to drop it first."""
        if self.gone_at is None:
            self.gone_at = now + ENDPOINT_LAG_SECONDS + _STOP_SECONDS

    def as_pod(self) -> Pod:
        """As the API server shows it."""
        return Pod(self.name, self.uid, self.node, self.ready, self.doomed, self.requests)


@dataclass(slots=True)
class VirtualDeployment:
    """A placement's Deployment with its pods; those of a deleted one end as soon as their kubelets hear of it."""

    manifest: Manifest
    uid: str
    created_at: float
    owner: str
    """The workload's uid."""
    startup_seconds: float
    pods: list[VirtualPod] = field(default_factory=list[VirtualPod])
    deleted: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def assignment(self) -> Assignment:
        """Site and variant, by its labels."""
        labels = self.manifest["metadata"]["labels"]
        return Assignment(labels[names.SITE_LABEL], labels[names.VARIANT_LABEL])

    @property
    def replicas(self) -> int:
        """Wanted."""
        return 0 if self.deleted else int(self.manifest["spec"]["replicas"])

    @property
    def template(self) -> Manifest:
        """What its pods should be."""
        template: Manifest = self.manifest["spec"]["template"]
        return template

    @property
    def intent(self) -> MoveIntent | None:
        """The move that created it."""
        return intent_on(self.manifest)

    def fresh(self) -> list[VirtualPod]:
        """Pods of the newest template that are to stay."""
        return [pod for pod in self.pods if not pod.doomed and pod.template == self.template]

    def as_placement(self) -> Placement:
        """As decisions see it."""
        site, variant = self.assignment
        staying = [pod for pod in self.pods if not pod.doomed]
        return Placement(
            site=site,
            variant=variant,
            name=self.name,
            uid=self.uid,
            created_at=self.created_at,
            replicas=self.replicas,
            ready_replicas=sum(pod.ready for pod in staying),
            current=len(self.fresh()) == self.replicas,
            intent=self.intent,
            pods=tuple(pod.as_pod() for pod in self.pods),
        )


def intent_on(manifest: Manifest) -> MoveIntent | None:
    """The move that an object remembers."""
    text = manifest["metadata"].get("annotations", {}).get(names.MOVE_ANNOTATION)
    return decode(text) if text else None


def owner_of(manifest: Manifest) -> str:
    """The uid of the workload that an object belongs to."""
    return str(manifest["metadata"]["ownerReferences"][0]["uid"])
