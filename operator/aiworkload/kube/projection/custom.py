# SPDX-License-Identifier: Apache-2.0
"""AIWorkloads and Sites as facts.

Their specs stay as stored until they are read: a stored object may be older than
these models, and then it is a value with a sentence, not an error.
"""

from typing import Any, TypeVar

from pydantic import Field, ValidationError

from aiworkload.api import names
from aiworkload.api.site import SiteSpec, SiteStatus
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.kube.projection.base import Fact, Metadata, sentence


class CustomFact(Fact):
    """A custom resource with its spec and status as stored."""

    metadata: Metadata
    spec: dict[str, Any] = Field(default_factory=dict[str, Any])
    status: dict[str, Any] = Field(default_factory=dict[str, Any])

    def essence(self) -> object:
        """All of it but who wrote it when."""
        meta = self.metadata
        return (meta.uid, meta.generation, meta.deletion_timestamp, meta.labels, meta.annotations, self.status)


class WorkloadFact(CustomFact):
    """A stored AIWorkload."""

    @property
    def approved_site(self) -> str | None:
        """The site that a person allows it to move to."""
        return self.metadata.annotations.get(names.APPROVE_ANNOTATION)

    def read_spec(self) -> AIWorkloadSpec | str:
        """The spec, or the sentence why it cannot be read."""
        try:
            return AIWorkloadSpec.model_validate(self.spec)
        except ValidationError as error:
            return f"the stored spec cannot be read: {sentence(error)}; apply it again in its present form"

    def read_status(self) -> AIWorkloadStatus | None:
        """The status as published, or None: never, or in a form that nobody reads any more (it is written anew)."""
        return _published(AIWorkloadStatus, self.status)


class SiteFact(CustomFact):
    """A stored Site."""

    def read_spec(self) -> SiteSpec | str:
        """The spec, or the sentence why it cannot be read."""
        try:
            return SiteSpec.model_validate(self.spec)
        except ValidationError as error:
            return f"the stored spec cannot be read: {sentence(error)}; apply it again in its present form"

    def read_status(self) -> SiteStatus | None:
        """The status as published, or None."""
        return _published(SiteStatus, self.status)


_StatusT = TypeVar("_StatusT", AIWorkloadStatus, SiteStatus)


def _published(model: type[_StatusT], stored: dict[str, Any]) -> _StatusT | None:
    if not stored:
        return None
    try:
        return model.model_validate(stored)
    except ValidationError:
        return None
