# SPDX-License-Identifier: Apache-2.0
"""Which workloads a site is a candidate of, and what they ask for: the inverse of what scoring found.

A bit for each workload and site, so that the whole is copied in less time than one workload is scored.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.columns import Columns, Ints
from aiworkload.placement.needs import Needs
from aiworkload.placement.rows import demand_of
from aiworkload.placement.scoring import Scored
from aiworkload.snapshot.workload import WorkloadKey


@dataclass(frozen=True, slots=True)
class Holders:
    """G workloads with V variants, S sites."""

    keys: tuple[WorkloadKey, ...]
    slot: Mapping[WorkloadKey, int]
    bits: NDArray[np.uint8]
    """[S, G / 8]"""
    slots: Ints
    """[V] each variant's workload, ascending."""
    kinds: Ints
    """[V] variants that ask for the same are of one kind: few, where sizes are round."""
    demand: Ints
    """[K, D] of each kind."""
    replicas: Ints
    """[K]"""

    @classmethod
    def of(cls, needs: Mapping[WorkloadKey, Needs], scored: Mapping[WorkloadKey, Scored], columns: Columns) -> Self:
        """Of everything that was scored."""
        keys = tuple(needs)
        kinds, demand, replicas = _kinds(_asked(needs.values(), columns.resources))
        held = np.zeros((len(columns.geography), -(-len(keys) // 8) * 8), np.bool_)
        for slot, key in enumerate(keys):
            held[scored[key].columns, slot] = True
        return cls(
            keys=keys,
            slot={key: slot for slot, key in enumerate(keys)},
            bits=np.packbits(held, axis=1),
            slots=np.repeat(np.arange(len(keys)), [len(asked.variants) for asked in needs.values()]),
            kinds=kinds,
            demand=demand,
            replicas=replicas,
        )

    def after(
        self,
        needs: Mapping[WorkloadKey, Needs],
        scored: Mapping[WorkloadKey, Scored],
        touched: Iterable[WorkloadKey],
        columns: Columns,
        others: AbstractSet[WorkloadKey],
    ) -> Self:
        """The same with some workloads scored again; all of them are known, with as many variants as before.

        Only `others` may ask for something else than before.
        """
        bits = self.bits.copy()
        asked: dict[int, Ints] = {}
        for key in touched:
            byte, bit = divmod(self.slot[key], 8)
            bits[:, byte] &= np.uint8(0xFF ^ (0x80 >> bit))
            bits[scored[key].columns, byte] |= np.uint8(0x80 >> bit)
            if key in others:
                first = int(np.searchsorted(self.slots, self.slot[key]))
                asked[first] = _asked((needs[key],), columns.resources)
        return replace(self.with_asked(asked) if asked else self, bits=bits)

    def with_asked(self, asked: Mapping[int, Ints]) -> Self:
        """With what some variants ask for now, by the first row of each workload."""
        every: Ints = np.column_stack((self.demand, self.replicas))[self.kinds]
        different = [
            rows for first, rows in asked.items() if not np.array_equal(every[first : first + len(rows)], rows)
        ]
        if not different:
            return self
        for first, rows in asked.items():
            every[first : first + len(rows)] = rows
        kinds, demand, replicas = _kinds(every)
        return replace(self, kinds=kinds, demand=demand, replicas=replicas)

    def holds(self, needs: Mapping[WorkloadKey, Needs], keys: Iterable[WorkloadKey]) -> bool:
        """Whether these workloads are known, with as many variants as they have now."""
        counts = np.bincount(self.slots, minlength=len(self.keys))
        return all(key in needs and self._variants(key, counts) == len(needs[key].variants) for key in keys)

    def _variants(self, key: WorkloadKey, counts: Ints) -> int:
        slot = self.slot.get(key)
        return -1 if slot is None else int(counts[slot])

    def at(self, column: int) -> tuple[Ints, Ints]:
        """[V'] the variants of the workloads that a site is a candidate of, and their workloads."""
        held = np.unpackbits(self.bits[column]).astype(np.bool_)
        rows = np.flatnonzero(held[self.slots])
        return rows, self.slots[rows]


def _asked(needs: Iterable[Needs], resources: tuple[str, ...]) -> Ints:
    """[V, D + 1] what one replica asks for, and how many there are."""
    rows = [(asked, variant) for asked in needs for variant in asked.variants]
    replicas = np.array([asked.replicas for asked, _ in rows], np.int64)
    found: Ints = np.column_stack((demand_of(rows, resources), replicas))
    return found


def _kinds(asked: Ints) -> tuple[Ints, Ints, Ints]:
    """[V] kinds, and [K, D] and [K] what each asks for."""
    kinds, of_row = np.unique(asked, axis=0, return_inverse=True)
    return of_row.ravel().astype(np.int64), kinds[:, :-1], kinds[:, -1]
