# SPDX-License-Identifier: Apache-2.0
"""A window of probes says how fast, how steady and how lossy a link is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.agent.window import LinkSummary, Window, nearest_rank

PROBES = st.lists(st.none() | st.integers(0, 60_000_000), min_size=1, max_size=80)


def summary(*probes: int | None, size: int = 30) -> LinkSummary:
    window = Window(size)
    for second, rtt in enumerate(probes):
        window.add(rtt, float(second))
    assert window.summary is not None
    return window.summary


def test_before_the_first_probe_nothing_is_known() -> None:
    assert Window(30).summary is None


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [
        (1, 50, 1),
        (1, 95, 1),
        (2, 50, 1),
        (3, 50, 2),
        (4, 50, 2),
        (19, 95, 19),
        (20, 95, 19),
        (21, 95, 20),
        (30, 95, 29),
    ],
)
def test_a_percentile_is_the_nearest_rank_counted_from_one(count: int, percent: int, expected: int) -> None:
    assert nearest_rank(range(1, count + 1), percent) == expected


def test_one_outlier_in_a_full_window_does_not_show_but_a_second_one_does() -> None:
    assert summary(*[5_000] * 29, 80_000).rtt_p95 == 5_000
    assert summary(*[5_000] * 28, 80_000, 80_000).rtt_p95 == 80_000


def test_a_degraded_link_shows_after_two_probes_and_a_recovered_one_after_the_window() -> None:
    assert summary(*[5_000] * 30, *[80_000] * 2).rtt_p95 == 80_000
    assert summary(*[80_000] * 30, *[5_000] * 28).rtt_p95 == 80_000
    assert summary(*[80_000] * 30, *[5_000] * 29).rtt_p95 == 5_000


def test_jitter_is_the_mean_absolute_difference_of_consecutive_answers() -> None:
    assert summary(1_000, 3_000, None, 2_000).jitter == 1_500
    assert summary(1_000).jitter == 0


def test_losses_are_counted_in_the_window_and_in_a_row() -> None:
    found = summary(1_000, None, 1_000, None, None)
    assert (found.loss_basis_points, found.consecutive_losses, found.samples) == (6_000, 2, 5)


def test_losses_in_a_row_count_on_beyond_the_window() -> None:
    found = summary(*[None] * 50)
    assert (found.loss_basis_points, found.consecutive_losses, found.samples) == (10_000, 50, 30)


def test_without_an_answer_in_the_window_there_is_no_round_trip() -> None:
    found = summary(1_000, *[None] * 30)
    assert (found.rtt_p50, found.rtt_p95, found.jitter) == (None, None, 0)


def test_an_answer_ends_the_losses_in_a_row_but_not_the_loss_in_the_window() -> None:
    found = summary(None, None, 1_000)
    assert found.consecutive_losses == 0
    assert found.loss_basis_points == 6_666


@given(PROBES, st.integers(2, 40))
def test_whatever_was_probed_the_figures_keep_their_bounds(probes: list[int | None], size: int) -> None:
    found = summary(*probes, size=size)
    seen = probes[-size:]
    answered = [rtt for rtt in seen if rtt is not None]
    assert found.samples == len(seen)
    assert 0 <= found.loss_basis_points <= 10_000
    assert (found.loss_basis_points == 10_000) == (not answered)
    assert 0 <= found.consecutive_losses <= len(probes)
    assert found.observed_at == len(probes) - 1
    if answered:
        assert found.rtt_p50 is not None
        assert found.rtt_p95 is not None
        assert min(answered) <= found.rtt_p50 <= found.rtt_p95 <= max(answered)
        assert found.rtt_p50 in answered
        assert 0 <= found.jitter <= max(answered) - min(answered)


def path_of(*probes: tuple[int | None, bool], loss: int = 0) -> LinkSummary:
    """The summary of (round trip, repeated) probes without what TCP repeated, on a link of that loss (basis points)."""
    window = Window(30)
    for second, (rtt, repeated) in enumerate(probes):
        window.add(rtt, float(second), repeated=repeated)
    found = window.without_repeats(loss)
    assert found is not None
    return found


def test_the_path_alone_is_without_the_probes_that_tcp_repeated() -> None:
    found = path_of(*[(5_000, False)] * 20, *[(210_000, True)] * 8, (None, False))
    assert (found.rtt_p50, found.rtt_p95, found.jitter) == (5_000, 5_000, 0)
    assert (found.samples, found.consecutive_losses) == (29, 1)


def test_where_tcp_repeats_most_of_them_the_path_itself_is_slow() -> None:
    assert path_of(*[(5_000, False)] * 3, *[(600_000, True)] * 4).rtt_p95 == 600_000


def test_an_answer_that_took_tcps_wait_longer_was_repeated_by_the_other_end_as_far_as_the_loss_explains_it() -> None:
    probes = [(5_000, False)] * 26, [(205_000, False)] * 4
    assert path_of(*probes[0], *probes[1], loss=1900).rtt_p95 == 5_000
    assert path_of(*probes[0], *probes[1], loss=400).rtt_p95 == 205_000, "2.4 of 30 would be explained"
    assert path_of(*probes[0], *probes[1], loss=0).rtt_p95 == 205_000


def test_a_path_that_got_a_little_slower_is_never_taken_for_repeats() -> None:
    assert path_of(*[(5_000, False)] * 26, *[(194_000, False)] * 4, loss=1900).rtt_p95 == 194_000
