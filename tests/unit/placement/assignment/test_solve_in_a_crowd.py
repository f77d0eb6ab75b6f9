# SPDX-License-Identifier: Apache-2.0
"""Where everybody wants the same bin, the answer is near the bound, and stays so whatever the order."""

import numpy as np

from aiworkload.placement.assignment.dual import relaxed_minima
from aiworkload.placement.assignment.problem import Budget, Problem, Start, is_feasible, objective_of
from aiworkload.placement.assignment.solve import solve
from tests.unit.placement.assignment.conftest import problem

BUDGET = Budget(dual_steps=150, searches=20, rounds=3)


def test_the_gap_is_small_and_proven(crowded: Problem) -> None:
    """Within 3 % of its own bound."""
    solution = solve(crowded, BUDGET)
    assert is_feasible(crowded, solution.choice)
    assert 0 < solution.gap < 0.03
    assert solution.gap == (solution.objective - solution.bound) / solution.bound


def test_the_search_stops_when_the_gap_is_small_enough(crowded: Problem) -> None:
    """A satisfied caller does not wait: the first answer that is good enough is the answer."""
    hasty = solve(crowded, Budget(dual_steps=150, searches=20, rounds=3, enough_gap=1.0))
    assert hasty.objective == solve(crowded, Budget(dual_steps=150, searches=0, rounds=3)).objective


def test_more_searches_are_never_worse(crowded: Problem) -> None:
    """Each search keeps what is better and nothing else."""
    few, many = (solve(crowded, Budget(dual_steps=150, searches=n, rounds=3)).objective for n in (0, 20))
    assert many <= few


def test_renumbering_the_bins_changes_little(crowded: Problem) -> None:
    """Bins have no order; only ties are broken by their number."""
    renumber = np.random.default_rng(1).permutation(len(crowded.capacity))
    inverse = np.argsort(renumber)
    other = Problem(
        crowded.group,
        renumber[crowded.bin],
        crowded.cost,
        crowded.usage,
        crowded.capacity[inverse],
        crowded.unplaced_cost,
    )
    first, second = solve(crowded, BUDGET), solve(other, BUDGET)
    assert np.isclose(first.bound, second.bound, rtol=1e-3)
    assert np.isclose(first.objective, second.objective, rtol=0.03)


def test_renumbering_the_groups_changes_little(crowded: Problem) -> None:
    """Nobody is served first for having come first; only ties are broken by their number."""
    order = np.random.default_rng(2).permutation(crowded.groups)
    rows = np.concatenate([np.flatnonzero(crowded.group == group) for group in order])
    other = Problem(
        np.argsort(order)[crowded.group[rows]],
        crowded.bin[rows],
        crowded.cost[rows],
        crowded.usage[rows],
        crowded.capacity,
        crowded.unplaced_cost[order],
    )
    first, second = solve(crowded, BUDGET), solve(other, BUDGET)
    assert np.isclose(first.bound, second.bound, rtol=1e-3)
    assert np.isclose(first.objective, second.objective, rtol=0.03)


def test_the_order_of_a_groups_options_changes_nothing(crowded: Problem) -> None:
    """They are sorted by bin and cost before anything else."""
    by_group = np.lexsort((-np.arange(len(crowded.group)), crowded.group))
    distinct = crowded.cost + np.linspace(0, 1e-3, len(crowded.cost))
    first = Problem(crowded.group, crowded.bin, distinct, crowded.usage, crowded.capacity, crowded.unplaced_cost)
    second = Problem(
        crowded.group[by_group],
        crowded.bin[by_group],
        distinct[by_group],
        crowded.usage[by_group],
        crowded.capacity,
        crowded.unplaced_cost,
    )
    assert np.array_equal(solve(first, BUDGET).choice, by_group[solve(second, BUDGET).choice])


def test_a_large_bin_with_many_tenants_is_searched_too() -> None:
    """One region for everybody and a few good places: whoever gains most gets them, and the search stays small."""
    rows = [(g, b, 1.0 + g if b else 99.0, [1.0]) for g in range(60) for b in range(3)]
    solution = solve(problem(rows, [[60.0], [2.0], [2.0]], [500.0] * 60))
    taken = np.array([row[1] for row in sorted(rows, key=lambda row: row[0])])[solution.choice]
    assert np.flatnonzero(taken).tolist() == [0, 1, 2, 3]


def test_starting_from_old_prices_keeps_the_bound(crowded: Problem) -> None:
    """A few steps from good prices are enough."""
    cold = solve(crowded, BUDGET)
    warm = solve(crowded, Budget(dual_steps=5, searches=0, rounds=1), Start(cold.prices, cold.choice))
    assert warm.bound >= cold.bound * (1 - 1e-9)
    assert warm.objective <= cold.objective


def test_the_bound_can_be_summed_group_by_group(crowded: Problem) -> None:
    """A caller that lists options in parts adds the groups' minima up and takes the capacity's value off once."""
    solution = solve(crowded, BUDGET)
    parts = relaxed_minima(crowded, solution.prices)
    assert np.isclose(parts.sum() - (solution.prices * crowded.capacity).sum(), solution.bound)


def test_a_standing_choice_that_is_better_is_kept(crowded: Problem) -> None:
    """Without any search the best known choice still stands."""
    best = solve(crowded, BUDGET)
    again = solve(crowded, Budget(dual_steps=0, searches=0, rounds=0), Start(choice=best.choice))
    assert again.objective <= objective_of(crowded, best.choice)
