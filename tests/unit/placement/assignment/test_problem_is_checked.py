# SPDX-License-Identifier: Apache-2.0
"""A problem that makes no sense is refused with a sentence; odd ones that do are answered."""

import dataclasses

import numpy as np
import pytest

from aiworkload.placement.assignment.problem import UNPLACED, Budget, Problem, is_feasible, objective_of
from aiworkload.placement.assignment.solve import solve
from tests.unit.placement.assignment.conftest import problem

TWO = problem([(0, 0, 1.0, [1.0]), (1, 0, 2.0, [1.0])], [[1.0]], [9.0, 9.0])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"bin": np.array([0])}, "bin has shape"),
        ({"cost": np.array([1.0])}, "cost has shape"),
        ({"usage": np.zeros((2, 3))}, "usage has shape"),
        ({"floor_cost": np.zeros(3)}, "floor_cost has shape"),
        ({"group": np.array([1, 0])}, "sort the options by group"),
        ({"group": np.array([0, 2])}, "ascending within"),
        ({"bin": np.array([0, 1])}, "bin must lie within"),
        ({"cost": np.array([1.0, -1.0])}, "cost must be finite"),
        ({"capacity": np.zeros((1, 0))}, "at least one dimension"),
        ({"capacity": np.zeros(1)}, "at least one dimension"),
        ({"capacity": np.array([[np.nan]])}, "capacity must be finite"),
        ({"unplaced_cost": np.array([-1.0, 1.0])}, "unplaced_cost must be at least 0"),
        ({"floor_cost": np.array([-1.0, 1.0])}, "floor_cost must be at least 0"),
    ],
)
def test_nonsense_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(TWO, **change)


def test_only_one_fits_and_the_dearer_stays_out() -> None:
    solution = solve(dataclasses.replace(TWO, unplaced_cost=np.array([9.0, 5.0])))
    assert solution.choice.tolist() == [0, UNPLACED]
    assert solution.objective == 6.0


def test_what_must_be_placed_is_placed_first() -> None:
    """Inf outweighs every finite cost."""
    solution = solve(dataclasses.replace(TWO, unplaced_cost=np.array([900.0, np.inf])))
    assert solution.choice.tolist() == [UNPLACED, 1]


def test_what_must_be_placed_and_cannot_makes_the_objective_infinite() -> None:
    solution = solve(problem([(0, 0, 1.0, [2.0])], [[1.0]], [np.inf]))
    assert solution.choice.tolist() == [UNPLACED]
    assert solution.objective == solution.bound == np.inf
    assert solution.gap == 0.0


def test_nobody_to_place_is_an_answer() -> None:
    empty = problem([], [[1.0]], [])
    solution = solve(empty)
    assert (solution.objective, solution.bound, solution.gap, len(solution.choice)) == (0.0, 0.0, 0.0, 0)
    assert is_feasible(empty, solution.choice)


def test_a_bound_of_nothing_makes_any_loss_infinite() -> None:
    """Nothing to compare with."""
    solution = solve(
        problem([(0, 0, 0.0, [3.0]), (1, 0, 0.0, [3.0])], [[5.0]], [1.0, 1.0]), Budget(dual_steps=0, searches=0)
    )
    assert solution.objective == 1.0
    assert solution.gap == np.inf


def test_a_floor_keeps_the_bound_honest_for_options_left_out() -> None:
    """Somewhere not listed the second might go for 3."""
    listed = dataclasses.replace(TWO, floor_cost=np.array([np.inf, 3.0]))
    solution = solve(listed)
    assert solution.objective == 10.0
    assert solution.bound <= 4.0


@pytest.mark.parametrize("choice", [[0], [2, UNPLACED], [1, 0], [0, 1], [-2, 1]])
def test_a_choice_that_is_none_is_infeasible(choice: list[int]) -> None:
    """Too short, beyond the options, another group's, over capacity, below the options."""
    assert not is_feasible(TWO, np.array(choice))


def test_the_objective_counts_those_left_out() -> None:
    assert objective_of(TWO, np.array([0, UNPLACED])) == 10.0


def test_a_problem_is_a_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Problem.__setattr__(TWO, "cost", np.zeros(2))
