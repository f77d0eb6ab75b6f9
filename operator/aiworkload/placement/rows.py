# SPDX-License-Identifier: Apache-2.0
"""What workloads ask for, as arrays: the rows that sites are scored against."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.columns import Bools, Ints
from aiworkload.placement.needs import Needs, VariantNeeds
from aiworkload.placement.ways import Halves
from aiworkload.placement.weights import FACTORS

Row = tuple[Needs, VariantNeeds]


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of one block ask for; R of them."""

    needs: tuple[Row, ...]
    group: Ints
    """[R] which workload of the block; rows of one workload stand together."""
    target: Halves
    tiers: NDArray[np.uint8]
    variant_tiers: NDArray[np.uint8]
    replicas: Ints
    demand: Ints
    """[R, D]"""
    accelerated: Bools
    device: Ints
    """[R] index among the resources of what computes: the accelerator, or the CPU."""
    device_mebibytes: Halves
    """[R] memory that each device must have."""
    compute: Halves
    """[R, H] microseconds by hardware; NaN: nobody told."""
    fit: Halves
    """[R, H]"""
    accuracy: Halves
    """[R] percent below the workload's best variant."""
    everywhere: Bools
    several: Bools
    bounded: Bools
    selective: Bools
    ceiling: NDArray[np.float64]
    gibibytes: NDArray[np.float64]
    kilobits: Halves
    weights: Ints
    """[R, F] in the order of `FACTORS`."""

    @classmethod
    def of(cls, rows: Sequence[Row], resources: Sequence[str]) -> "Rows":
        """The rows of whole workloads, in the order given."""
        groups = {id(needs): None for needs, _ in rows}
        order = {key: number for number, key in enumerate(groups)}
        index = {name: d for d, name in enumerate(resources)}
        best = {id(needs): max(v.accuracy for v in needs.variants) for needs, _ in rows}
        return cls(
            needs=tuple(rows),
            group=np.array([order[id(needs)] for needs, _ in rows], np.int64),
            target=np.array([needs.target for needs, _ in rows], np.float32),
            tiers=np.array([needs.tiers for needs, _ in rows], np.uint8),
            variant_tiers=np.array([variant.tiers for _, variant in rows], np.uint8),
            replicas=np.array([needs.replicas for needs, _ in rows], np.int64),
            demand=demand_of(rows, resources),
            accelerated=np.array([variant.accelerator is not None for _, variant in rows], np.bool_),
            device=np.array([index[variant.accelerator or "cpu"] for _, variant in rows], np.int64),
            device_mebibytes=np.array([variant.device_mebibytes for _, variant in rows], np.float32),
            compute=np.array([variant.compute for _, variant in rows], np.float32),
            fit=np.array([variant.fit for _, variant in rows], np.float32),
            accuracy=np.array([best[id(needs)] - variant.accuracy for needs, variant in rows], np.float32),
            everywhere=np.array([needs.everywhere for needs, _ in rows], np.bool_),
            several=np.array([needs.several for needs, _ in rows], np.bool_),
            bounded=np.array([needs.bounded for needs, _ in rows], np.bool_),
            selective=np.array([needs.selective for needs, _ in rows], np.bool_),
            ceiling=np.array([needs.ceiling for needs, _ in rows], np.float64),
            gibibytes=np.array([needs.gibibytes_per_hour for needs, _ in rows], np.float64),
            kilobits=np.array([needs.kilobits_per_second for needs, _ in rows], np.float32),
            weights=np.array([[needs.weights[name] for name in FACTORS] for needs, _ in rows], np.int64),
        )


def demand_of(rows: Sequence[Row], resources: Sequence[str]) -> Ints:
    """[R, D] what one replica of each row asks for."""
    index = {name: d for d, name in enumerate(resources)}
    found = np.zeros((len(rows), len(resources)), np.int64)
    for number, (_, variant) in enumerate(rows):
        for name, amount in variant.demand:
            found[number, index[name]] = amount
    return found
