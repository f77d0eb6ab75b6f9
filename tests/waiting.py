# SPDX-License-Identifier: Apache-2.0
"""Waiting for what a real cluster does in its own time."""

import time
from collections.abc import Callable

import pytest


def eventually(holds: Callable[[], object], what: str, *, seconds: float = 15.0, every: float = 0.1) -> float:
    """Poll until it holds and return how many seconds that took, or fail with what did not hold."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
    return time.monotonic() - began
