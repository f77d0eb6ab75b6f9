# SPDX-License-Identifier: Apache-2.0
"""An agent whose event loop is stuck ends by itself, so that it is started again."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio, time
from aiworkload.agent import run

run.STUCK_SECONDS = 1
run.BEAT_SECONDS = 0.1

async def live():
    beat = asyncio.create_task(run._beat())
    await asyncio.sleep({alive})
    time.sleep({stuck})
    beat.cancel()

asyncio.run(live())
"""


def outcome(*, alive: float, stuck: float) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "operator")}
    program = PROGRAM.format(alive=alive, stuck=stuck)
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=30
    )


def test_a_stuck_loop_ends_the_process_and_shows_where() -> None:
    ended = outcome(alive=0.2, stuck=20)
    assert ended.returncode == 1
    assert "in live" in ended.stderr


def test_a_loop_that_turns_is_left_alone() -> None:
    assert outcome(alive=2.5, stuck=0).returncode == 0
