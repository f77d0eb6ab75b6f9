# SPDX-License-Identifier: Apache-2.0
"""What of a desired object does not hold in the live one: only that is worth a write.

Two questions. Is everything we want there? Then what others added (defaults, the deployment controller, an injector)
is none of our business. And is anything still there that we once wrote and no longer want? The live object's
managedFields name it, and leaving it out of an apply removes it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from aiworkload.api import names
from aiworkload.api.quantity import parse_quantity

_IDENTITY: Final = frozenset({"apiVersion", "kind"})
_MERGE_KEYS: Final = ("mountPath", "containerPort", "name", "uid")
"""What tells apart the entries of lists that Kubernetes merges; the first that all entries have, without doubles."""
_ATOMIC_MAPS: Final = frozenset({"selector", "nodeSelector", "matchLabels"})
"""Maps that mean something else with one entry more."""
_QUANTITY_MAPS: Final = frozenset({"requests", "limits"})
_QUANTITIES: Final = frozenset({"sizeLimit"})

Path = tuple[str, ...]


def drift(desired: Mapping[str, Any], live: Mapping[str, Any], manager: str = names.FIELD_MANAGER) -> list[str]:
    """The paths at which the live object differs from the desired one; empty when there is nothing to write.

    The leader's epoch is not compared: a new leader does not rewrite everything.
    """
    wanted = {key: value for key, value in desired.items() if key not in _IDENTITY}
    owned = _owned(live, manager)
    return [".".join(path) for path in (*_missing(wanted, live, ()), *_surplus(owned, wanted, ()))]


def _missing(desired: object, live: object, path: Path) -> Iterator[Path]:
    if isinstance(desired, Mapping):
        yield from _missing_keys(cast("Mapping[str, Any]", desired), live, path)
    elif isinstance(desired, list | tuple):
        yield from _missing_items(cast("Sequence[Any]", desired), live, path)
    elif desired != live and not _same_quantity(desired, live, path) and not _both_empty(desired, live):
        yield path


def _missing_keys(desired: Mapping[str, Any], live: object, path: Path) -> Iterator[Path]:
    if not isinstance(live, Mapping):
        if desired or live is not None:
            yield path
        return
    there = cast("Mapping[str, Any]", live)
    for key, value in desired.items():
        if key != names.EPOCH_ANNOTATION:
            yield from _missing(value, there.get(key), (*path, key))
    if path and path[-1] in _ATOMIC_MAPS and set(there) - set(desired):
        yield path


def _missing_items(desired: Sequence[Any], live: object, path: Path) -> Iterator[Path]:
    if not isinstance(live, list):
        if desired or live is not None:
            yield path
        return
    there: list[Any] = [*cast("Sequence[Any]", live)]
    if key := _merge_key(desired, there):
        by_key = {item[key]: item for item in there}
        for item in desired:
            yield from _missing(item, by_key.get(item[key]), (*path, f"{key}={item[key]}"))
    elif len(desired) != len(there):
        yield path
    else:
        for index, (want, have) in enumerate(zip(desired, there, strict=True)):
            yield from _missing(want, have, (*path, str(index)))


def _merge_key(desired: Sequence[Any], live: Sequence[Any]) -> str | None:
    for key in _MERGE_KEYS:
        if all(_unique(key, items) for items in (desired, live)):
            return key
    return None


def _unique(key: str, items: Sequence[Any]) -> bool:
    if not all(isinstance(item, Mapping) and key in item for item in items):
        return False
    return len({item[key] for item in items}) == len(items)


def _same_quantity(desired: object, live: object, path: Path) -> bool:
    is_quantity = path[-1] in _QUANTITIES or (len(path) > 1 and path[-2] in _QUANTITY_MAPS)
    if not is_quantity or live is None:
        return False
    try:
        return parse_quantity(str(desired)) == parse_quantity(str(live))
    except ValueError:
        return False


def _both_empty(desired: object, live: object) -> bool:
    """The API server leaves out what is empty, for example an environment variable's empty value."""
    return live is None and desired in (None, "", 0, False)


def _owned(live: Mapping[str, Any], manager: str) -> Mapping[str, Any]:
    for entry in live.get("metadata", {}).get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            return cast("Mapping[str, Any]", entry.get("fieldsV1") or {})
    return {}


def _surplus(owned: Mapping[str, Any], desired: object, path: Path) -> Iterator[Path]:
    """What our manager owns in fieldsV1 (`f:` a field, `k:` a list entry by keys, `v:` a value) and is not desired."""
    for mark, below in owned.items():
        kind, _, name = mark.partition(":")
        if mark == "." or name == names.EPOCH_ANNOTATION:
            continue
        found = _find(kind, name, desired)
        if found is _ABSENT:
            if set(below) != {"f:" + names.EPOCH_ANNOTATION}:
                yield (*path, name)
        elif below:
            yield from _surplus(below, found, (*path, name))


_ABSENT: Final = object()


def _find(kind: str, name: str, desired: object) -> object:
    if kind == "f":
        return cast("Mapping[str, Any]", desired).get(name, _ABSENT) if isinstance(desired, Mapping) else _ABSENT
    items = cast("Sequence[Any]", desired) if isinstance(desired, list | tuple) else ()
    wanted = json.loads(name)
    if kind == "v":
        return next((item for item in items if item == wanted), _ABSENT)
    return next((item for item in items if _matches(item, wanted)), _ABSENT)


def _matches(item: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    """A key that the desired entry leaves out was filled in by a default (a port's protocol)."""
    return all(item.get(key, value) == value for key, value in keys.items())
