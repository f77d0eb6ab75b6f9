# SPDX-License-Identifier: Apache-2.0
"""What all custom resource models share: frozen, camelCase outside, bounded strings and lists."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A frozen part of a custom resource.

    Unknown fields are ignored when reading: the API server has already refused or pruned them, and an
    operator one version older than its CRDs must go on working.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        use_enum_values=False,
        # A field's docstring is what `kubectl explain` says of it.
        use_attribute_docstrings=True,
    )

    def to_api(self) -> dict[str, Any]:
        """The object as the API server knows it: camelCase, without what is unset."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def rules(*validations: tuple[str, str]) -> dict[str, Any]:
    """CEL rules for a model's `json_schema_extra`; each is an expression and the sentence for who breaks it."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in validations]}


def list_map(*keys: str) -> dict[str, Any]:
    """Marks a list as a map with these keys: entries are merged by key and duplicates refused."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


def list_set() -> dict[str, Any]:
    """Marks a list of scalars as a set: duplicates are refused."""
    return {"x-kubernetes-list-type": "set"}


SENTENCE: Final = "x-sentence"
"""In a field's schema: what to tell a person whose value breaks the field's pattern."""


def says(sentence: str) -> dict[str, Any]:
    """The sentence for who breaks a field's pattern, as `json_schema_extra`."""
    return {SENTENCE: sentence}


def number_as_text(value: object) -> object:
    """A quantity may be written as a bare number in YAML; Kubernetes reads it as its text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
QUANTITY = r"^[0-9]+(\.[0-9]*)?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
"""What Kubernetes reads as a quantity, without a sign and with a digit in front."""

Name = Annotated[
    str,
    StringConstraints(pattern=DNS_LABEL, min_length=1, max_length=63),
    Field(json_schema_extra=says("write lower-case letters, digits and '-', beginning and ending with no '-'")),
]
"""A DNS label: fits a label value and a Deployment's name."""

LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=317)]
LabelValue = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63),
    Field(
        json_schema_extra=says("write a label value: letters, digits, '-', '_' and '.', a letter or digit at both ends")
    ),
]

Labels = Annotated[
    dict[LabelKey, LabelValue],
    Field(
        max_length=16,
        # Kubernetes' own check of a whole label key costs more than the API server grants a rule over a map.
        json_schema_extra=rules(
            (
                "self.all(k, k.size() > 0 && k.size() <= 317)",
                "write label keys of at most 317 characters, for example topology.kubernetes.io/zone",
            ),
        ),
    ),
]
"""Labels to match, all of them."""

ResourceName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", max_length=128
    ),
    Field(json_schema_extra=says("write an extended resource as its nodes offer it, for example nvidia.com/gpu")),
]
"""An extended resource such as `nvidia.com/gpu`."""

Uri = Annotated[
    str,
    StringConstraints(pattern=r"^(file|pvc|https?|s3|gs|oci)://.+$", max_length=1024),
    Field(
        json_schema_extra=says(
            "write where the model is as file://, pvc://, http://, https://, s3://, gs:// or oci:// and a path"
        )
    ),
]
"""Where a model's files are."""

Quantity = Annotated[
    str,
    BeforeValidator(number_as_text),
    StringConstraints(pattern=QUANTITY, max_length=32),
    Field(
        json_schema_extra={
            "x-kubernetes-int-or-string": True,
            # isQuantity is the API server's own parser; the signs and the bare point that it also takes are left out.
            **rules(
                (
                    (
                        "type(self) == int ? self >= 0 : isQuantity(self)"
                        " && !['+', '-', '.'].exists(sign, self.startsWith(sign))"
                    ),
                    "write a Kubernetes quantity that is not negative, for example 500m, 2 or 4Gi",
                ),
            ),
        }
    ),
]
"""A Kubernetes quantity that is not negative: `500m`, `2Gi`, `1`."""

Money = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$", max_length=16),
    Field(json_schema_extra=says('write an amount of money as a decimal in quotes, for example "0.08"')),
]
"""An amount of money as a decimal string, in the one currency that all of a cluster's Sites use."""

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"}), StringConstraints(max_length=40)]
"""RFC 3339, UTC."""
