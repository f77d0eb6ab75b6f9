# SPDX-License-Identifier: Apache-2.0
"""What the solver's choice asks of each workload: moves that belong together, what they gain, and why, in words.

A workload that lacks room where it wants to go needs others to leave; they and it are one **exchange**. What an
exchange gains above what its moves must gain is shared equally: that is what each of its moves is worth, however little
it gains itself. An exchange that gains nothing is left out, and the best for each move come first. Who stands nowhere
yet gains over the best place that has room for it now.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from aiworkload.placement.advice import Advised
from aiworkload.placement.assignment.problem import UNPLACED
from aiworkload.placement.columns import Geography, Ints
from aiworkload.placement.joint_problem import FULL_POINTS, NO_ROOM, Joint
from aiworkload.placement.scoring import FEASIBLE
from aiworkload.snapshot.workload import Assignment, WorkloadKey

_LEAST: Final = 1e-9
"""Below it a gain is rounding. Ours."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Members that move together."""

    moves: tuple[int, ...]
    """Members that stand somewhere and leave."""
    newcomers: tuple[int, ...]
    """Members that stand nowhere yet."""
    surplus: float
    """Points that it gains, by their worth, above what its moves must gain."""

    @property
    def rate(self) -> float:
        """What it gains for each of its moves."""
        return self.surplus / max(1, len(self.moves))


class Exchanges:
    """The differences between what stands and what was chosen."""

    def __init__(self, joint: Joint, chosen: Ints, places: Geography) -> None:
        self._joint: Final = joint
        self._chosen: Final = chosen
        self._places: Final = places
        options = joint.options
        self._changed: Final = [
            int(g) for g in np.flatnonzero((chosen != joint.standing) & (chosen != UNPLACED)).tolist()
        ]
        lacking = [g for g in self._changed if options.reason[chosen[g]] == NO_ROOM]
        self._entering: Final[dict[int, list[int]]] = {}
        """By the column that must be left first, the members that want to enter it."""
        for member in lacking:
            self._entering.setdefault(int(options.column[chosen[member]]), []).append(member)

    def advised(self, most: int) -> Mapping[WorkloadKey, Advised]:
        """What to tell whom, for about so many moves: a whole exchange or nothing of it."""
        found: dict[WorkloadKey, Advised] = {}
        moves = 0
        for exchange in self._found():
            if moves and moves + len(exchange.moves) > most:
                continue
            moves += len(exchange.moves)
            found |= {self._key(member): self._moved(member, exchange) for member in exchange.moves}
            found |= {self._key(member): self._placed(member) for member in exchange.newcomers}
        return found

    def _found(self) -> list[Exchange]:
        """Those that gain something, best first; newcomers that need nobody to leave before all others."""
        found = [self._exchange(members) for members in self._together()]
        gained = [one for one in found if not one.moves or one.surplus > _LEAST]
        return sorted(gained, key=lambda one: (bool(one.moves), -one.rate, self._key(min(one.moves + one.newcomers))))

    def _together(self) -> Iterator[list[int]]:
        """Members joined by the columns that somebody must leave before another can enter."""
        parent = {column: column for column in self._entering}

        def root(column: int) -> int:
            while parent[column] != column:
                parent[column] = parent[parent[column]]
                column = parent[column]
            return column

        touched = {member: [c for c in self._columns(member) if c in parent] for member in self._changed}
        for columns in touched.values():
            for column in columns[1:]:
                parent[root(column)] = root(columns[0])
        joined: dict[int, list[int]] = {}
        for member, columns in touched.items():
            joined.setdefault(root(columns[0]) if columns else -1 - member, []).append(member)
        yield from joined.values()

    def _columns(self, member: int) -> list[int]:
        """Where it goes, if it lacks room there, and where it leaves."""
        options, target, here = self._joint.options, int(self._chosen[member]), int(self._joint.standing[member])
        goes = [int(options.column[target])] if options.reason[target] == NO_ROOM else []
        return goes + ([int(options.column[here])] if here != UNPLACED else [])

    def _exchange(self, members: list[int]) -> Exchange:
        moves = tuple(m for m in members if self._joint.standing[m] != UNPLACED)
        newcomers = tuple(m for m in members if self._joint.standing[m] == UNPLACED)
        return Exchange(moves, newcomers, sum(self._saved(member) for member in members))

    def _saved(self, member: int) -> float:
        """What its own change saves the objective; a newcomer takes the best that has room now without any exchange."""
        problem, here = self._joint.problem, int(self._joint.standing[member])
        before = float(problem.unplaced_cost[member] if here == UNPLACED else problem.cost[here])
        alternative = self._best_with_room(member) if here == UNPLACED else None
        if alternative is not None:
            before = float(problem.cost[alternative])
        return before - float(problem.cost[self._chosen[member]])

    def _best_with_room(self, member: int) -> int | None:
        problem, options = self._joint.problem, self._joint.options
        first, last = np.searchsorted(options.group, [member, member + 1])
        open_now = first + np.flatnonzero(options.reason[first:last] == FEASIBLE)
        return int(open_now[np.argmin(problem.cost[open_now])]) if len(open_now) else None

    def _placed(self, member: int) -> Advised:
        """For a newcomer: it gains nothing by a move, should it be placed elsewhere meanwhile."""
        target = self._where(int(self._chosen[member]))
        return Advised(target, 0, f"all workloads together lose least with it at {target.site}")

    def _moved(self, member: int, exchange: Exchange) -> Advised:
        target = self._where(int(self._chosen[member]))
        own, share = self._own_gain(member), exchange.rate / float(self._joint.worth[member])
        gain = max(own, min(FULL_POINTS, int(self._joint.charge[self._chosen[member]]) + int(share)))
        return Advised(target, gain, self._words(member, own, gain))

    def _words(self, member: int, own: int, gain: int) -> str:
        here = int(self._joint.standing[member])
        left, target = self._where(here), self._where(int(self._chosen[member]))
        if own > 0:
            return f"{target.site} has {own} points more than {left.site}"
        entering = self._entering.get(int(self._joint.options.column[here]), [])
        others = [other for other in entering if other != member]
        if not others:
            return f"it is a part of an exchange that gains {gain} points for each of its moves"
        first = min(others, key=lambda other: (-self._saved(other), self._key(other)))
        lost = self._joint.standing[first] == UNPLACED and self._best_with_room(first) is None
        gains = "would find room" if lost else f"would gain {self._own_gain(first)} points"
        return f"it makes room at {left.site}, where {self._key(first)} {gains}"

    def _own_gain(self, member: int) -> int:
        """Points of where it goes over where it stands, or could stand now."""
        points, here = self._joint.options.points, int(self._joint.standing[member])
        before = self._best_with_room(member) if here == UNPLACED else here
        return int(points[self._chosen[member]] - (0 if before is None else points[before]))

    def _where(self, option: int) -> Assignment:
        options = self._joint.options
        variants = self._joint.members[int(options.group[option])].needs.variants
        variant = variants[int(options.variant[option])]
        return Assignment(self._places.names[int(options.column[option])], variant.name)

    def _key(self, member: int) -> WorkloadKey:
        return self._joint.members[member].needs.workload.key
