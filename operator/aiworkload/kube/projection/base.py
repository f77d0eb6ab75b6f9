# SPDX-License-Identifier: Apache-2.0
"""What every fact has, and how a page or a watch line becomes facts."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from aiworkload.kube.errors import Unreachable, from_answer
from aiworkload.reconcile.ports import ClusterError

_log = logging.getLogger(__name__)


class Key(NamedTuple):
    """Namespace (empty for cluster-scoped kinds) and name."""

    namespace: str
    name: str


class Wire(BaseModel):
    """A part of an object as the API server sends it; fields not named here are skipped while parsing."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Owner(Wire):
    """Who an object belongs to, with whatever else is said there: drift compares it."""

    model_config = ConfigDict(extra="allow")

    uid: str = ""


class Written(Wire):
    """One entry of managedFields: when somebody last wrote which part."""

    subresource: str = ""
    time: datetime | None = None


class Metadata(Wire):
    """The part of an object's metadata that facts keep."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 1
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    annotations: dict[str, str] = Field(default_factory=dict[str, str])
    owner_references: tuple[Owner, ...] = ()

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return Key(self.namespace, self.name)

    @property
    def created_at(self) -> float:
        """Seconds since the epoch by the API server's clock."""
        return self.creation_timestamp.timestamp() if self.creation_timestamp else 0.0


class Fact(Wire):
    """A decoded object."""

    metadata: Metadata

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return self.metadata.key

    def matters_like(self, other: "Fact") -> bool:
        """Whether a decision would see no difference between this and an older version of it."""
        return self.essence() == other.essence()

    def essence(self) -> object:
        """The part of the fact that decisions read."""
        return self

    def differences(self, desired: Mapping[str, Any]) -> list[str]:
        """Where it differs from a desired manifest. A fact that keeps too little of its object to tell says so."""
        del desired
        return ["unknown"]


FactT = TypeVar("FactT", bound=Fact)


class ListMetadata(Wire):
    """A list's version, and where its next page begins (empty on the last)."""

    resource_version: str = ""
    continue_: Annotated[str, Field(alias="continue")] = ""


class _Page(Wire, Generic[FactT]):
    metadata: ListMetadata = ListMetadata()
    items: tuple[FactT, ...] | None = ()


class _Line(Wire, Generic[FactT]):
    type: str
    object: FactT


@dataclass(frozen=True, slots=True)
class Change(Generic[FactT]):
    """One line of a watch. `fact` is None for a bookmark, or for an object that cannot be read."""

    type: str
    key: Key
    uid: str
    resource_version: str
    fact: FactT | None


class Decoder(Generic[FactT]):
    """Decodes one kind. An object that its model cannot read is named in the log and left out, never a crash."""

    def __init__(self, model: type[FactT]) -> None:
        self._model = model
        self._page: type[_Page[FactT]] = cast("Any", _Page)[model]
        self._line: type[_Line[FactT]] = cast("Any", _Line)[model]

    def page(self, raw: bytes) -> tuple[ListMetadata, list[FactT]]:
        """The list's metadata and the facts of one page."""
        try:
            page = self._page.model_validate_json(raw)
        except ValidationError:
            loose: dict[str, Any] = orjson.loads(raw)
            items: list[Mapping[str, Any]] = loose.get("items") or []
            return ListMetadata.model_validate(loose.get("metadata", {})), list(self._readable(items))
        return page.metadata, list(page.items or ())

    def line(self, raw: bytes) -> Change[FactT]:
        """One line of a watch.

        Raises:
            ClusterError: the line is the API server's word that the watch is over (`kube.errors`).
        """
        if raw.startswith((b'{"type":"ADDED"', b'{"type":"MODIFIED"', b'{"type":"DELETED"')):
            try:
                line = self._line.model_validate_json(raw)
            except ValidationError:
                return self._loose_line(raw)
            metadata = line.object.metadata
            return Change(line.type, metadata.key, metadata.uid, metadata.resource_version, line.object)
        return self._loose_line(raw)

    def one(self, live: Mapping[str, Any]) -> FactT | None:
        """A fact from an object that was read or written singly; None when it cannot be read."""
        return next(self._readable([live]), None)

    def _readable(self, items: list[Mapping[str, Any]]) -> Iterator[FactT]:
        for item in items:
            try:
                yield self._model.model_validate(item)
            except ValidationError as error:
                _warn_unreadable(item, error)

    def _loose_line(self, raw: bytes) -> Change[FactT]:
        try:
            line = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise Unreachable("the watch sent a line that is not JSON: it was cut off") from error
        type_, item = str(line["type"]), line["object"]
        if type_ == "ERROR":
            raise _watch_error(item)
        metadata = Metadata.model_validate(item.get("metadata", {}))
        fact = None if type_ == "BOOKMARK" else self.one(item)
        return Change(type_, metadata.key, metadata.uid, metadata.resource_version, fact)


def _watch_error(status: Mapping[str, Any]) -> ClusterError:
    return from_answer(int(status.get("code", 500)), orjson.dumps(status))


def _warn_unreadable(item: Mapping[str, Any], error: ValidationError) -> None:
    metadata = item.get("metadata", {})
    _log.warning(
        "%s %s/%s cannot be read and counts as absent: %s",
        item.get("kind", "object"),
        metadata.get("namespace", ""),
        metadata.get("name", ""),
        sentence(error),
    )


def sentence(error: ValidationError) -> str:
    """A validation error as one sentence: the first field that is wrong, and how many more there are."""
    problems = error.errors(include_url=False)
    first = problems[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where or 'the object'}: {first['msg']}{more}"
