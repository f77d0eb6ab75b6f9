# SPDX-License-Identifier: Apache-2.0
"""No end of a path makes itself attractive by what it says alone."""

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.snapshot.link import Link
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import NOW, a_link

HONEST = a_link("plant", "cloud", 40)


def counting(*links: Link) -> Link:
    both = {(link.from_site, link.to_site): link for link in links}
    one, other = (Snapshot(NOW, links=both).link(*ends) for ends in (("plant", "cloud"), ("cloud", "plant")))
    assert one is not None
    assert other is not None
    assert one.rtt_p95_microseconds == other.rtt_p95_microseconds, "whichever way it is asked"
    return one


def test_a_round_trip_far_below_what_the_other_end_measures_does_not_count() -> None:
    assert counting(HONEST, a_link("cloud", "plant", 0.001)) == HONEST


@given(st.lists(st.floats(0, 40), min_size=1, max_size=20))
def test_an_end_that_drifts_down_steadily_gains_nothing_by_it(drift: list[float]) -> None:
    for milliseconds in sorted(drift, reverse=True):
        assert counting(HONEST, a_link("cloud", "plant", milliseconds)).rtt_p95_microseconds == 40_000


def test_an_end_that_gets_no_answers_is_worse_than_any_delay_whatever_its_window_still_holds() -> None:
    lost = a_link("plant", "cloud", 5, losses=5)
    assert counting(lost, a_link("cloud", "plant", 30)) == lost
    assert counting(lost, a_link("cloud", "plant", 5.1)) == lost
    assert counting(lost, a_link("cloud", "plant", 4.9)) == lost


def test_a_single_lost_probe_is_no_outage() -> None:
    assert counting(a_link("plant", "cloud", 5, losses=4), a_link("cloud", "plant", 30)) == a_link("cloud", "plant", 30)


def test_a_stale_end_says_nothing_either_way() -> None:
    assert counting(HONEST, a_link("cloud", "plant", 500, age=999, losses=9)) == HONEST
