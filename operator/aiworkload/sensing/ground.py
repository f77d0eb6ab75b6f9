# SPDX-License-Identifier: Apache-2.0
"""The sites as arrays, for choosing among thousands of them at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aiworkload.api.workload import Tier
from aiworkload.sensing.rotation import Hashes, hash_of
from aiworkload.snapshot.coordinates import Coordinates, Floats
from aiworkload.snapshot.site import Site

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

TIERS: Final[Mapping[Tier, int]] = {tier: number for number, tier in enumerate(Tier)}


@dataclass(frozen=True, slots=True)
class Ground:
    """What the owners of the sites say. S sites in the order of their names."""

    names: tuple[str, ...]
    index: Mapping[str, int]
    hashes: Hashes
    """[S]"""
    tiers: Ints
    """[S] numbers of `TIERS`."""
    regions: Mapping[str, int]
    """The code of each region that is named."""
    region_codes: Ints
    """[S] -1: in no region."""
    labels: tuple[Mapping[str, str], ...]
    hosting: Bools
    """[S] it selects nodes."""
    per_hour: Floats
    """[S] the price of one whole node."""
    declared: tuple[Mapping[str, float], ...]
    """[S] milliseconds by other site, by the owner's word."""

    @classmethod
    def of(cls, sites: Mapping[str, Site]) -> Self:
        """All sites."""
        found = [sites[name] for name in sorted(sites)]
        regions = {name: code for code, name in enumerate(sorted({s.spec.region for s in found if s.spec.region}))}
        return cls(
            names=tuple(site.name for site in found),
            index={site.name: column for column, site in enumerate(found)},
            hashes=np.array([hash_of(site.name) for site in found], np.uint64),
            tiers=np.array([TIERS[site.spec.tier] for site in found], np.int64),
            regions=regions,
            region_codes=np.array([regions.get(site.spec.region, -1) for site in found], np.int64),
            labels=tuple(site.labels for site in found),
            hosting=np.array([site.spec.node_selector is not None for site in found], np.bool_),
            per_hour=np.array([float(site.spec.cost.per_hour) for site in found], np.float64),
            declared=tuple({link.site: float(link.rtt_milliseconds) for link in site.spec.links} for site in found),
        )

    def __len__(self) -> int:
        return len(self.names)

    def columns(self, names: Iterable[str]) -> list[int]:
        """The columns of those names that are sites."""
        return [found for name in names if (found := self.index.get(name)) is not None]

    def mask(self, names: Iterable[str]) -> Bools:
        """[S] true at those names that are sites."""
        found = np.zeros(len(self), np.bool_)
        found[self.columns(names)] = True
        return found


class Nearness:
    """How far sites are from each other, as far as anybody knows."""

    def __init__(self, ground: Ground, coordinates: Coordinates | None) -> None:
        self._ground = ground
        self._coordinates = coordinates
        known = coordinates.index.items() if coordinates else ()
        there = [(ground.index[name], row) for name, row in known if name in ground.index]
        self._columns, self._rows = np.array(there, np.int64).reshape(-1, 2).T

    def from_(self, column: int) -> Floats:
        """[S] milliseconds from a site: measured or estimated, else declared by its owner, else infinite."""
        ground = self._ground
        found = np.full(len(ground), np.inf)
        for other, milliseconds in ground.declared[column].items():
            if other in ground.index:
                found[ground.index[other]] = milliseconds
        row = self._coordinates.row(ground.names[column]) if self._coordinates else None
        if row is not None:
            found[self._columns] = row[self._rows]
        return found
