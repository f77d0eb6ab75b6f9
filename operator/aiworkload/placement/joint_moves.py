# SPDX-License-Identifier: Apache-2.0
"""`move_cost` of many moves at once, as arrays: the same points for the same move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from aiworkload.placement.columns import Bools, Floats, Ints
from aiworkload.placement.needs import Needs
from aiworkload.placement.reckoning import Reckoning
from aiworkload.snapshot.workload import Assignment

_KILOBITS_IN_MEBIBYTE: Final = 8 * 1024 * 1024 / 1000
_SCALE: Final = 100

Movers = Sequence[tuple[Needs, Assignment | None]]
"""Each with where it stands."""


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """M moves."""

    mover: Ints
    """Position among the movers."""
    source: Ints
    """Column."""
    target: Ints
    """Column."""
    variant: Ints
    """Position in the mover's variants."""


def move_costs(reckoning: Reckoning, movers: Movers, legs: Legs) -> Ints:
    """(M,) points that each move costs."""
    policy = reckoning.policy
    most = max((len(needs.variants) for needs, _ in movers), default=1)
    sizes = np.zeros((len(movers), most))
    spread = np.ones(len(movers))
    for number, (needs, _) in enumerate(movers):
        spec = needs.workload.spec
        sizes[number, : len(spec.variants)] = [found.size_mebibytes or 0 for found in spec.variants]
        spread[number] = max(float(spec.migration.min_dwell_seconds), policy.move_amortisation_seconds)
    seconds = sizes[legs.mover, legs.variant] * _KILOBITS_IN_MEBIBYTE / _bandwidth(reckoning, legs)
    points = (_SCALE * (seconds + policy.warmup_seconds) / spread[legs.mover] + 0.5).astype(np.int64)
    found: Ints = np.minimum(_SCALE, points) * ~_stands(reckoning, movers, legs)
    return found


def _bandwidth(reckoning: Reckoning, legs: Legs) -> Floats:
    """Kilobits a second between two columns; infinite where nobody told."""
    index, seen = reckoning.columns.geography.index, reckoning.seen
    told: dict[int, float] = {}
    for one, other in seen.links:
        if one in index and other in index and (link := seen.link(one, other)) and link.bandwidth_kilobits:
            told[index[one] * len(index) + index[other]] = float(link.bandwidth_kilobits)
            told[index[other] * len(index) + index[one]] = float(link.bandwidth_kilobits)
    keys = np.array(sorted(told), np.int64)
    values = np.array([told[key] for key in keys.tolist()] or [np.inf])
    wanted = legs.source * len(index) + legs.target
    at = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
    return np.where(keys[at] == wanted, values[at], np.inf) if len(keys) else np.full(len(wanted), np.inf)


def _stands(reckoning: Reckoning, movers: Movers, legs: Legs) -> Bools:
    """What stands there already needs neither a way nor a warm-up."""
    found = np.zeros(len(legs.mover), np.bool_)
    for number, (needs, source) in enumerate(movers):
        for where in needs.standing if len(needs.standing) > 1 else ():
            column = reckoning.columns.geography.index.get(where.site, -1)
            names = [one.name for one in needs.variants]
            if where != source and where.variant in names:
                build = names.index(where.variant)
                found |= (legs.mover == number) & (legs.target == column) & (legs.variant == build)
    return found
