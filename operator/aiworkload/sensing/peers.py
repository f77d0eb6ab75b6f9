# SPDX-License-Identifier: Apache-2.0
"""Which sites one site probes: first what workloads rest on, then what they may go to, then a sample of all others.

The number for each site is bounded, so probes grow with the sites and not with their square.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from aiworkload.sensing.ground import Bools, Ground, Nearness
from aiworkload.sensing.interest import Candidates, Interest
from aiworkload.sensing.rotation import mixed, sample, turn_of, watched

MOST_INTERESTING: Final = 32
"""Sites probed because of workloads: a client site's nearest candidates, of which one serves. Ours."""
FAIR_SHARE: Final = 16
"""Sites probed in all when workloads ask for fewer: as many as Vivaldi needs to be within a few per cent of what it
can reach (Dabek et al. 2004, figure 7)."""
LEAST_SAMPLE: Final = 4
"""Of the sample, however many workloads ask for: nothing is measured only where it is measured already. Ours."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What workloads ask of one site's agent."""

    of_clients: tuple[Interest, ...] = ()
    """Of workloads whose client it is."""
    of_guests: tuple[Interest, ...] = ()
    """Of workloads that stand at it."""


@dataclass(slots=True)
class Choice:
    """Chooses for one site after another."""

    ground: Ground
    answering: Bools
    """[S] sites where an agent answers."""
    control_plane: tuple[str, ...]
    """Sites of the control plane's own nodes."""
    nearness: Nearness
    fair_share: int = FAIR_SHARE
    """At least `LEAST_SAMPLE`."""
    candidates: Candidates = field(init=False)

    def __post_init__(self) -> None:
        self.candidates = Candidates(self.ground)

    def peers(self, site: str, asked: Asked, now: float) -> tuple[str, ...]:
        """The names of the sites to probe, sorted."""
        own = self.ground.index[site]
        chosen = self._first(own, self._by_weight(own, asked), MOST_INTERESTING)
        room = max(LEAST_SAMPLE, self.fair_share - len(chosen))
        chosen |= self._sample(own, room, now)
        return tuple(sorted(self.ground.names[column] for column in chosen))

    def _first(self, own: int, columns: Iterable[int], most: int) -> set[int]:
        found: set[int] = set()
        for column in columns:
            if len(found) >= most:
                break
            if column != own and self.answering[column]:
                found.add(column)
        return found

    def _by_weight(self, own: int, asked: Asked) -> Iterator[int]:
        """What counts more comes first: the control plane, where clients are served, what may be better, the rest."""
        ground = self.ground
        yield from ground.columns(self.control_plane)
        yield from ground.columns(sorted({site for interest in asked.of_clients for site in interest.standing}))
        yield from ground.columns(sorted({site for interest in asked.of_guests for site in interest.clients}))
        yield from self._promising(own, asked)

    def _promising(self, own: int, asked: Asked) -> Iterator[int]:
        """Candidates of its workloads: in turn the next nearest, and the next cheapest of those within a target.

        Among equals, and among those of which nothing is known, names have their dice.
        """
        allowed = np.zeros(len(self.ground), np.bool_)
        for rule in {interest.rule for interest in asked.of_clients if interest.rule is not None}:
            allowed |= self.candidates.of(rule)
        columns = np.flatnonzero(allowed & self.answering)
        away = self.nearness.from_(own)[columns]
        dice = mixed(self.ground.hashes[columns] ^ self.ground.hashes[own])
        within = away > max((interest.milliseconds for interest in asked.of_clients), default=0.0)
        nearest: list[int] = columns[np.lexsort((dice, away))].tolist()
        cheapest: list[int] = columns[np.lexsort((dice, away, self.ground.per_hour[columns], within))].tolist()
        for near, cheap in zip(nearest, cheapest, strict=True):
            yield near
            yield cheap

    def _sample(self, own: int, room: int, now: float) -> set[int]:
        others = np.flatnonzero(self.answering)
        others = others[others != own]
        hashes, own_hash = self.ground.hashes[others], int(self.ground.hashes[own])
        fixed = watched(own_hash, hashes)
        drawn = sample(own_hash, hashes, turn_of(own_hash, now), room - len(fixed))
        return {*others[fixed].tolist(), *others[drawn].tolist()}
