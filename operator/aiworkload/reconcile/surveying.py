# SPDX-License-Identifier: Apache-2.0
"""Keeps the network's coordinates, beside the loop: fitting them takes longer than a cycle may."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiworkload.reconcile.ports import Clock
from aiworkload.sensing.survey import Survey
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.snapshot import Snapshot

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
"""Between two looks at what was measured: agents in quiet report as often. Ours."""


class BackgroundSurveyor:
    """Surveys in a thread of its own, one snapshot at a time, so that the event loop never waits for it."""

    def __init__(self, clock: Clock, wake: Callable[[], None]) -> None:
        """`wake` is called when sites have places that had none."""
        self._clock = clock
        self._wake = wake
        self._survey = Survey()
        self._looked_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._failures: list[str] = []
        self.coordinates: Coordinates | None = None

    def consider(self, snapshot: Snapshot) -> None:
        """Look at it if it is time; never waits."""
        if self._task is not None and not self._task.done():
            return
        if self._clock.now() - self._looked_at >= LOOK_SECONDS and snapshot.links:
            self._looked_at = self._clock.now()
            self._task = asyncio.create_task(self._look(snapshot), name="survey")

    def failures(self) -> tuple[str, ...]:
        """Sentences about surveys that came to nothing since the last call."""
        found, self._failures = tuple(self._failures), []
        return found

    async def close(self) -> None:
        """Wait for no answer any more. A thread cannot be stopped: what it still finds is dropped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self, snapshot: Snapshot) -> None:
        try:
            found = await asyncio.to_thread(self._survey.renew, snapshot)
        except Exception as error:
            logger.exception("the network's coordinates stay as they were")
            self._failures.append(f"coordinates: {type(error).__name__}: {error}")
            return
        if found is None:
            return
        more = self.coordinates is None or found.index.keys() != self.coordinates.index.keys()
        self.coordinates = found
        if more:
            self._wake()
