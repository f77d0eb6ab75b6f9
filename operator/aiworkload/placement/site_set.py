# SPDX-License-Identifier: Apache-2.0
"""Which sites a workload with several client sites should stand at: facility location, in two passes.

First the least cost at which as many targets as possible are met; then, at no more than that plus the slack, the set
with most points. `site_table` says what a set is worth, `site_search` how the best is found. The same values give the
same set.
"""

from dataclasses import dataclass

from aiworkload.placement.site_search import AllSets, Members, all_sets, changes, frugal, improve, is_small
from aiworkload.placement.site_table import Problem, SiteSet, Table

__all__ = ["Choice", "Problem", "SiteSet", "choose", "weigh"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The best set, with what it is compared with."""

    best: SiteSet
    runner_up: SiteSet | None
    """The best other set; of large problems, the best that is one change away."""
    allowed: float
    """Money in an hour that a set may cost before its cost counts more than its points."""
    change: SiteSet | None = None
    """The best set that is one added, dropped or swapped site away from the standing one; None when none is better."""
    standing: SiteSet | None = None
    """The standing set as it is worth now."""


def choose(problem: Problem, standing: Members = ()) -> Choice | None:
    """The best set, found also from what stands; None when no set can be made."""
    if problem.service.shape[1] == 0:
        return None
    table = Table(problem)
    everything = all_sets(table) if is_small(table) else None
    least = _best(table, everything, 0.0, (frugal(table, problem.keep), standing))
    if not least:
        return None
    allowed = table.weigh(least[0]).cost * (1 + problem.slack) if problem.slack < float("inf") else float("inf")
    best = _best(table, everything, allowed, (least[0], standing))
    return Choice(
        best=table.weigh(best[0]),
        runner_up=table.weigh(best[1]) if len(best) > 1 else None,
        allowed=allowed,
        change=_change(table, standing, allowed) if standing else None,
        standing=table.weigh(standing) if standing else None,
    )


def weigh(problem: Problem, members: Members) -> SiteSet:
    """One set of candidates, whatever its size."""
    return Table(problem).weigh(members)


def _change(table: Table, standing: Members, allowed: float) -> SiteSet | None:
    found = changes(table, standing).best(allowed)
    better = found is not None and table.key(found, allowed) < table.key(standing, allowed)
    return table.weigh(found) if found is not None and better else None


def _best(table: Table, everything: AllSets | None, allowed: float, starts: tuple[Members, ...]) -> list[Members]:
    """The best set and the next; by local search, the best that is found from nothing and from each start."""
    if everything is not None:
        return everything.two_best(allowed)
    begins = dict.fromkeys(_with_kept(table, start) for start in starts if start) or ((),)
    ends = [improve(table, start, allowed) for start in begins]
    best = min(ends, key=lambda members: table.key(members, allowed))
    return [found for found in (best, changes(table, best).best(allowed)) if found]


def _with_kept(table: Table, start: Members) -> Members:
    """A start that holds what must be kept, and nothing else at the same sites."""
    problem = table.problem
    kept = {int(problem.site[m]) for m in problem.keep}
    return tuple(sorted((*problem.keep, *(m for m in start if int(problem.site[m]) not in kept))))
