# SPDX-License-Identifier: Apache-2.0
"""Who is to be served next, where one cycle cannot serve all: whoever has waited longest.

In the order of their names the late ones of the alphabet would never be served while something changes all the time,
and names that fail every time would hold up all others.
"""

from collections.abc import Container, Iterable, Iterator


class Line:
    """Names in the order in which they came. One that comes again while it waits keeps its place."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        """As they stand now: whoever walks along may change the line."""
        return iter(tuple(self._names))

    def join(self, names: Iterable[str]) -> None:
        """Stand at the end; those that come at the same time in the order of their names."""
        for name in sorted(names):
            self._names.setdefault(name)

    def leave(self, name: str) -> None:
        """Wait no more."""
        self._names.pop(name, None)

    def give_way(self, name: str) -> None:
        """Stand behind all others."""
        self.leave(name)
        self._names[name] = None

    def keep(self, known: Container[str]) -> None:
        """Send away whoever is not known any more."""
        self._names = {name: None for name in self._names if name in known}
