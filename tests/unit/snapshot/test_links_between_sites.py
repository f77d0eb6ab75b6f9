# SPDX-License-Identifier: Apache-2.0
"""Of what single nodes measured, the worst that is still true counts for their site."""

from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.measured import merged, most_credible

NOW = 1000.0


def link(rtt: int | None, at: float = NOW, losses: int = 0, source: LinkSource = LinkSource.MEASURED) -> Link:
    return Link("plant", "cloud", rtt, rtt, consecutive_losses=losses, source=source, observed_at=at)


def known(*measured: Link, declared: Link | None = None) -> Link | None:
    by_node = {f"node-{number}": link for number, link in enumerate(measured)}
    counting = most_credible(by_node, NOW)
    return merged(by_node[counting] if counting else None, declared)


def test_of_two_fresh_measurements_the_slower_counts() -> None:
    assert known(link(10), link(40), link(20)) == link(40)


def test_a_fresh_measurement_beats_a_slower_stale_one() -> None:
    assert known(link(90, at=NOW - 60), link(10)) == link(10)


def test_of_stale_measurements_the_newest_is_kept() -> None:
    assert known(link(90, at=NOW - 90), link(10, at=NOW - 60)) == link(10, at=NOW - 60)


def test_an_end_that_gets_no_answer_is_worse_than_any_delay() -> None:
    assert known(link(90), link(None, losses=5)) == link(None, losses=5)


def test_a_probe_that_has_not_begun_says_nothing() -> None:
    assert known(link(None)) is None


def test_a_declaration_counts_until_something_is_measured_and_keeps_its_bandwidth() -> None:
    word = Link("plant", "cloud", 5, 5, bandwidth_kilobits=1000, source=LinkSource.DECLARED)
    assert known(declared=word) == word
    found = known(link(30), declared=word)
    assert found is not None
    assert (found.source, found.rtt_p95_microseconds, found.bandwidth_kilobits) == (LinkSource.MEASURED, 30, 1000)


def test_of_equal_measurements_that_of_the_first_node_by_name_counts() -> None:
    assert most_credible({"b": link(10), "a": link(10), "c": link(5)}, NOW) == "a"
