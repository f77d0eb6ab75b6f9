# SPDX-License-Identifier: Apache-2.0
"""Holds a document to the rules between fields that the API server would enforce: those of the models themselves.

The rules are gathered once a model, with only the ways that lead to one: most of a large file has none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from pydantic import BaseModel

from aiworkload.snapshot.document.cel import Expression, compiled
from aiworkload.snapshot.document.problems import Path, Problem
from aiworkload.snapshot.document.schema import Schema, resolved, schema_of

_EACH: Final = "*"
"""Stands for every entry of a list or map; no field has that name."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What must hold of one value, and of what is beneath."""

    own: tuple[tuple[Expression, str], ...]
    """With the sentence for who breaks it."""
    once: tuple[str, ...] | None
    """The fields that tell a list's entries apart; none: the entries themselves. None: twice is allowed."""
    beneath: Mapping[str, "_Rules"]


def broken_rules(model: type[BaseModel], found: BaseModel) -> Iterator[Problem]:
    """Every rule that a document breaks, each with the sentence that the API server would say.

    Defaults are filled in before, as the API server does.
    """
    return _broken(_rules_of(model), (), found.model_dump(mode="json", by_alias=True, exclude_none=True))


def _broken(rules: _Rules, path: Path, value: Any) -> Iterator[Problem]:  # noqa: ANN401 - a JSON value
    for expression, message in rules.own:
        if not expression({"self": value}):
            yield Problem(path, message)
    if rules.once is not None:
        yield from _twice(rules.once, path, value)
    for step, child in _entries(value) if rules.beneath else ():
        below = rules.beneath.get(str(step)) or rules.beneath.get(_EACH)
        if below is not None:
            yield from _broken(below, (*path, step), child)


def _entries(value: object) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).items()
    return enumerate(cast("list[Any]", value))


def _twice(keys: tuple[str, ...], path: Path, entries: list[Any]) -> Iterator[Problem]:
    seen: list[object] = []
    for index, entry in enumerate(entries):
        name = [entry.get(key) for key in keys] if keys else entry
        if name in seen:
            yield Problem((*path, index), "stands here twice: remove one", None if keys else entry)
        seen.append(name)


@lru_cache(maxsize=16)
def _rules_of(model: type[BaseModel]) -> _Rules:
    root = schema_of(model)
    return _gathered(root, root) or _Rules((), None, {})


def _gathered(root: Schema, schema: Schema) -> _Rules | None:
    """The rules of a schema; None where neither it nor anything beneath has one."""
    node = resolved(root, schema)
    children: dict[str, Schema] = dict(node.get("properties", {}))
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            children[_EACH] = node[key]
    found = {name: rules for name, child in children.items() if (rules := _gathered(root, child)) is not None}
    own = tuple((compiled(one["rule"]), one["message"]) for one in node.get("x-kubernetes-validations", ()))
    once = _once(node)
    return _Rules(own, once, found) if own or found or once is not None else None


def _once(node: Schema) -> tuple[str, ...] | None:
    if node.get("x-kubernetes-list-type") == "set":
        return ()
    keys: tuple[str, ...] | list[str] = node.get("x-kubernetes-list-map-keys", ())
    return tuple(keys) or None
