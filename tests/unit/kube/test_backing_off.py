# SPDX-License-Identifier: Apache-2.0
"""Retries grow apart, are spread, and stay within half a minute."""

from aiworkload.kube.watch import LONGEST_DELAY_SECONDS, Backoff


def test_delays_double_up_to_half_a_minute() -> None:
    backoff = Backoff(dice=lambda _low, high: high)
    assert [backoff.next_seconds() for _ in range(9)] == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]


def test_each_delay_is_spread_over_its_upper_half() -> None:
    backoff = Backoff()
    delays = [backoff.next_seconds() for _ in range(200)]
    assert all(LONGEST_DELAY_SECONDS / 2 <= delay <= LONGEST_DELAY_SECONDS for delay in delays[8:])
    assert len(set(delays)) > 100


def test_success_begins_anew() -> None:
    backoff = Backoff(dice=lambda _low, high: high)
    for _ in range(5):
        backoff.next_seconds()
    backoff.reset()
    assert backoff.next_seconds() == 0.25
