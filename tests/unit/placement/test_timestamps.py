# SPDX-License-Identifier: Apache-2.0
import pytest

from aiworkload.api.timestamps import to_epoch, to_rfc3339


def test_seconds_survive_the_round_trip_and_fractions_are_cut_off() -> None:
    assert to_epoch(to_rfc3339(1_800_000_000.9)) == 1_800_000_000.0


@pytest.mark.parametrize(
    "text", ["2026-11-23T18:41:22Z", "2026-11-23T19:41:22+01:00", "2026-11-23T18:41:22", "2026-11-23T18:41:22.000000Z"]
)
def test_every_way_to_write_a_moment_is_read(text: str) -> None:
    assert to_rfc3339(to_epoch(text)) == "2026-11-23T18:41:22Z"


def test_what_is_no_timestamp_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="'yesterday' is no RFC 3339 timestamp; write for example"):
        to_epoch("yesterday")
