# SPDX-License-Identifier: Apache-2.0
"""What all parts of the file share: strict models, ages instead of clocks, quantities as in Kubernetes.

Times are kept to the millisecond, which is finer than anything in a decision is measured. So a snapshot whose times
are whole milliseconds comes back from its file unchanged, and one taken by a finer clock does from then on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, cast

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from aiworkload.api.base import Model, Quantity, says
from aiworkload.api.names import API_VERSION
from aiworkload.api.quantity import resources
from aiworkload.api.timestamps import to_epoch

_SERVER_WRITTEN: Final = ("managedFields", "ownerReferences", "finalizers", "selfLink", "deletionGracePeriodSeconds")
"""What `kubectl get -o yaml` prints of an object's metadata and no decision reads."""
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


class Part(Model):
    """A part of the file. An unknown field is an error: it is a slip of the pen far more often than a newer version."""

    model_config = ConfigDict(extra="forbid")


Text = Annotated[str, StringConstraints(max_length=1024)]
Moment = Annotated[str, StringConstraints(max_length=40), Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339."""
Age = Annotated[float, Field(ge=-1e10, le=1e10)]
"""Seconds before `takenTime`; bounded at some three centuries, so that no sum of two times overflows."""
Version = Annotated[
    str,
    StringConstraints(pattern=f"^{API_VERSION}$"),
    Field(json_schema_extra=says(f"this version reads {API_VERSION}")),
]
Resources = dict[str, Quantity]
"""Amounts by resource as in Kubernetes: `{cpu: "4", memory: 8Gi, nvidia.com/gpu: 1}`."""


def _without_server_fields(metadata: object) -> object:
    if not isinstance(metadata, Mapping):
        return metadata
    fields = cast("Mapping[str, Any]", metadata)
    return {key: value for key, value in fields.items() if key not in _SERVER_WRITTEN}


def _with_server_fields(schema: dict[str, Any]) -> None:
    """For whoever checks a file by its schema: these may stand there and are not read."""
    anything: dict[str, Any] = {}
    schema["properties"] |= dict.fromkeys(_SERVER_WRITTEN, anything)


class Metadata(Part):
    """An object's metadata as kubectl prints it. Only the name must be given."""

    model_config = ConfigDict(json_schema_extra=_with_server_fields)

    name: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    namespace: Annotated[str, StringConstraints(max_length=63)] = "default"
    """Of an AIWorkload; a Site has none."""
    uid: str = ""
    generation: Annotated[int, Field(ge=0)] = 1
    resource_version: str = ""
    creation_timestamp: Moment | None = None
    """Absent: long ago."""
    deletion_timestamp: Moment | None = None
    """Given: it is being deleted."""
    labels: dict[str, str] = Field(default={})
    annotations: dict[str, str] = Field(default={})


ObjectMetadata = Annotated[Metadata, BeforeValidator(_without_server_fields)]


def moment(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, with the milliseconds where there are any."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    text = datetime.fromtimestamp(whole, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{thousandths:03d}Z" if thousandths else f"{text}Z"


def since(text: str | None) -> float:
    """A moment as seconds since the epoch; one that was not given is long ago, at the epoch itself."""
    return 0.0 if text is None else to_epoch(text)


def age(at: float, now: float) -> float:
    """How long ago something was, in seconds, to the millisecond."""
    return round(now - at, 3)


def before(now: float, seconds: float) -> float:
    """The time so many seconds ago, to the millisecond."""
    return round(now - seconds, 3)


def given(optional: Mapping[str, Any]) -> dict[str, Any]:
    """Fields without those that are None."""
    return {key: value for key, value in optional.items() if value is not None}


def as_given(model: Model) -> dict[str, Any]:
    """A spec or status without the defaults that nobody wrote, so that the file stays as short as its object."""
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)


def in_units(quantities: Resources) -> dict[str, int]:
    """Amounts as decisions count them (`api.quantity`)."""
    return resources(quantities)


def in_quantities(amounts: Mapping[str, int]) -> Resources:
    """Amounts as people write them; nothing is rounded."""
    return {name: _quantity(name, amount) for name, amount in sorted(amounts.items())}


def _quantity(resource: str, amount: int) -> str:
    if resource == "cpu":
        return f"{amount}m" if amount % 1000 else str(amount // 1000)
    scale = 0
    while amount and amount % 1024 == 0 and scale < len(_BINARY) - 1:
        amount, scale = amount // 1024, scale + 1
    return f"{amount}{_BINARY[scale]}"
