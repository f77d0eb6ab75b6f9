# SPDX-License-Identifier: Apache-2.0
"""What a set of sites is worth to a workload's clients: the objective of the facility-location problem.

Given a set, each client goes to a site of it that meets its target, of those to one whose traffic is cheapest, and of
those to the one with most points. Sets are then compared by, in this order:

1. what they cost above the owner's ceiling: a ceiling is a promise, so less of that is better than anything else;
2. requests a second whose target is missed: what the workload is for;
3. what they cost above the `allowed` cost, which is the least that meets as many targets, plus a slack;
4. points, as the mean over the clients weighted by their requests;
5. cost, and at last the names.

So the targets are met at the least cost, and quality decides between sets that cost about the same. The slack is the
rate at which points buy cost, from the workload's own weights: see `slack_of`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Key = tuple[float, float, float, float, float]
"""How a set compares, smaller is better; in the order of the module's list."""

_DIGITS: Final = 9
"""Decimals of money, requests and points that count: below them lies the noise of adding in another order."""

PERCENT_FOR_A_POINT: Final = 0.005
"""Extra cost that quality may have for each point that the other factors weigh against one of cost. Ours."""


def slack_of(cost_weight: int, all_weights: int) -> float:
    """The share of the least cost by which a better set may exceed it; no end when cost weighs nothing.

    Half a percent for each point of weight beside one of cost: 3.25 % with the weights of profile Balanced, 2 in 15.
    """
    if cost_weight <= 0:
        return float("inf")
    return PERCENT_FOR_A_POINT * (all_weights - cost_weight) / cost_weight


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Clients x candidates, as plain arrays. Candidates come in the order of their names, which settles ties."""

    site: Ints
    """Of each candidate, a number for its site: no set holds two variants at one site."""
    service: Floats
    """[clients, candidates] network p95 plus compute in microseconds; inf where the client cannot be served."""
    requests: Floats
    """[clients] a second, above 0."""
    target: float
    """Microseconds; inf: no target."""
    open_cost: Floats
    """[candidates] money in an hour for standing there, with the price of scarce capacity where there is one."""
    serve_cost: Floats
    """[clients, candidates] money in an hour for the client's traffic."""
    points: Floats
    """[clients, candidates] 0 to 100: every factor but cost, with the latency that this client would see."""
    min_sites: int
    max_sites: int
    slack: float = 0.0
    """Share of the least cost that more points may cost on top."""
    ceiling: float = float("inf")
    """Money in an hour that the whole set may cost."""
    keep: tuple[int, ...] = ()
    """Candidates that every set must hold."""


@dataclass(frozen=True, slots=True)
class SiteSet:
    """A set of sites with its worth."""

    members: tuple[int, ...]
    """Indices of candidates, ascending."""
    serves: tuple[int, ...]
    """For each client, the candidate that it goes to; empty when there is no member."""
    missed: float
    """Requests a second whose target is missed."""
    cost: float
    points: float
    above_ceiling: float
    """Money in an hour above the owner's ceiling, 0 when within."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Worths of many sets at once, each an array over the sets."""

    missed: Floats
    cost: Floats
    points: Floats
    above_ceiling: Floats

    def best(self, allowed: float) -> int:
        """The index of the best; of equal ones the first."""
        left = np.arange(len(self.cost))
        for values in self._by_weight(allowed):
            found = values[left]
            left = left[found == found.min()]
        return int(left[0])

    def two_best(self, allowed: float) -> list[int]:
        """Indices of the best and, where there is one, of the second."""
        return [int(at) for at in np.lexsort(self._by_weight(allowed)[::-1])[:2]]

    def key(self, at: int, allowed: float) -> Key:
        """How one of them compares."""
        above, missed, excess, lost, cost = (float(values[at]) for values in self._by_weight(allowed))
        return above, missed, excess, lost, cost

    def _by_weight(self, allowed: float) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        excess = _rounded(np.maximum(0.0, self.cost - allowed))
        return self.above_ceiling, self.missed, excess, -self.points, self.cost


def _rounded(values: Floats) -> Floats:
    found: Floats = np.round(values, _DIGITS)
    return found


class Table:
    """A problem with each client's order of preference worked out once."""

    def __init__(self, problem: Problem) -> None:
        clients, candidates = problem.service.shape
        self.problem: Final = problem
        self.nobody: Final = candidates
        """The rank of being served by nobody."""
        missed = (problem.service > problem.target) | ~np.isfinite(problem.service)
        each: Ints = np.arange(candidates, dtype=np.int64)
        names: Ints = np.broadcast_to(each, problem.service.shape)
        by_preference = np.lexsort((names, problem.service, -problem.points, problem.serve_cost, missed))
        self.rank: Final[Ints] = np.empty((clients, candidates), dtype=np.int64)
        np.put_along_axis(self.rank, by_preference, names, axis=1)
        self._served_at: Final[Ints] = by_preference
        self.worth: Final[Floats] = self._worth(missed)
        """[3, clients, candidates] requests missed, money and points of a client that is served by a candidate."""
        in_order = np.take_along_axis(self.worth, by_preference[np.newaxis], axis=2)
        nobody = np.stack([problem.requests, np.zeros(clients), np.zeros(clients)])
        self._by_rank: Final[Floats] = np.concatenate([in_order, nobody[:, :, np.newaxis]], axis=2)
        self.kept: Final[NDArray[np.bool_]] = np.isin(each, problem.keep)
        self._rows: Final[Ints] = np.arange(clients, dtype=np.int64)[:, np.newaxis]

    def _worth(self, missed: NDArray[np.bool_]) -> Floats:
        problem, requests = self.problem, self.problem.requests[:, np.newaxis]
        return np.stack([missed * requests, problem.serve_cost, problem.points * requests / requests.sum()])

    def best_rank(self, members: Sequence[int]) -> Ints:
        """[clients] the rank of the member that each client prefers."""
        if not members:
            return np.full(len(self.rank), self.nobody)
        best: Ints = self.rank[:, list(members)].min(axis=1)
        return best

    def at_rank(self, best: Ints) -> Floats:
        """[3, clients, sets] what clients are worth that are served at these ranks [clients, sets]."""
        return self._by_rank[:, self._rows, best]

    def totals(self, worth: Floats, opened: Floats) -> Totals:
        """Sets by the sum of their clients' worth [3, sets] and what it costs to open them [sets]."""
        cost = _rounded(worth[1] + opened)
        above = _rounded(np.maximum(0.0, cost - self.problem.ceiling))
        return Totals(_rounded(worth[0]), cost, _rounded(worth[2]), above)

    def total(self, members: Sequence[int]) -> Totals:
        """One set."""
        opened = np.array([self.problem.open_cost[list(members)].sum()])
        return self.totals(self.at_rank(self.best_rank(members)[:, np.newaxis]).sum(axis=1), opened)

    def key(self, members: Sequence[int], allowed: float) -> Key:
        """How one set compares."""
        return self.total(members).key(0, allowed)

    def weigh(self, members: Sequence[int]) -> SiteSet:
        """One set with all that is to be said of it."""
        chosen = tuple(sorted(members))
        best = self.best_rank(chosen)
        totals = self.total(chosen)
        serves = tuple(int(self._served_at[client, rank]) for client, rank in enumerate(best)) if chosen else ()
        return SiteSet(
            chosen,
            serves,
            missed=float(totals.missed[0]),
            cost=float(totals.cost[0]),
            points=float(totals.points[0]),
            above_ceiling=float(totals.above_ceiling[0]),
        )
