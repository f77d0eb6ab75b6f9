# SPDX-License-Identifier: Apache-2.0
"""`AIWorkload`: what a model needs, said by its owner. Where it runs is the operator's part.

Each rule that one field cannot hold alone is a CEL rule on the smallest object that sees all it needs, so that
a combination that cannot work is refused by the API server itself, even while the operator is down.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from aiworkload.api.base import (
    LabelKey,
    LabelValue,
    Model,
    Name,
    Quantity,
    ResourceName,
    Uri,
    list_map,
    list_set,
    rules,
    says,
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


class Tier(StrEnum):
    """How far from the data's source a site is."""

    EDGE = "Edge"
    FOG = "Fog"
    CLOUD = "Cloud"


class MigrationMode(StrEnum):
    """Who starts a move: the operator, or a person through the approving annotation."""

    AUTO = "Auto"
    MANUAL = "Manual"


# At most three, because a rule over quantities is costed at the length of a whole request for each of them.
Quantities = Annotated[
    dict[LabelKey, Quantity],
    Field(
        max_length=3,
        json_schema_extra=rules(
            (
                "self.all(k, k in ['cpu', 'memory', 'ephemeral-storage'] || k.startsWith('hugepages-'))",
                (
                    "only cpu, memory, ephemeral-storage and hugepages-* are counted here; a GPU or another device goes"
                    " into the variant's accelerator"
                ),
            ),
        ),
    ),
]


class ResourceRequirements(Model):
    """Requests and limits of the inference container, as in a pod."""

    requests: Quantities = Field(default={})
    limits: Quantities = Field(default={})


class Variant(Model):
    """One build of a model: what it needs and how fast it is."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.acceleratorCount) || has(self.accelerator)",
                "acceleratorCount counts devices of an accelerator: name it, for example accelerator: nvidia.com/gpu",
            ),
        )
    )

    name: Name
    uri: Uri
    accelerator: ResourceName | None = None
    accelerator_count: Annotated[int, Field(ge=1, le=64)] | None = None
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=3, json_schema_extra=list_set())] = (
        Tier.EDGE,
        Tier.FOG,
        Tier.CLOUD,
    )
    compute_milliseconds: Annotated[int, Field(ge=0, le=600_000)] | None = None
    resources: ResourceRequirements = ResourceRequirements()


class ModelSpec(Model):
    """The model to serve, as one URI or as several variants."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.uri) != has(self.variants)",
                "say where the model is exactly once: either uri, or variants with a uri each",
            ),
        )
    )

    name: Name | None = None
    version: (
        Annotated[
            str,
            StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=63),
            Field(json_schema_extra=says("write a version of letters, digits, '.', '_' and '-', for example \"3\"")),
        ]
        | None
    ) = None
    uri: Uri | None = None
    variants: (
        Annotated[tuple[Variant, ...], Field(min_length=1, max_length=8, json_schema_extra=list_map("name"))] | None
    ) = None


class EnvVar(Model):
    """An environment variable of the inference server."""

    name: Annotated[
        str,
        StringConstraints(pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$", max_length=253),
        Field(
            json_schema_extra=says("write a variable's name: letters, digits, '_', '-' and '.', with no digit first")
        ),
    ]
    value: Annotated[str, StringConstraints(max_length=4096)] = ""


class ServerSpec(Model):
    """The inference server around the model. Without an image the operator's default Triton is used."""

    image: (
        Annotated[
            str,
            StringConstraints(pattern=r"^[^\s]+$", max_length=512),
            Field(json_schema_extra=says("write an image's name without spaces, for example registry/triton:24.12")),
        ]
        | None
    ) = None
    args: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=1024)], ...],
        Field(max_length=64, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = ()
    env: Annotated[tuple[EnvVar, ...], Field(max_length=64, json_schema_extra=list_map("name"))] = ()


class LabelSelector(Model):
    """Sites by their labels."""

    match_labels: dict[LabelKey, LabelValue] = Field(default={}, max_length=16)


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
    site_selector: LabelSelector = LabelSelector()
    weights: Weights = Weights()


class ScalingSpec(Model):
    """Replicas at each chosen site."""

    min_replicas: Annotated[int, Field(ge=1, le=1000)] = 1


class MigrationSpec(Model):
    """When a move is worth it, and how it is done.

    Defaults: 60 s violation window and 300 s dwell as in Polaris and the HPA, 600 s failback as in a Karmada
    proposal, 600 s for a replacement to become ready as in Karmada; 10 points and 4 moves an hour are ours.
    """

    mode: MigrationMode = MigrationMode.AUTO
    violation_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    min_dwell_seconds: Annotated[int, Field(ge=0, le=604_800)] = 300
    min_gain_points: Annotated[int, Field(ge=1, le=100)] = 10
    max_moves_per_hour: Annotated[int, Field(ge=1, le=60)] = 4
    ready_timeout_seconds: Annotated[int, Field(ge=10, le=86_400)] = 600
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    failback_seconds: Annotated[int, Field(ge=1, le=604_800)] = 600


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
