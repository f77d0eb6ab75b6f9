# SPDX-License-Identifier: Apache-2.0
"""The best set of sites: every one of them where there are few, else local search.

The search adds (Kuehn and Hamburger, "A Heuristic Program for Locating Warehouses", Management Science 1963), drops and
swaps sites until no such change is better. For plain facility location with metric costs such an optimum costs at most
3 times the least (Arya et al., "Local Search Heuristics for k-Median and Facility Location Problems", SIAM J. Comput.
2004). That proof does not reach this objective, for which the tests hold a measured factor.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Final

import numpy as np

from aiworkload.placement.site_table import Ints, Table, Totals

Members = tuple[int, ...]

_CENT: Final = 0.01
"""The least that a site is reckoned at where prices are divided by. Ours, as in the cost scorer."""

NONE: Final = -1
"""No candidate."""

FEW: Final = 5_000
"""Sets that are all looked at: some milliseconds with 64 clients."""


def is_small(table: Table) -> bool:
    """Whether all sets are few enough to be looked at."""
    return sum(comb(table.nobody, size) for size in _sizes(table)) <= FEW


@dataclass(frozen=True, slots=True)
class AllSets:
    """Every set of an allowed size, weighed."""

    sets: tuple[Members, ...]
    totals: Totals

    def two_best(self, allowed: float) -> list[Members]:
        """The best and, where there is one, the second."""
        return [self.sets[at] for at in self.totals.two_best(allowed)]


def all_sets(table: Table) -> AllSets:
    """Smaller sets first, then by name."""
    opened = table.problem.open_cost
    by_size = [_sets_of(table, size) for size in _sizes(table)]
    best = [table.rank[:, sets].min(axis=2) for sets in by_size]
    price = np.concatenate([opened[sets].sum(axis=1) for sets in by_size])
    members = tuple(tuple(found) for sets in by_size for found in sets.tolist())
    return AllSets(members, table.totals(table.at_rank(np.concatenate(best, axis=1)).sum(axis=1), price))


def _sizes(table: Table) -> range:
    smallest = max(1, min(table.problem.min_sites, table.nobody))
    return range(smallest, max(smallest, min(table.problem.max_sites, table.nobody)) + 1)


def _sets_of(table: Table, size: int) -> Ints:
    """[sets, size] all sets of that size that hold what must be kept and no site twice."""
    sets = np.array(list(combinations(range(table.nobody), size)), dtype=np.int64).reshape(-1, size)
    sites = np.sort(table.problem.site[sets], axis=1)
    apart = (np.diff(sites, axis=1) != 0).all(axis=1)
    kept = [np.isin(sets, [member]).any(axis=1) for member in table.problem.keep]
    return sets[np.logical_and.reduce([apart, *kept])]


@dataclass(frozen=True, slots=True)
class Changes:
    """Every set that is one added, dropped or swapped site away, with its worth."""

    members: Members
    out: Ints
    """The candidate that leaves; `NONE` for an addition."""
    into: Ints
    """The candidate that comes; `NONE` for a drop."""
    totals: Totals

    def best(self, allowed: float) -> Members | None:
        """The best of them; additions before drops before swaps, then by name, where they are equal."""
        if not len(self.out):
            return None
        at = self.totals.best(allowed)
        new, old = int(self.into[at]), int(self.out[at])
        return tuple(sorted({*self.members, new} - {old, NONE}))


def improve(table: Table, start: Members, allowed: float) -> Members:
    """Change a set until nothing one change away is better; ends, because each set is better than the last."""
    best = start
    while True:
        ways = (kind(table, best, allowed) for kind in (_change, _merge))
        better = next((way for way in ways if way and _is_progress(table, best, way, allowed)), None)
        if better is None:
            return best
        best = better


def frugal(table: Table, start: Members) -> Members:
    """A start that buys most targets met for its money with each site.

    Chvatal, "A Greedy Heuristic for the Set-Covering Problem", Mathematics of Operations Research 1979.
    """
    best = start
    while len(best) < table.problem.max_sites:
        now, ways = table.total(best), changes(table, best)
        met = (now.missed[0] - ways.totals.missed) * (ways.out == NONE)
        if not met.any():
            return best
        price = np.maximum(ways.totals.cost - now.cost[0], _CENT)
        best = tuple(sorted((*best, int(ways.into[np.argmax(met / price)]))))
    return best


def _change(table: Table, members: Members, allowed: float) -> Members | None:
    return changes(table, members).best(allowed)


def _merge(table: Table, members: Members, allowed: float) -> Members | None:
    """The best newcomer that takes over all clients of several members at once, whose cost is saved then.

    A member is closed when no more targets are missed and money is saved by sending its clients to the newcomer, which
    holds for each member whatever becomes of the others (Charikar and Guha, "Improved Combinatorial Algorithms for
    Facility Location", SIAM J. Comput. 2005).
    """
    problem, chosen = table.problem, np.array(members, dtype=np.int64)
    first, _ = _two_best(table, members)
    nearest = table.at_rank(first)
    served_by = (table.rank[:, chosen] == first).T.astype(np.float64)
    taken = np.where(table.rank < first, 0.0, table.worth - nearest)
    missed, paid, _points = served_by @ taken
    saves = (missed <= 0) & (paid < problem.open_cost[chosen][:, np.newaxis]) & ~table.kept[chosen][:, np.newaxis]
    free = ~(problem.site[chosen][:, np.newaxis] == problem.site).any(axis=0)
    useful = np.flatnonzero(free & (saves.sum(axis=0) > 1))
    sets = [_merged(chosen, saves[:, new], int(new), problem.min_sites) for new in useful]
    return min(sets, key=lambda found: table.key(found, allowed), default=None)


def _merged(chosen: Ints, closed: np.ndarray[tuple[int], np.dtype[np.bool_]], new: int, smallest: int) -> Members:
    stays = [int(m) for m in chosen[~closed]]
    spare = [int(m) for m in chosen[closed]][: max(0, smallest - len(stays) - 1)]
    return tuple(sorted((*stays, *spare, new)))


def _is_progress(table: Table, members: Members, change: Members, allowed: float) -> bool:
    """Whether it is better, or brings the size towards its bounds."""
    smallest, largest = table.problem.min_sites, table.problem.max_sites
    forced = len(change) > len(members) if len(members) < smallest else len(change) < len(members) > largest
    return forced or table.key(change, allowed) < table.key(members, allowed)


def changes(table: Table, members: Members) -> Changes:
    """All sets one change away, weighed in one go.

    A swap differs from the addition of the newcomer only for those clients that the leaving member served: so all
    swaps together cost about as much as all additions (Resende and Werneck, "A Fast Swap-Based Local Search Procedure
    for Location Problems", Annals of Operations Research 2007).
    """
    problem, chosen = table.problem, np.array(members, dtype=np.int64)
    first, second = _two_best(table, members)
    nearest, next_nearest = table.at_rank(first), table.at_rank(second)
    with_new = np.where(table.rank < first, table.worth, nearest)
    lost = np.where(table.rank < second, table.worth, next_nearest) - with_new
    served_by = (table.rank[:, chosen] == first).T.astype(np.float64)
    add = with_new.sum(axis=1)
    swap = add[:, np.newaxis] + served_by @ lost
    drop = nearest.sum(axis=1) + (served_by @ (next_nearest - nearest))[:, :, 0]
    opened = problem.open_cost[chosen].sum()
    adds, drops, (leaving, coming) = _allowed(table, chosen)
    worth = np.concatenate([add[:, adds], drop[:, drops], swap[:, leaving, coming]], axis=1)
    price = problem.open_cost
    cost = [price[adds], -price[chosen[drops]], price[coming] - price[chosen[leaving]]]
    out = np.concatenate([np.full(len(adds), NONE), chosen[drops], chosen[leaving]])
    into = np.concatenate([adds, np.full(len(drops), NONE), coming])
    return Changes(members, out, into, table.totals(worth, opened + np.concatenate(cost)))


def _allowed(table: Table, chosen: Ints) -> tuple[Ints, Ints, tuple[Ints, Ints]]:
    """Candidates that may be added, members that may be dropped, and (member, candidate) that may be swapped."""
    problem, size = table.problem, len(chosen)
    same_site = problem.site[chosen][:, np.newaxis] == problem.site[np.newaxis, :]
    free = ~same_site.any(axis=0)
    movable = ~table.kept[chosen]
    alone = same_site & (same_site.sum(axis=0) == 1)
    swaps = movable[:, np.newaxis] & (free | alone)
    swaps[:, chosen] = False
    within = problem.min_sites <= size <= problem.max_sites
    adds = np.flatnonzero(free & (size < problem.max_sites))
    drops = np.flatnonzero(movable & (size > max(1, problem.min_sites)))
    leaving, coming = np.nonzero(swaps & within)
    return adds, drops, (leaving, coming)


def _two_best(table: Table, members: Members) -> tuple[Ints, Ints]:
    """[clients, 1] each, the ranks of the two members that each client prefers."""
    nobody = np.full((len(table.rank), 2), table.nobody)
    ranks = np.partition(np.column_stack([table.rank[:, list(members)], nobody]), 1, axis=1)
    return ranks[:, :1], ranks[:, 1:2]
