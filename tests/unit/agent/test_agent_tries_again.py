# SPDX-License-Identifier: Apache-2.0
"""Agents that could not write come back spread in time, sooner where it helps, after a heartbeat at the latest."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.agent.publish import Denied, NotCreated, NotNow, PublishError
from aiworkload.agent.retries import SOON_SECONDS, UNREACHABLE_SECONDS, Retries

NOW = 1000.0
UNREACHED = PublishError("the API server cannot be reached")
DENIED, MISSING, BUSY = Denied("403"), NotCreated("404"), NotNow("429")
KINDS = st.sampled_from([UNREACHED, DENIED, MISSING, BUSY])


def wait(retries: Retries) -> float:
    """To the next attempt, within a hundredth of a second."""
    return next(step / 100 for step in range(20_000) if retries.due(NOW + step / 100))


def after(error: PublishError, failures: int, heartbeat: float = 30.0) -> float:
    retries = Retries(heartbeat)
    for _ in range(failures):
        retries.failed(error, NOW)
    return wait(retries)


def spread(measure: Callable[[], float]) -> tuple[float, float]:
    found = [measure() for _ in range(200)]
    return min(found), max(found)


def test_at_first_it_may_be_tried_at_once() -> None:
    assert Retries(30.0).due(0.0)


def test_agents_that_reach_nobody_spread_over_half_a_minute() -> None:
    least, most = spread(lambda: after(UNREACHED, 10))
    assert least < 0.1 * UNREACHABLE_SECONDS
    assert 0.9 * UNREACHABLE_SECONDS < most <= UNREACHABLE_SECONDS


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (99, 30)])
def test_who_is_denied_asks_less_and_less_often_down_to_once_a_heartbeat(failures: int, seconds: float) -> None:
    least, most = spread(lambda: after(DENIED, failures))
    assert 0.75 * seconds <= least < most <= seconds + 0.01


@pytest.mark.parametrize("error", [MISSING, BUSY])
def test_what_is_a_matter_of_moments_is_tried_again_within_seconds(error: PublishError) -> None:
    assert 0.75 * SOON_SECONDS <= after(error, 20) <= SOON_SECONDS


@given(KINDS, st.integers(1, 2000), st.floats(0.1, 60.0))
def test_nobody_waits_longer_than_a_heartbeat(error: PublishError, failures: int, heartbeat: float) -> None:
    assert after(error, failures, heartbeat) <= heartbeat + 0.01


def test_an_api_server_that_wants_to_be_left_alone_is_and_not_asked_by_all_at_once_then() -> None:
    least, most = spread(lambda: after(NotNow("429", retry_after=12.0), 1))
    assert least >= 12.0
    assert 14.0 < most <= 16.01


def test_one_that_wants_so_for_hours_is_asked_after_a_heartbeat() -> None:
    assert 30.0 <= after(NotNow("429", retry_after=86_400.0), 1) <= 40.01


def test_a_report_that_is_taken_ends_the_growing() -> None:
    retries = Retries(30.0)
    for _ in range(10):
        retries.failed(DENIED, NOW)
    retries.succeeded()
    retries.failed(DENIED, NOW)
    assert wait(retries) <= 1.01


def test_what_healed_is_tried_within_seconds_and_never_later_than_planned() -> None:
    retries = Retries(30.0)
    for _ in range(10):
        retries.failed(DENIED, NOW)
    retries.hurry(NOW)
    assert wait(retries) <= SOON_SECONDS
    retries.hurry(NOW + 100.0)
    assert wait(retries) <= SOON_SECONDS
