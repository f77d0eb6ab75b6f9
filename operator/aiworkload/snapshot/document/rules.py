# SPDX-License-Identifier: Apache-2.0
"""Holds a document to the rules between fields that the API server would enforce: those of the models themselves."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from pydantic import BaseModel

from aiworkload.snapshot.document.cel import Expression, compiled
from aiworkload.snapshot.document.problems import Path, Problem
from aiworkload.snapshot.document.schema import Schema, resolved, schema_of

Tree = Mapping[str, Any]


def broken_rules(model: type[BaseModel], found: BaseModel) -> Iterator[Problem]:
    """Every rule that a document breaks, each with the sentence that the API server would say.

    Defaults are filled in before, as the API server does.
    """
    root = schema_of(model)
    value = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    yield from _broken(root, root, (), value)


def _broken(root: Schema, schema: Schema, path: Path, value: object) -> Iterator[Problem]:
    node = resolved(root, schema)
    for rule in node.get("x-kubernetes-validations", ()):
        if not _expression(rule["rule"])({"self": value}):
            yield Problem(path, rule["message"])
    if isinstance(value, Mapping):
        yield from _beneath(root, node, path, cast("Tree", value))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from _entries(root, node, path, cast("Sequence[object]", value))


def _beneath(root: Schema, node: Schema, path: Path, value: Tree) -> Iterator[Problem]:
    for key, child in value.items():
        schema: Schema = node.get("properties", {}).get(key) or node.get("additionalProperties") or {}
        yield from _broken(root, schema, (*path, key), child)


def _entries(root: Schema, node: Schema, path: Path, value: Sequence[object]) -> Iterator[Problem]:
    keys: Sequence[str] = node.get("x-kubernetes-list-map-keys", ())
    is_set = node.get("x-kubernetes-list-type") == "set"
    seen: list[object] = []
    for index, child in enumerate(value):
        name = [cast("Tree", child).get(key) for key in keys] if keys else child
        if (keys or is_set) and name in seen:
            yield Problem((*path, index), "stands here twice: remove one", name if is_set else None)
        seen.append(name)
        yield from _broken(root, node.get("items", {}), (*path, index), child)


@lru_cache(maxsize=256)
def _expression(rule: str) -> Expression:
    return compiled(rule)
