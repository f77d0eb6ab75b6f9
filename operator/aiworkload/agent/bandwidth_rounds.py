# SPDX-License-Identifier: Apache-2.0
"""When each link's bandwidth is measured: one link at a time, each now and then, none while the machine is busy.

A link that is being lost is left alone, and so is one whose other end takes no bursts, until its next turn.
"""

import asyncio
import logging
import random
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiworkload.agent.bandwidth import Bandwidth, Budget, Record, measure
from aiworkload.agent.burst import MAGIC, BurstError, Stream
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.way import Way

_log = logging.getLogger(__name__)

FIRST_SECONDS: Final = (10.0, 60.0)
"""From a peer's first probe to its first burst, by chance: agents started together do not burst together. Ours."""
LOOK_SECONDS: Final = 2.0
"""Between two looks at whose turn it is. Ours."""
CONNECT_SECONDS: Final = 5.0
TURNS_VALID: Final = 2.5
"""A measurement outlives one turn that was missed, and half of the next. Ours."""


@dataclass(frozen=True, slots=True)
class Turns:
    """How often, and how much."""

    share: float = 0.001
    """Of what a link carries in an hour, that its bursts may take."""
    interval_seconds: float = 1800.0
    receive_bytes_per_hour: float = 64 * 2**20
    """What this end takes from all others together; 0.1 % of 150 Mbit/s. Ours."""

    @property
    def valid_seconds(self) -> int:
        """How long a measurement may be believed."""
        return round(TURNS_VALID * self.interval_seconds)


@dataclass(slots=True)
class _Target:
    way: Way
    due: float
    budget: Budget
    record: Record = field(default_factory=Record)


class Rounds:
    """Measures whom it is told to, for as long as it runs."""

    def __init__(self, keys: KeyFile, turns: Turns, paused: Callable[[], bool]) -> None:
        self.turns = turns
        self._keys = keys
        self._paused = paused
        self._targets: dict[str, _Target] = {}

    def follow(self, wanted: Mapping[str, Way]) -> None:
        """Measure exactly these from now on; one that moved is another path."""
        now = time.monotonic()
        for site in [site for site, target in self._targets.items() if wanted.get(site) is not target.way]:
            del self._targets[site]
        for site in wanted.keys() - self._targets.keys():
            due = now + random.uniform(*FIRST_SECONDS)  # noqa: S311 -- spreads load, guards nothing
            self._targets[site] = _Target(wanted[site], due, Budget(self.turns.share, now))

    def told(self, site: str) -> Bandwidth | None:
        """What is known of the link to a site."""
        target = self._targets.get(site)
        return target.record.told if target else None

    async def run(self, answers: Callable[[str], bool]) -> None:
        """Measure until cancelled. `answers` tells whether a site's probes are answered just now."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            due = [site for site, target in self._targets.items() if target.due <= now and answers(site)]
            if due and self._keys.keys and not self._paused():
                await self._turn(min(due, key=lambda site: self._targets[site].due))

    async def _turn(self, site: str) -> None:
        target = self._targets[site]
        target.due = time.monotonic() + self.turns.interval_seconds * random.uniform(0.9, 1.1)  # noqa: S311 -- as above
        try:
            kilobits = await self._measure(target)
        except (BurstError, OSError) as error:
            _log.debug("the bandwidth to %s is not known: %s", site, error or type(error).__name__)
            return
        if kilobits is not None:
            target.record.add(kilobits, time.monotonic())
        _log.debug("the bandwidth to %s is %s kbit/s", site, kilobits)

    async def _measure(self, target: _Target) -> int | None:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(sock=await target.way.connect(socket.SOCK_STREAM))
        try:
            writer.write(MAGIC)
            return await measure(Stream(reader, writer, self._keys), target.budget, self._paused)
        finally:
            writer.transport.abort()
