# SPDX-License-Identifier: Apache-2.0
"""`AIWorkload`: what a model needs, said by its owner. Where it runs is the operator's part.

Each rule that one field cannot hold alone is a CEL rule on the smallest object that sees all it needs, so that
a combination that cannot work is refused by the API server itself, even while the operator is down.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from aiworkload.api.base import (
    Labels,
    Model,
    list_set,
    rules,
)
from aiworkload.api.requirements import (
    Boundary,
    Client,
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
    "EnvVar",
    "LabelSelector",
    "LatencyRequirement",
    "MigrationMode",
    "MigrationSpec",
    "ModelSpec",
    "OfflineMode",
    "OfflineRequirement",
    "PlacementSpec",
    "PrivacyRequirement",
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


class LabelSelector(Model):
    """Sites by their labels."""

    match_labels: Labels = Field(default={})
    """Labels that a Site must carry, all of them."""


Weight = Annotated[int, Field(ge=0, le=100)]


class Weights(Model):
    """How much each factor counts; a factor's share is its weight over the sum of all.

    The defaults are ours: latency is what most users come for, staying put breaks ties.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.latency + self.cost + self.headroom + self.connectivity + self.stability > 0",
                "at least one weight must be above 0, or every site would be as good as any other",
            ),
        )
    )

    latency: Weight = 4
    cost: Weight = 2
    headroom: Weight = 2
    connectivity: Weight = 2
    stability: Weight = 1


class PlacementSpec(Model):
    """Where the workload may go and what counts there."""

    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=3, json_schema_extra=list_set())] = (
        Tier.EDGE,
        Tier.FOG,
        Tier.CLOUD,
    )
    """Where it is allowed."""
    site_selector: LabelSelector = LabelSelector()
    """Which Sites are allowed, by their labels. Empty: all."""
    weights: Weights = Weights()
    """How much each factor counts."""


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
        )
    )

    model: ModelSpec
    server: ServerSpec = ServerSpec()
    requirements: Requirements = Requirements()
    placement: PlacementSpec = PlacementSpec()
    scaling: ScalingSpec = ScalingSpec()
    migration: MigrationSpec = MigrationSpec()

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The model's variants; a bare `uri` is short for one named `default`."""
        if self.model.variants is not None:
            return self.model.variants
        return (Variant(name="default", uri=self.model.uri or ""),)

    @property
    def clients(self) -> tuple[Client, ...]:
        """The client sites, empty when the workload names none."""
        return self.requirements.latency.clients if self.requirements.latency else ()
