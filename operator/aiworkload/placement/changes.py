# SPDX-License-Identifier: Apache-2.0
"""What differs between two snapshots, by identity: an object is handed on for as long as its facts hold."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import compress
from operator import is_, is_not
from typing import Final, Self, TypeVar

import numpy as np

from aiworkload.placement.columns import Floats
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey

_Key = TypeVar("_Key", bound=Hashable)

Ends = tuple[str, str]

_NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Expiries:
    """When each measured link turns stale, so that time alone is seen without looking at every link."""

    ends: tuple[Ends, ...]
    position: Mapping[Ends, int]
    at: Floats

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """Of every link."""
        ends = tuple(snapshot.links)
        at = np.array([_expiry(link) for link in snapshot.links.values()], np.float64)
        return cls(ends, dict(zip(ends, range(len(ends)), strict=True)), at)

    def after(self, snapshot: Snapshot, changed: frozenset[Ends]) -> "Expiries":
        """The same with some links as they are now."""
        if any((pair in self.position) is not (pair in snapshot.links) for pair in changed):
            return Expiries.of(snapshot)
        if not changed:
            return self
        at = self.at.copy()
        for pair in changed:
            at[self.position[pair]] = _expiry(snapshot.links[pair])
        return Expiries(self.ends, self.position, at)

    def are_over(self, now: float) -> bool:
        """Whether no measurement is fresh."""
        return not bool(np.any((self.at >= now) & (self.at < _NEVER)))

    def between(self, since: float, until: float) -> frozenset[Ends]:
        """Links that were fresh at one moment and are stale at a later one."""
        found = np.flatnonzero((self.at >= since) & (self.at < until))
        return frozenset(self.ends[position] for position in found.tolist())


@dataclass(frozen=True, slots=True)
class Changes:
    """What a newer snapshot has otherwise, lost or gained."""

    workloads: frozenset[WorkloadKey]
    nodes: frozenset[str]
    sites: frozenset[str]
    links: frozenset[Ends]
    """Those that turned stale meanwhile included."""

    @classmethod
    def between(cls, old: Snapshot, new: Snapshot) -> "Changes":
        """Without what time alone has done."""
        return cls(
            workloads=changed(old.workloads, new.workloads),
            nodes=changed(old.nodes, new.nodes),
            sites=changed(old.sites, new.sites),
            links=changed(old.links, new.links),
        )


def changed(old: Mapping[_Key, object], new: Mapping[_Key, object]) -> frozenset[_Key]:
    """Keys whose value is another object, or is only in one of the two.

    Mostly both have the same keys in the same order, and then no key need be looked up.
    """
    if old is new:
        return frozenset()
    if len(old) == len(new) and all(map(is_, old, new)):
        return frozenset(compress(new, map(is_not, old.values(), new.values())))
    get = old.get
    found = {key for key, value in new.items() if get(key) is not value}
    if len(old) != len(new) - sum(key not in old for key in found):
        found |= old.keys() - new.keys()
    return frozenset(found)


def _expiry(link: Link) -> float:
    return link.observed_at + link.valid_seconds if link.source is LinkSource.MEASURED else _NEVER
