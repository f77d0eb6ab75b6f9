# SPDX-License-Identifier: Apache-2.0
"""The facts of one kind, as three writers leave them: lists, watches, and our own writes.

A list is the truth: what it does not name is gone, whatever was missed. A watch goes on from it in order. Our own
writes are put in at once, so that the next cycle reads what the last one wrote; until the watch has caught up, older
news of that object are ignored (resourceVersions of one kind compare as integers, KEP-5504).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar

from aiworkload.kube.projection.base import Change, Decoder, Fact, FactT, Key

_MOST_GRAVES: Final = 4096
"""Deletions of our own whose last word from the watch is awaited; a lost one costs a moment's ghost. Ours."""


_HeardT = TypeVar("_HeardT", bound=Fact, contravariant=True)


class Listener(Protocol[_HeardT]):
    """Hears of each fact that came, changed or went. `listed`: not from a live watch, so it may be old news."""

    def __call__(self, old: _HeardT | None, new: _HeardT | None, *, listed: bool) -> None:
        """`old` is None for a new object, `new` is None for one that is gone."""
        ...


class Table(Generic[FactT]):
    """The facts of one kind by key."""

    def __init__(self, model: type[FactT], listener: Listener[FactT]) -> None:
        self.decoder: Decoder[FactT] = Decoder(model)
        self._facts: dict[Key, FactT] = {}
        self._listener = listener
        self._written: dict[Key, int] = {}
        self._graves: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._facts)

    def get(self, key: Key) -> FactT | None:
        """One fact."""
        return self._facts.get(key)

    def values(self) -> Iterable[FactT]:
        """All facts."""
        return self._facts.values()

    def replace(self, resource_version: str, facts: Iterable[FactT]) -> int:
        """Take a whole list in; returns how many facts it showed to be gone."""
        listed_at = int(resource_version)
        listed = {fact.key: fact for fact in facts if fact.metadata.uid not in self._graves}
        self._written = {key: at for key, at in self._written.items() if at > listed_at}
        gone = [key for key in self._facts if key not in listed and key not in self._written]
        for key in gone:
            self._put(key, None, listed=True)
        for key, fact in listed.items():
            if key not in self._written:
                self._put(key, fact, listed=True)
        return len(gone)

    def observe(self, change: Change[FactT]) -> None:
        """Take one line of a watch in."""
        if change.type == "DELETED":
            self._graves.pop(change.uid, None)
        if change.type == "BOOKMARK" or change.uid in self._graves:
            return
        own = self._written.get(change.key, 0)
        if own > int(change.resource_version):
            return
        self._written.pop(change.key, None)
        fact = None if change.type == "DELETED" else change.fact
        self._put(change.key, fact, listed=False)

    def wrote(self, live: Mapping[str, Any]) -> None:
        """Take in what the API server answered to a write of ours."""
        fact = self.decoder.one(live)
        if fact is None:
            return
        standing = self._facts.get(fact.key)
        version = int(fact.metadata.resource_version)
        if standing is None or int(standing.metadata.resource_version) < version:
            self._written[fact.key] = version
            self._put(fact.key, fact, listed=False)

    def deleted(self, key: Key, uid: str) -> None:
        """Forget an object that we have just deleted."""
        standing = self._facts.get(key)
        if standing is None or standing.metadata.uid != uid:
            return
        if len(self._graves) >= _MOST_GRAVES:
            self._graves.pop(next(iter(self._graves)))
        self._graves[uid] = None
        self._written.pop(key, None)
        self._put(key, None, listed=False)

    def _put(self, key: Key, fact: FactT | None, *, listed: bool) -> None:
        old = self._facts.get(key)
        if fact is None:
            self._facts.pop(key, None)
        else:
            self._facts[key] = fact
        if old is not fact:
            self._listener(old, fact, listed=listed)


AnyTable = Table[Any]
