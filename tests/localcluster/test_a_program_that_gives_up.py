# SPDX-License-Identifier: Apache-2.0
"""A program that ends before it is ready: the error says why, however long the trace is that follows the reason."""

from pathlib import Path

import pytest

from localcluster.errors import StartError
from localcluster.process import Process

REASON = "fatal error: concurrent map read and map write"


def test_the_reason_is_told_and_so_is_the_end_of_the_trace(tmp_path: Path) -> None:
    script = f"echo starting; echo '{REASON}'; seq --format='goroutine %g' 200; exit 2"
    process = Process("crasher", ["sh", "-c", script], folder=tmp_path)
    with pytest.raises(StartError, match=r"crasher ended with code 2 before it was ready") as raised:
        process.wait_until(lambda: False, seconds=30)
    lines = str(raised.value).splitlines()
    assert lines[1:3] == [REASON, "[...]"]
    assert lines[-1] == "goroutine 200"


def test_a_short_log_is_told_whole_and_once(tmp_path: Path) -> None:
    process = Process("crasher", ["sh", "-c", f"echo '{REASON}'; exit 2"], folder=tmp_path)
    with pytest.raises(StartError) as raised:
        process.wait_until(lambda: False, seconds=30)
    assert str(raised.value).splitlines()[1:] == [REASON]
