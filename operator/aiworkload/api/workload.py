# SPDX-License-Identifier: Apache-2.0
"""`AIWorkload`: what a model needs, said by its owner. Where it runs is the operator's part.

Each rule that one field cannot hold alone is a CEL rule on the smallest object that sees all it needs, so that
a combination that cannot work is refused by the API server itself, even while the operator is down.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from aiworkload.api.base import Model, rules, says
from aiworkload.api.family import ModelFamily, default_resources
from aiworkload.api.placement import LabelSelector, PlacementSpec, Profile, Weights
from aiworkload.api.quantity import resources
from aiworkload.api.requirements import (
    Boundary,
    Client,
    CostRequirement,
    LatencyRequirement,
    OfflineMode,
    OfflineRequirement,
    PrivacyRequirement,
    Requirements,
    TrafficRequirement,
)
from aiworkload.api.serving import EnvVar, ModelSpec, ResourceRequirements, ServerSpec, Tier, Variant

__all__ = [
    "AIWorkloadSpec",
    "Boundary",
    "Client",
    "CostRequirement",
    "EnvVar",
    "LabelSelector",
    "LatencyRequirement",
    "MigrationMode",
    "MigrationSpec",
    "ModelFamily",
    "ModelSpec",
    "OfflineMode",
    "OfflineRequirement",
    "PlacementSpec",
    "PrivacyRequirement",
    "Profile",
    "Requirements",
    "ResourceRequirements",
    "ScalingSpec",
    "ServerSpec",
    "Tier",
    "TrafficRequirement",
    "Variant",
    "Weights",
]


class MigrationMode(StrEnum):
    """Who starts a move: the operator, or a person through the approving annotation."""

    AUTO = "Auto"
    MANUAL = "Manual"


class ScalingSpec(Model):
    """Replicas at each chosen site."""

    min_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Replicas at each site; kubectl scale sets it."""


class MigrationSpec(Model):
    """When a move is worth it, and how it is done.

    Defaults: 60 s violation window and 300 s dwell as in Polaris and the HPA, 600 s failback as in a Karmada
    proposal, 600 s for a replacement to become ready as in Karmada; 10 points and 4 moves an hour are ours.
    """

    mode: MigrationMode = MigrationMode.AUTO
    """Manual: the annotation aiworkload.dev/approve-move-to names the site a move may go to."""
    violation_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """How long the target must be missed before a move."""
    min_dwell_seconds: Annotated[int, Field(ge=0, le=604_800)] = 300
    """How long it stays before it may move for something better."""
    min_gain_points: Annotated[int, Field(ge=1, le=100)] = 10
    """How much better another site must be, in points of 100."""
    max_moves_per_hour: Annotated[int, Field(ge=1, le=10)] = 4
    """Moves for something better beyond this wait. At most 10: as many as `status.moves` remembers."""
    ready_timeout_seconds: Annotated[int, Field(ge=10, le=86_400)] = 600
    """How long a replacement may take to become ready, before it is given up."""
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How long the old placement goes on answering after the switch."""
    failback_seconds: Annotated[int, Field(ge=1, le=604_800)] = 600
    """How long a site must be well again before a workload returns to it."""


PriorityClassName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", max_length=253),
    Field(
        json_schema_extra={
            **says(
                "write a PriorityClass's name: lower-case letters, digits, '-' and '.', a letter or digit at both ends"
            ),
            **rules(
                (
                    "!self.startsWith('system-')",
                    "system- classes are for what a node cannot live without: name a PriorityClass of your own",
                ),
            ),
        }
    ),
]
"""The name of a PriorityClass of the cluster."""


class AIWorkloadSpec(Model):
    """The whole of what an owner says about a workload."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                (
                    "!has(self.placement) || !has(self.placement.tiers) || !has(self.model.variants)"
                    " || self.model.variants.exists(v, !has(v.tiers) || v.tiers.exists(t, t in self.placement.tiers))"
                ),
                "no variant may run on any of placement.tiers: widen placement.tiers, or a variant's tiers",
            ),
            (
                (
                    "!has(self.requirements) || !has(self.requirements.offline)"
                    " || self.requirements.offline.mode != 'Required' || !has(self.placement)"
                    " || (self.placement.minSites == 1 && self.placement.maxSites == 1)"
                ),
                (
                    "offline.mode: Required decides the sites itself, one replica at every client site: leave"
                    " placement.minSites and placement.maxSites out"
                ),
            ),
            (
                (
                    "!has(self.placement) || self.placement.maxSites == 1"
                    " || (has(self.requirements) && has(self.requirements.latency)"
                    " && has(self.requirements.latency.clients) && self.requirements.latency.clients.size() > 0)"
                ),
                (
                    "placement.maxSites above 1 spreads the workload over its clients: name them in"
                    " requirements.latency.clients, or leave placement.maxSites out"
                ),
            ),
        )
    )

    model: ModelSpec
    server: ServerSpec = ServerSpec()
    requirements: Requirements = Requirements()
    placement: PlacementSpec = PlacementSpec()
    scaling: ScalingSpec = ScalingSpec()
    migration: MigrationSpec = MigrationSpec()
    priority_class_name: PriorityClassName | None = None
    """Who goes first when room is scarce, here and at kube-scheduler. Absent: the cluster's default class."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The model's variants; a bare `uri` is short for one named `default`."""
        if self.model.variants is not None:
            return self.model.variants
        return (Variant(name="default", uri=self.model.uri or "", size_mebibytes=self.model.size_mebibytes),)

    def requests_of(self, variant: Variant) -> dict[str, int]:
        """What one replica of a variant requests, by resource: millicores, bytes, pieces.

        The owner's requests; where there is none the limit, as in Kubernetes; where there is neither the family's
        default. Devices of the accelerator are among them, the pod's own slot is not.
        """
        defaults = default_resources(
            self.model.family, variant.size_mebibytes, accelerated=variant.accelerator is not None
        )
        devices = {variant.accelerator: variant.accelerator_count or 1} if variant.accelerator else {}
        return {**defaults, **resources({**variant.resources.limits, **variant.resources.requests}), **devices}

    @property
    def clients(self) -> tuple[Client, ...]:
        """The client sites, empty when the workload names none."""
        return self.requirements.latency.clients if self.requirements.latency else ()
