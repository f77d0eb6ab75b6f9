# SPDX-License-Identifier: Apache-2.0
"""A target that goes on failing is tried less and less often, but never given up for good."""

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.placement.policy import Policy
from aiworkload.placement.stability import backoffs
from tests.builders import NOW, a_move, a_site, a_status, a_workload
from tests.expectations import Story, expect_moves


def waits(failures: int, policy: Policy, *, others: int = 0) -> float:
    moves = [a_move("fog", "cloud", ended=NOW - n * 7, failed=True) for n in range(failures)]
    moves += [a_move("fog", "elsewhere", ended=NOW - 1 - n * 5, failed=n % 2 == 0) for n in range(others)]
    workload = a_workload(status=a_status(moves=sorted(moves, key=lambda move: move.end_time)))
    return backoffs(workload, policy)["cloud"] - NOW


@given(st.integers(2, 7), st.floats(1, 3000), st.floats(1, 86_400), st.integers(0, 3))
def test_it_doubles_with_each_failure_in_a_row_up_to_its_cap(
    failures: int, first: float, cap: float, others: int
) -> None:
    policy = Policy(target_backoff_seconds=first, target_backoff_cap_seconds=cap)
    before, after = waits(failures - 1, policy, others=others), waits(failures, policy, others=others)
    assert before <= after <= cap + 1e-3
    assert after >= min(2 * before, cap) - 1e-3


def test_by_default_it_is_five_minutes_at_first_and_an_hour_at_last() -> None:
    assert [waits(failures, Policy()) for failures in (1, 2, 3, 4, 5, 10)] == [300, 600, 1200, 2400, 3600, 3600]


def test_a_site_that_never_failed_is_not_spared() -> None:
    workload = a_workload(status=a_status(moves=[a_move("fog", "cloud", ended=NOW)]))
    assert backoffs(workload, Policy()) == {}


def test_while_one_target_is_spared_the_next_best_is_tried(story: Story) -> None:
    places = {"cloud-2": a_site("cloud-2", tier="Cloud", per_hour="0.1")}
    failed = a_move("fog", "cloud", "LatencyViolated", ended=NOW - 5, failed=True)
    status = a_status(missed_since=NOW - 99, moves=[failed])
    found = story(plant_to={"fog": 60, "cloud": 5, "cloud-2": 40}, places=places, status=status)
    expect_moves(found, "cloud-2", "LatencyViolated")
