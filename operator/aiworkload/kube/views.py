# SPDX-License-Identifier: Apache-2.0
"""Values that change between snapshots and never within one.

A snapshot's mapping is a copy, made only when something in it has changed since the last; its values are the very
same objects until their facts change, so that whoever decides can see by identity (`is`) what is new.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

from aiworkload.snapshot.workload import WorkloadKey

_KeyT = TypeVar("_KeyT", str, tuple[str, str], WorkloadKey)
_ValueT = TypeVar("_ValueT")


class Views(Generic[_KeyT, _ValueT]):
    """Values by key. The order is that of the keys, whatever came first, so it is a function of the facts alone."""

    def __init__(self) -> None:
        self._values: dict[_KeyT, _ValueT] = {}
        self._view: dict[_KeyT, _ValueT] | None = None
        self._sorted = True

    def get(self, key: _KeyT) -> _ValueT | None:
        """The value that stands."""
        return self._values.get(key)

    def put(self, key: _KeyT, value: _ValueT | None) -> bool:
        """Put a value in, or take it out with None. One equal to what stands changes nothing. Whether it changed."""
        standing = self._values.get(key)
        if standing == value:
            return False
        self._view = None
        if value is None:
            del self._values[key]
        else:
            self._sorted = self._sorted and standing is not None
            self._values[key] = value
        return True

    def view(self) -> Mapping[_KeyT, _ValueT]:
        """All values, frozen: the same mapping again while nothing changes, and never changed once handed out."""
        if not self._sorted:
            self._values = {key: self._values[key] for key in sorted(self._values)}
            self._sorted = True
        if self._view is None:
            self._view = self._values.copy()
        return self._view
