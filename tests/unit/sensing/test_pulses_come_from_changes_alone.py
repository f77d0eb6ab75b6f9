# SPDX-License-Identifier: Apache-2.0
"""A Lease that changes between two looks beats; its own time is never read."""

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.sensing.pulses import FORGOTTEN_SECONDS, LEASE_SECONDS, SILENT_SHARE, Pulses, Renewal
from aiworkload.snapshot.pulse import Pulse
from tests.builders import NOW

SILENT_SECONDS = SILENT_SHARE * LEASE_SECONDS


def read(stamp: str | None) -> dict[str, Renewal | None]:
    return {"n": Renewal(stamp) if stamp else None}


def listened(*looks: tuple[float, str | None]) -> Pulse:
    pulses = Pulses()
    for seconds, stamp in looks:
        pulses.take(read(stamp), NOW + seconds)
    return pulses.found["n"]


def test_one_look_tells_nothing() -> None:
    assert listened((0, "a")) is Pulse.LISTENING


def test_a_change_is_a_beat_whatever_the_clock_of_the_kubelet_says() -> None:
    assert listened((0, "2090-01-01T00:00:00Z"), (5, "1970-01-01T00:00:10Z")) is Pulse.BEATING


def test_a_lease_that_does_not_change_is_silent_in_the_end() -> None:
    assert listened((0, "a"), (SILENT_SECONDS - 1, "a")) is Pulse.LISTENING
    assert listened((0, "a"), (SILENT_SECONDS, "a")) is Pulse.SILENT
    assert listened((0, "a"), (5, "b"), (5 + SILENT_SECONDS, "b")) is Pulse.SILENT


def test_a_kubelet_that_renews_more_often_is_missed_sooner() -> None:
    pulses = Pulses()
    for seconds in (0, 3):
        pulses.take({"n": Renewal("a", duration=8.0)}, NOW + seconds)
    assert pulses.found["n"] is Pulse.SILENT


def test_a_beat_lasts_until_the_next_is_overdue() -> None:
    assert listened((0, "a"), (5, "b"), (10, "b")) is Pulse.BEATING


def test_a_node_without_a_lease_says_nothing() -> None:
    assert listened((0, None)) is Pulse.ABSENT
    assert listened((0, "a"), (5, None)) is Pulse.ABSENT
    assert listened((0, None), (5, "a")) is Pulse.BEATING


def test_looks_that_lie_far_apart_do_not_make_a_beat() -> None:
    assert listened((0, "a"), (FORGOTTEN_SECONDS + 1, "b")) is Pulse.LISTENING


def test_a_node_that_nobody_asks_for_is_forgotten() -> None:
    pulses = Pulses()
    pulses.take(read("a"), NOW)
    assert not pulses.take({}, NOW + FORGOTTEN_SECONDS)
    assert pulses.take({}, NOW + FORGOTTEN_SECONDS + 1)
    assert pulses.found == {}


def test_while_nothing_changes_it_is_the_same_mapping() -> None:
    pulses = Pulses()
    assert pulses.take(read("a"), NOW)
    found = pulses.found
    assert not pulses.take(read("a"), NOW + 5)
    assert pulses.found is found


@given(st.lists(st.tuples(st.floats(1, 9), st.sampled_from(["a", "b", None])), min_size=1, max_size=20))
def test_a_beat_is_never_claimed_without_a_recent_change(steps: list[tuple[float, str | None]]) -> None:
    pulses, now, before, changed_at = Pulses(), NOW, "nothing", None
    for seconds, stamp in steps:
        now += seconds
        if before not in (stamp, "nothing") and stamp is not None:
            changed_at = now
        before = stamp
        pulses.take(read(stamp), now)
        if pulses.found["n"] is Pulse.BEATING:
            assert changed_at is not None
            assert now - changed_at < SILENT_SECONDS
