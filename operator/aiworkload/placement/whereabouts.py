# SPDX-License-Identifier: Apache-2.0
"""Which workloads a place concerns: whose client a site is, who stands there, who waits for a node.

The inverse of what all workloads ask, kept up at the cost of those that changed: a cycle after one change has no time
to look through ten thousand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from aiworkload.placement.needs import Needs
from aiworkload.snapshot.workload import WorkloadKey

Keys = frozenset[WorkloadKey]
By = Mapping[str, Keys]
"""Workloads by site or node."""

_NOBODY: Final[Keys] = frozenset()


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Of all workloads of one reckoning."""

    turn: Mapping[WorkloadKey, int]
    """When each is decided among others, counted from 0. The very same mapping while nobody came, went or changed
    places."""
    clients: By
    """Whose client a site is."""
    standing: By
    """What stands at a site."""
    waits_on: By
    """Who has a replica on a node that is not ready."""
    waiting: Keys
    """Who has replicas without a node."""
    anywhere: Keys
    """Who has no clients, so that any site in contact will do."""

    @classmethod
    def of(cls, needs: Mapping[WorkloadKey, Needs]) -> Self:
        """In the order in which they are decided."""
        return cls(
            turn={key: number for number, key in enumerate(needs)},
            clients=_by(needs.values(), _clients),
            standing=_by(needs.values(), _standing),
            waits_on=_by(needs.values(), _waits_on),
            waiting=frozenset(key for key, asked in needs.items() if asked.waiting),
            anywhere=frozenset(key for key, asked in needs.items() if not asked.clients),
        )

    def after(
        self, old: Mapping[WorkloadKey, Needs], new: Mapping[WorkloadKey, Needs], changed: Keys, *, same_turns: bool
    ) -> "Whereabouts":
        """The same with some workloads as they are now, as they came, or without those that went."""
        if old is new:
            return self
        was = [old[key] for key in changed if key in old]
        now = [new[key] for key in changed if key in new]
        return Whereabouts(
            turn=self.turn if same_turns else {key: number for number, key in enumerate(new)},
            clients=_moved(self.clients, was, now, _clients),
            standing=_moved(self.standing, was, now, _standing),
            waits_on=_moved(self.waits_on, was, now, _waits_on),
            waiting=(self.waiting - changed) | {asked.workload.key for asked in now if asked.waiting},
            anywhere=(self.anywhere - changed) | {asked.workload.key for asked in now if not asked.clients},
        )

    def standing_at(self, sites: Iterable[str]) -> Keys:
        """What stands at any of these sites."""
        return _NOBODY.union(*(self.standing.get(site, _NOBODY) for site in sites))

    def waiting_on(self, nodes: Iterable[str]) -> Keys:
        """Who has a replica that is not ready on any of these nodes: what is said of it may be otherwise."""
        return _NOBODY.union(*(self.waits_on.get(node, _NOBODY) for node in nodes))

    def clients_at(self, sites: Iterable[str]) -> Keys:
        """Who has clients at any of these sites."""
        return _NOBODY.union(*(self.clients.get(site, _NOBODY) for site in sites))


def _clients(needs: Needs) -> Iterable[str]:
    return (site for site, _ in needs.clients)


def _standing(needs: Needs) -> Iterable[str]:
    return (where.site for where in needs.standing)


def _waits_on(needs: Needs) -> Iterable[str]:
    return needs.waits_on


def _by(needs: Iterable[Needs], places: Callable[[Needs], Iterable[str]]) -> By:
    found: dict[str, set[WorkloadKey]] = {}
    for asked in needs:
        for place in places(asked):
            found.setdefault(place, set()).add(asked.workload.key)
    return {place: frozenset(keys) for place, keys in found.items()}


def _moved(by: By, was: Iterable[Needs], now: Iterable[Needs], places: Callable[[Needs], Iterable[str]]) -> By:
    """By place, after some workloads left the places where they were for those where they are."""
    left, came = _by(was, places), _by(now, places)
    if left == came:
        return by
    found = dict(by)
    for place in left.keys() | came.keys():
        keys = (by.get(place, _NOBODY) - left.get(place, _NOBODY)) | came.get(place, _NOBODY)
        if keys:
            found[place] = keys
        else:
            del found[place]
    return found
