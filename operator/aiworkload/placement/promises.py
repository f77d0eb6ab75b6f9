# SPDX-License-Identifier: Apache-2.0
"""Room that is promised to one workload and taken from others' sight: whom another promise than last time concerns.

A workload that nothing has touched is not decided again. But those before it may be promised more or less than the
last time, and then a site that it counted on is full, or one that was full is open to it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from aiworkload.placement.columns import Ints
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import Promise
from aiworkload.placement.reckoning import Reckoning
from aiworkload.placement.room_changes import fits
from aiworkload.snapshot.workload import WorkloadKey

Promised = Mapping[WorkloadKey, tuple[Promise, ...]]


class Promises:
    """What one `decide` promises, held against what the last one did."""

    def __init__(self, before: Reckoning, now: Reckoning, last: Promised) -> None:
        """Whom it concerns that replicas wait for a node, or do no more, or that nodes changed beneath a promise."""
        self._before: Final = before
        self._now: Final = now
        self._last: Final = last
        self._waiting: Final = (_waiting(before), _waiting(now))
        self._made: Final[dict[WorkloadKey, tuple[Promise, ...]]] = {}
        self.concerned: Final[set[WorkloadKey]] = set()
        """Workloads that may see another room than the last time, as far as is known by now."""
        elsewhere = {*self._waiting[0].items()} ^ {*self._waiting[1].items()}
        moved = ((key, last[key]) for key in last if before.needs.get(key) is not now.needs.get(key))
        for key, promises in (*elsewhere, *moved):
            self._concern(key, promises)
        for site in {promise[0] for promise in self._all()} & self._redrawn():
            self.concerned.update(self._whom(site))

    @property
    def made(self) -> Promised:
        """What was promised by now."""
        return self._made

    def make(self, key: WorkloadKey, promises: tuple[Promise, ...]) -> frozenset[WorkloadKey]:
        """Promise room, and tell whom that concerns who was not concerned before.

        Those after this workload see it. Reckoned anew, all are decided anyway.
        """
        if promises:
            self._made[key] = promises
        if self._before is self._now or promises == self._last.get(key, ()):
            return frozenset()
        known = frozenset(self.concerned)
        self._concern(key, (*promises, *self._last.get(key, ())))
        return frozenset(self.concerned - known)

    def _redrawn(self) -> set[str]:
        """Sites of which a node is otherwise."""
        old, new = self._before.columns, self._now.columns
        if old is new:
            return set()
        changed: Ints = np.unique(new.node_site[np.any(old.room != new.room, axis=1)])
        return {new.geography.names[column] for column in changed.tolist()}

    def _concern(self, key: WorkloadKey, promises: Iterable[Promise]) -> None:
        for site in {promise[0] for promise in promises} & self._now.columns.geography.index.keys():
            self.concerned.update(self._whom(site))
            self.concerned.update(self._on_links_to(site, self._before.needs.get(key)))
            self.concerned.update(self._on_links_to(site, self._now.needs.get(key)))

    def _on_links_to(self, site: str, needs: Needs | None) -> Iterable[WorkloadKey]:
        """Workloads that send anything from the same clients, where a link to that site has a capacity to be shared."""
        for client, _ in needs.clients if needs and needs.kibibytes else ():
            link = self._now.seen.link(client, site)
            if link is not None and link.bandwidth_kilobits is not None:
                others = self._now.whereabouts.clients_at((client,))
                yield from (other for other in others if self._now.needs[other].kibibytes)

    def _whom(self, site: str) -> frozenset[WorkloadKey]:
        """Workloads that fit there if nothing at all is promised, and may not if everything is."""
        old, new = self._before.columns, self._now.columns
        nodes, holders = new.nodes_of(new.geography.index[site]), self._now.holders
        rows, slots = holders.at(new.geography.index[site])
        most = np.maximum(old.room[nodes], new.room[nodes])
        least = np.minimum(old.room[nodes], new.room[nodes]) - self._taken(site)
        kinds = np.unique(holders.kinds[rows])
        unsure = kinds[fits(holders, kinds, most) & ~fits(holders, kinds, least)]
        mine: list[int] = slots[np.isin(holders.kinds[rows], unsure)].tolist()
        return frozenset(holders.keys[slot] for slot in mine)

    def _taken(self, site: str) -> Ints:
        """[D] all that is promised there, then or now, as if every node had to bear it."""
        resources = {name: d for d, name in enumerate(self._now.columns.resources)}
        found = np.zeros(len(resources), np.int64)
        for where, demand, replicas in self._all():
            if where == site:
                for name, amount in demand:
                    found[resources[name]] += amount * replicas
        return found

    def _all(self) -> Iterable[Promise]:
        for promised in (*self._waiting, self._last, self._made):
            for promises in promised.values():
                yield from promises


def _waiting(reckoning: Reckoning) -> Promised:
    """What is reserved for replicas that stand without a node, before anything is decided."""
    return {
        key: tuple((where.site, demand, count) for where, demand, count in reckoning.needs[key].unbound)
        for key in reckoning.whereabouts.waiting
    }
