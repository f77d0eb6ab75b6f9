# SPDX-License-Identifier: Apache-2.0
"""A steady loss is known to within a point, a changed one soon, and a lucky streak is not taken for a change."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.agent.loss import MOST_SLICES, SLICE_SECONDS, LossWindow, wilson

PER_SECOND = 20


class Link:
    """Exchanges at a steady pace over a link that loses them by chance."""

    def __init__(self, seed: int = 3) -> None:
        self.window = LossWindow()
        self.seconds = 1_000.0
        self._dice = random.Random(seed)  # noqa: S311 -- chance that repeats itself

    def loses(self, percent: float, *, seconds: float, per_second: int = PER_SECOND) -> Iterator[int]:
        """The loss in basis points after each second."""
        for _ in range(round(seconds)):
            for _ in range(per_second):
                self.seconds += 1 / per_second
                self.window.add(self.seconds, lost=self._dice.random() < percent / 100)
            found = self.window.loss()
            yield found.basis_points if found else -1


@pytest.mark.parametrize("percent", [0, 0.5, 2, 10, 19, 50, 100])
def test_a_steady_loss_is_known_to_within_a_point_after_five_minutes(percent: float) -> None:
    link = Link()
    for _ in link.loses(percent, seconds=300):
        pass
    found = link.window.loss()
    assert found is not None
    assert abs(found.basis_points - 100 * percent) <= 100
    assert found.half_width <= 130


@pytest.mark.parametrize(("before", "after"), [(0, 10), (10, 0), (2, 20), (0, 100), (100, 0)])
def test_a_changed_loss_is_known_within_half_a_minute(before: float, after: float) -> None:
    link = Link()
    for _ in link.loses(before, seconds=300):
        pass
    told = list(link.loses(after, seconds=30))
    assert abs(told[-1] - 100 * after) <= 300


def test_of_a_steady_link_nothing_is_forgotten_for_chance() -> None:
    link = Link()
    for _ in link.loses(5, seconds=3600):
        pass
    found = link.window.loss()
    assert found is not None
    assert found.samples >= (MOST_SLICES - 1) * SLICE_SECONDS * PER_SECOND


def test_what_is_older_than_five_minutes_says_nothing() -> None:
    link = Link()
    for _ in link.loses(0, seconds=60, per_second=2):
        pass
    link.seconds += 3600
    list(link.loses(0, seconds=6, per_second=2))
    found = link.window.loss()
    assert found is not None
    assert found.samples == 12


def test_a_few_exchanges_say_nothing() -> None:
    window = LossWindow()
    for number in range(9):
        window.add(float(number), lost=True)
    assert window.loss() is None


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0.5, 4))
def test_the_interval_holds_the_share_it_is_of(sent: int, share: float, deviations: float) -> None:
    lost = round(sent * share)
    low, high = wilson(lost, sent, deviations)
    assert 0 <= low <= lost / sent + 1e-9
    assert lost / sent - 1e-9 <= high <= 1
