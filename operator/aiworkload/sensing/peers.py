# SPDX-License-Identifier: Apache-2.0
"""Which sites one site probes: first what workloads rest on, then what they may go to, then a sample of all others.

The number for each site is bounded, so probes grow with the sites and not with their square. What comes in is bounded
by that too, on average, but for the control plane's own site, which everybody would probe: it has places for so many
as its agents bear, and further sites probe another in its stead.
"""

from collections.abc import Iterable, Iterator, Mapping
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
PLACES_OF_AN_AGENT: Final = 100
"""Sites that probe the control plane's site whatever workloads ask, for each agent there. An agent looks at 4,000
datagrams a second (`agent.datagram_echo`), and on a way that loses some each prober sends it 20: those of 200, and an
agent may have twice its share (`sensing.station`). It takes 1,024 callers; the rest is for what workloads ask. Ours."""


def places(agents: int, sites: int) -> int:
    """How many of all sites have a place at a site of the control plane where so many agents answer."""
    return min(sites, PLACES_OF_AN_AGENT * agents)


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
    control_plane: Mapping[str, int]
    """By site of the control plane's own nodes: its `places`."""
    nearness: Nearness
    fair_share: int = FAIR_SHARE
    """At least `LEAST_SAMPLE`."""
    candidates: Candidates = field(init=False)
    _placed: Mapping[int, Bools] = field(init=False)
    """By column of a site of the control plane: [S] who has a place there."""

    def __post_init__(self) -> None:
        self.candidates = Candidates(self.ground)
        index = self.ground.index
        found = sorted((index[site], room) for site, room in self.control_plane.items() if site in index)
        self._placed = {column: self._with_places(column, room) for column, room in found}

    def peers(self, site: str, asked: Asked, now: float) -> tuple[str, ...]:
        """The names of the sites to probe, sorted."""
        own = self.ground.index[site]
        leading = [column for column, placed in self._placed.items() if placed[own]]
        chosen = self._first(own, (*leading, *self._by_weight(own, asked)), MOST_INTERESTING)
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
        """What counts more comes first: where clients are served, who is served, what may be better."""
        ground = self.ground
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
        fixed = others[watched(own_hash, hashes)]
        full = [column for column, placed in self._placed.items() if not placed[own]]
        others = others[~np.isin(others, full)]
        drawn = sample(own_hash, self.ground.hashes[others], turn_of(own_hash, now), room - len(fixed))
        return {*fixed.tolist(), *others[drawn].tolist()}

    def _with_places(self, column: int, room: int) -> Bools:
        """[S] by dice of both names, so that one place more or less is one site's."""
        found = np.zeros(len(self.ground), np.bool_)
        found[np.argsort(mixed(self.ground.hashes ^ self.ground.hashes[column]), kind="stable")[:room]] = True
        return found
