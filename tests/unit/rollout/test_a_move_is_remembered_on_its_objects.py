# SPDX-License-Identifier: Apache-2.0
"""The annotation that a restarted operator reads: what was written comes back, anything else is no move."""

import pytest

from aiworkload.api.workload_status import MoveTrigger
from aiworkload.rollout.intent import decode, encode
from aiworkload.snapshot.workload import MoveIntent


@pytest.mark.parametrize("switch_time", [None, 1_800_000_030.0])
def test_what_was_written_comes_back(switch_time: float | None) -> None:
    intent = MoveIntent("fog-1", "plant-7", MoveTrigger.LATENCY_VIOLATED, 1_800_000_000.0, switch_time)

    assert decode(encode(intent)) == intent


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "yesterday",
        "[]",
        "{}",
        '{"from": "a", "to": "b", "trigger": "Whim", "start": "2026-01-01T00:00:00Z"}',
        '{"from": "a", "to": "b", "trigger": "Failback", "start": "noon"}',
    ],
)
def test_somebody_elses_text_is_no_move(text: str | None) -> None:
    assert decode(text) is None
