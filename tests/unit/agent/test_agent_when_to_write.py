# SPDX-License-Identifier: Apache-2.0
"""A report goes out when a decision could change, and otherwise as a heartbeat."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.agent.machine import MachineUse
from aiworkload.agent.report import Published, WritePolicy, WriteReason, tellable, valid_seconds, write_reason
from aiworkload.agent.window import LinkSummary
from aiworkload.api.node_report import LossSource

GOOD = LinkSummary(4_000, 5_000, 200, 0, 30, 0, 1000.0)
POLICY = WritePolicy()


def reason(before: dict[str, LinkSummary], after: dict[str, LinkSummary], seconds: float) -> WriteReason | None:
    return write_reason(Published(before, at=100.0), after, 100.0 + seconds, POLICY)


def test_the_first_report_goes_out_at_once_even_without_links() -> None:
    assert write_reason(None, {}, 0.0, POLICY) is WriteReason.FIRST


def test_nothing_new_waits_for_the_heartbeat() -> None:
    assert reason({"cloud": GOOD}, {"cloud": GOOD}, 29.9) is None
    assert reason({"cloud": GOOD}, {"cloud": GOOD}, 30.0) is WriteReason.HEARTBEAT


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (5_000, 5_999, False),
        (5_000, 6_000, True),
        (5_000, 4_000, True),
        (5_000, 4_001, False),
        (100, 1_000, False),
        (100, 1_100, True),
        (50_000, 59_999, False),
        (50_000, 60_000, True),
    ],
)
def test_a_p95_is_news_when_it_moved_by_a_fifth_and_by_a_millisecond(before: int, after: int, *, news: bool) -> None:
    found = reason({"cloud": replace(GOOD, rtt_p95=before)}, {"cloud": replace(GOOD, rtt_p95=after)}, 10.0)
    assert (found is WriteReason.CHANGE) is news


@pytest.mark.parametrize(
    "after",
    [
        {"cloud": replace(GOOD, loss_basis_points=333)},
        {"cloud": replace(GOOD, rtt_p50=None, rtt_p95=None)},
        {"cloud": GOOD, "fog": GOOD},
        {},
    ],
    ids=["loss appears", "no answer left", "a peer appears", "a peer goes"],
)
def test_other_news_waits_for_the_earliest_moment_and_no_longer(after: dict[str, LinkSummary]) -> None:
    assert reason({"cloud": GOOD}, after, 9.9) is None
    assert reason({"cloud": GOOD}, after, 10.0) is WriteReason.CHANGE


def test_a_machine_that_gets_busy_is_news_and_its_noise_is_not() -> None:
    before = Published({}, at=100.0, machine=MachineUse(40, 60, 1000.0))
    noise, busy = MachineUse(49, 60, 1001.0), MachineUse(50, 60, 1001.0)
    assert write_reason(before, {}, 110.0, POLICY, noise) is None
    assert write_reason(before, {}, 110.0, POLICY, busy) is WriteReason.CHANGE
    assert write_reason(before, {}, 109.9, POLICY, busy) is None


def test_loss_that_clears_is_news() -> None:
    assert reason({"cloud": replace(GOOD, loss_basis_points=333)}, {"cloud": GOOD}, 10.0) is WriteReason.CHANGE


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [(0, 99, False), (0, 100, True), (333, 400, False), (333, 666, True), (1900, 2100, False), (1900, 2280, True)],
)
def test_a_loss_is_news_when_it_moved_by_a_point_and_by_a_fifth(before: int, after: int, *, news: bool) -> None:
    found = reason(
        {"cloud": replace(GOOD, loss_basis_points=before)}, {"cloud": replace(GOOD, loss_basis_points=after)}, 10.0
    )
    assert (found is WriteReason.CHANGE) is news


def test_that_loss_is_counted_in_another_way_is_news() -> None:
    by_datagrams = replace(GOOD, loss_source=LossSource.DATAGRAMS)
    assert reason({"cloud": GOOD}, {"cloud": by_datagrams}, 10.0) is WriteReason.CHANGE


def test_the_fifth_loss_in_a_row_is_told_at_once_and_so_is_the_answer_that_ends_it() -> None:
    fourth, fifth = replace(GOOD, consecutive_losses=4), replace(GOOD, consecutive_losses=5)
    assert reason({"cloud": GOOD}, {"cloud": fourth}, 0.1) is None
    assert reason({"cloud": GOOD}, {"cloud": fifth}, 0.1) is WriteReason.OUTAGE
    assert reason({"cloud": fifth}, {"cloud": replace(GOOD, consecutive_losses=6)}, 0.1) is None
    assert reason({"cloud": fifth}, {"cloud": GOOD}, 0.1) is WriteReason.OUTAGE


def test_a_new_peer_that_is_out_is_told_at_once() -> None:
    assert reason({}, {"cloud": replace(GOOD, consecutive_losses=5)}, 0.1) is WriteReason.OUTAGE


def test_a_link_is_told_from_its_third_probe() -> None:
    links = {"new": replace(GOOD, samples=2), "cloud": replace(GOOD, samples=3)}
    assert list(tellable(links)) == ["cloud"]


def test_no_more_links_are_told_than_a_report_can_hold() -> None:
    assert len(tellable({f"site-{n}": GOOD for n in range(300)})) == 256


@given(st.floats(0.1, 1400))
def test_a_report_outlives_a_missed_heartbeat(heartbeat: float) -> None:
    assert 1 <= valid_seconds(heartbeat) <= 3600
    assert valid_seconds(heartbeat) > 2 * heartbeat


@given(st.integers(0, 60_000_000), st.integers(0, 60_000_000), st.integers(0, 9), st.floats(0, 100))
def test_a_report_is_never_later_than_the_heartbeat(before: int, after: int, losses: int, seconds: float) -> None:
    now = replace(GOOD, rtt_p95=after, consecutive_losses=losses)
    found = reason({"cloud": replace(GOOD, rtt_p95=before)}, {"cloud": now}, seconds)
    assert found is not None or seconds < POLICY.heartbeat_seconds
    assert found is WriteReason.OUTAGE or found is None or seconds >= POLICY.min_write_seconds


def test_a_peer_that_fell_silent_is_asked_after_as_soon_as_news_may_go_out() -> None:
    def asked(seconds: float) -> WriteReason | None:
        return write_reason(Published({}, at=100.0), {}, 100.0 + seconds, POLICY, misses_peers=True)

    assert [asked(9.9), asked(10.0)] == [None, WriteReason.SILENT_PEER]
