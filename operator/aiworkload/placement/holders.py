# SPDX-License-Identifier: Apache-2.0
"""Which workloads a site is a candidate of, and what they ask for: the inverse of what scoring found.

A bit for each workload and site, so that the whole is copied in less time than one workload is scored.
"""

from collections.abc import Iterable, Mapping
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
    demand: Ints
    """[V, D]"""
    replicas: Ints
    """[V]"""

    @classmethod
    def of(cls, needs: Mapping[WorkloadKey, Needs], scored: Mapping[WorkloadKey, Scored], columns: Columns) -> Self:
        """Of everything that was scored."""
        keys = tuple(needs)
        demand, replicas = _asked(needs.values(), columns.resources)
        held = np.zeros((len(columns.geography), -(-len(keys) // 8) * 8), np.bool_)
        for slot, key in enumerate(keys):
            held[scored[key].columns, slot] = True
        return cls(
            keys=keys,
            slot={key: slot for slot, key in enumerate(keys)},
            bits=np.packbits(held, axis=1),
            slots=np.repeat(np.arange(len(keys)), [len(asked.variants) for asked in needs.values()]),
            demand=demand,
            replicas=replicas,
        )

    def after(
        self,
        needs: Mapping[WorkloadKey, Needs],
        scored: Mapping[WorkloadKey, Scored],
        touched: Iterable[WorkloadKey],
        resources: tuple[str, ...],
    ) -> Self:
        """The same with some workloads scored again; all of them are known, with as many variants as before."""
        bits, demand, replicas = self.bits.copy(), self.demand.copy(), self.replicas.copy()
        for key in touched:
            byte, bit = divmod(self.slot[key], 8)
            bits[:, byte] &= np.uint8(0xFF ^ (0x80 >> bit))
            bits[scored[key].columns, byte] |= np.uint8(0x80 >> bit)
            rows = slice(*np.searchsorted(self.slots, (self.slot[key], self.slot[key] + 1)).tolist())
            demand[rows], replicas[rows] = _asked((needs[key],), resources)
        return replace(self, bits=bits, demand=demand, replicas=replicas)

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


def _asked(needs: Iterable[Needs], resources: tuple[str, ...]) -> tuple[Ints, Ints]:
    rows = [(asked, variant) for asked in needs for variant in asked.variants]
    return demand_of(rows, resources), np.array([asked.replicas for asked, _ in rows], np.int64)
