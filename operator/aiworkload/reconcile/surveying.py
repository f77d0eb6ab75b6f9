# SPDX-License-Identifier: Apache-2.0
"""Keeps the network's coordinates, beside the loop: fitting them takes longer than a cycle may."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiworkload.reconcile.background import Background
from aiworkload.reconcile.ports import Clock
from aiworkload.sensing.survey import Survey
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.snapshot import Snapshot

LOOK_SECONDS: Final = 30.0
"""Between two looks at what was measured: agents in quiet report as often. Ours."""
_NAME: Final = "coordinates"


class BackgroundSurveyor:
    """Surveys in a thread of its own, one snapshot at a time, so that the event loop never waits for it."""

    def __init__(self, clock: Clock, wake: Callable[[], None], background: Background) -> None:
        """`wake` is called when sites have places that had none."""
        self._clock = clock
        self._wake = wake
        self._background = background
        self._survey = Survey()
        self._looked_at = float("-inf")
        self.coordinates: Coordinates | None = None

    def consider(self, snapshot: Snapshot) -> None:
        """Look at it if it is time; never waits."""
        due = self._clock.now() - self._looked_at >= LOOK_SECONDS
        if due and snapshot.links and not self._background.is_busy(_NAME):
            self._looked_at = self._clock.now()
            self._background.begin(_NAME, lambda: self._look(snapshot))

    async def _look(self, snapshot: Snapshot) -> None:
        found = await asyncio.to_thread(self._survey.renew, snapshot)
        if found is None:
            return
        more = self.coordinates is None or found.index.keys() != self.coordinates.index.keys()
        self.coordinates = found
        if more:
            self._wake()
