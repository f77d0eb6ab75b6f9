# SPDX-License-Identifier: Apache-2.0
"""What a workload serves: the model in its variants, and the inference server around it."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from aiworkload.api.base import LabelKey, Model, Name, Quantity, ResourceName, Uri, list_map, list_set, rules, says
from aiworkload.api.family import ModelFamily


class Tier(StrEnum):
    """How far from the data's source a site is."""

    EDGE = "Edge"
    FOG = "Fog"
    CLOUD = "Cloud"


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


SizeMebibytes = Annotated[int, Field(ge=1, le=1_048_576)]
"""At most a tebibyte: beyond any model that one server loads."""


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
    """How the variant is called in decisions and on its Deployment."""
    uri: Uri
    """Where this build's files are."""
    size_mebibytes: SizeMebibytes | None = None
    """Size of its files: what a move has to carry, and what default resources and compute time follow from."""
    accelerator: ResourceName | None = None
    """An extended resource that its nodes offer, for example nvidia.com/gpu. Absent: CPU."""
    accelerator_count: Annotated[int, Field(ge=1, le=64)] | None = None
    """Devices a replica needs. Absent: one, where an accelerator is named."""
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=3, json_schema_extra=list_set())] = (
        Tier.EDGE,
        Tier.FOG,
        Tier.CLOUD,
    )
    """Where this build can run."""
    accuracy_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    """Right answers in a hundred, by its owner's own measure; compared between the variants of this model."""
    compute_milliseconds: Annotated[int, Field(ge=0, le=600_000)] | None = None
    """p95 of one inference: a prior, used until it is measured. Absent: the family's."""
    resources: ResourceRequirements = ResourceRequirements()
    """Absent: the family's."""


class ModelSpec(Model):
    """The model to serve, as one URI or as several variants."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.uri) != has(self.variants)",
                "say where the model is exactly once: either uri, or variants with a uri each",
            ),
            (
                "!has(self.sizeMebibytes) || has(self.uri)",
                "sizeMebibytes beside variants would be nobody's: say it in each variant",
            ),
        )
    )

    name: Name | None = None
    """The model's name in the server's repository. Absent: the workload's name."""
    version: (
        Annotated[
            str,
            StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=63),
            Field(json_schema_extra=says("write a version of letters, digits, '.', '_' and '-', for example \"3\"")),
        ]
        | None
    ) = None
    """Written on the pods; a change moves to new pods."""
    family: ModelFamily = ModelFamily.OTHER
    """What kind of model it is: gives default resources and compute times. Other: none are assumed."""
    uri: Uri | None = None
    """Short for one variant named default."""
    size_mebibytes: SizeMebibytes | None = None
    """Size of the files behind uri; with variants, each says its own."""
    variants: (
        Annotated[tuple[Variant, ...], Field(min_length=1, max_length=8, json_schema_extra=list_map("name"))] | None
    ) = None
    """Builds to choose from: each with what it needs and how fast it is."""


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
    """Absent: the operator's setting server.image."""
    args: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=1024)], ...],
        Field(max_length=64, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = ()
    """Added to the server's command line."""
    env: Annotated[tuple[EnvVar, ...], Field(max_length=64, json_schema_extra=list_map("name"))] = ()
