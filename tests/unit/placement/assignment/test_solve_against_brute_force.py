# SPDX-License-Identifier: Apache-2.0
"""On instances small enough to try everything, the answer is feasible and the bound is one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.placement.assignment.dual import bound_of
from aiworkload.placement.assignment.problem import Budget, Problem, Start, is_feasible, objective_of
from aiworkload.placement.assignment.solve import solve
from tests.unit.placement.assignment.conftest import optimum, problems

SMALL = Budget(dual_steps=40, searches=2, rounds=2)
EPSILON = 1e-6


@settings(max_examples=200, deadline=None)
@given(problems())
def test_the_optimum_lies_between_bound_and_objective(the: Problem) -> None:
    """Never over capacity, never below the optimum, and a bound that never lies."""
    solution = solve(the, SMALL)
    best = optimum(the)
    assert is_feasible(the, solution.choice)
    assert solution.objective == objective_of(the, solution.choice)
    assert solution.bound <= best + EPSILON
    assert best <= solution.objective + EPSILON


@settings(max_examples=60, deadline=None)
@given(problems(), st.floats(0, 30))
def test_any_prices_give_a_bound(the: Problem, price: float) -> None:
    """A standing choice can be certified against old prices, whatever they were."""
    assert bound_of(the, np.full(the.capacity.shape, price)) <= optimum(the) + EPSILON


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_prices_of_a_solution_certify_its_bound_again(the: Problem) -> None:
    """What was kept is enough: prices in, the same bound out."""
    solution = solve(the, SMALL)
    assert np.all(solution.prices >= 0)
    assert np.isclose(bound_of(the, solution.prices), solution.bound) or solution.bound == np.inf


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_same_problem_has_the_same_answer(the: Problem) -> None:
    """No dice and no clock."""
    first, second = solve(the, SMALL), solve(the, SMALL)
    assert np.array_equal(first.choice, second.choice)
    assert first.bound == second.bound


@settings(max_examples=100, deadline=None)
@given(problems(), st.data())
def test_a_warm_start_is_never_worse_than_where_it_began(the: Problem, data: st.DataObject) -> None:
    """A feasible standing choice is improved or kept; an infeasible one is not believed."""
    choice = np.array(
        [data.draw(st.sampled_from([-1, *np.flatnonzero(the.group == group).tolist()])) for group in range(the.groups)]
    )
    prices = solve(the, SMALL).prices
    warm = solve(the, SMALL, Start(prices, choice))
    assert is_feasible(the, warm.choice)
    if is_feasible(the, choice):
        assert warm.objective <= objective_of(the, choice)
