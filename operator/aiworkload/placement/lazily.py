# SPDX-License-Identifier: Apache-2.0
"""Sequences that come into being as far as somebody looks, and know how far that was."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, cast, overload

ItemT = TypeVar("ItemT")


class Lazily(Sequence[ItemT]):
    """Things told of a decision that come into being as far as somebody looks."""

    def __init__(self, source: Iterator[ItemT]) -> None:
        self._source = source
        self._seen: list[ItemT] = []
        self.exhausted = False
        """Whether somebody asked for more than there is."""

    @property
    def seen(self) -> Sequence[ItemT]:
        """What was looked at by now."""
        return self._seen

    def __iter__(self) -> Iterator[ItemT]:
        position = 0
        while self._reaches(position):
            yield self._seen[position]
            position += 1

    @overload
    def __getitem__(self, index: int) -> ItemT: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ItemT, ...]: ...
    def __getitem__(self, index: int | slice) -> ItemT | tuple[ItemT, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        self._reaches(index if index >= 0 else 1 << 62)
        return self._seen[index]

    def __len__(self) -> int:
        self._reaches(1 << 62)
        return len(self._seen)

    def __bool__(self) -> bool:
        return self._reaches(0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return False
        others = cast("Sequence[object]", other)
        return len(self) == len(others) and all(mine == theirs for mine, theirs in zip(self, others, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as of any sequence that compares by its items

    def _reaches(self, position: int) -> bool:
        while len(self._seen) <= position:
            found = next(self._source, None)
            if found is None:
                self.exhausted = True
                return False
            self._seen.append(found)
        return True


def iter_once(of: Callable[[], Iterable[ItemT]]) -> Iterator[ItemT]:
    """Ask when the first is wanted, and not again."""
    yield from of()
