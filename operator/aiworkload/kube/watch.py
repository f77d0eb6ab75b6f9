# SPDX-License-Identifier: Apache-2.0
"""List, then watch, for ever: one stream a kind.

What kopf and the client's own watches get wrong, and this does not: objects deleted while the watch was down are
found by comparing the next list with the store; a connection that went silent is given up after 70 s; an API server
that is away costs one attempt every half minute and no CPU.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiworkload.kube.connection import Connection, Query
from aiworkload.kube.errors import Expired
from aiworkload.kube.projection.base import Fact, ListMetadata
from aiworkload.kube.resources import Resource
from aiworkload.kube.table import AnyTable
from aiworkload.reconcile.ports import ClusterError

_log = logging.getLogger(__name__)

SILENCE_SECONDS: Final = 70.0
"""A watch that says nothing for so long, not even its end, is broken: the longest watch and ten seconds of grace."""
SERVER_SECONDS: Final = (45, 60)
"""How long the API server is asked to hold a watch; spread so that streams part. Below the silence, because it sends no
bookmarks for a kind that has not changed since its start (seen with 1.36): the orderly end is a sign of life."""
FIRST_DELAY_SECONDS: Final = 0.25
LONGEST_DELAY_SECONDS: Final = 30.0
"""Where the back-off ends: an API server that is back is noticed within half a minute (client-go's reflector)."""
HEALTHY_SECONDS: Final = 10.0
"""A watch that held for so long begins the back-off anew, even if nothing happened in it. Ours."""


class Backoff:
    """Doubling delays with jitter, from a quarter of a second to half a minute."""

    def __init__(self, dice: Callable[[float, float], float] = random.uniform) -> None:
        self._dice = dice
        self._failures = 0

    def reset(self) -> None:
        """It works again."""
        self._failures = 0

    def next_seconds(self) -> float:
        """How long to wait after one more failure: between half and all of the doubled delay."""
        ceiling = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(self._failures, 16))
        self._failures += 1
        return self._dice(ceiling / 2, ceiling)


@dataclass
class Stream:
    """One kind's list and watch into its table. `run` returns only when cancelled."""

    name: str
    connection: Connection
    resource: Resource
    table: AnyTable
    query: Query = field(default_factory=dict[str, str])
    monotonic: Callable[[], float] = time.monotonic
    synced: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the first list is in the table."""
    on_relist: Callable[[str, int], None] = lambda _name, _gone: None
    _alive_at: float = field(init=False)
    _version: str = ""
    _backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        self._alive_at = self.monotonic()

    @property
    def age_seconds(self) -> float:
        """Time since its last sign of life: an event, a bookmark, a list, or the orderly end of a watch."""
        return self.monotonic() - self._alive_at

    async def run(self) -> None:
        """List and watch until cancelled."""
        while True:
            started = self.monotonic()
            try:
                await self._list_and_watch()
            except Expired:
                _log.info("%s: the watch fell too far behind; listing again", self.name)
                self._version = ""
            except ClusterError as error:
                _log.warning("%s: %s", self.name, error)
            if self.monotonic() - started >= HEALTHY_SECONDS:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.next_seconds())

    async def _list_and_watch(self) -> None:
        if not self._version:
            await self._list()
        await self._watch()

    async def _list(self) -> None:
        facts: list[Fact] = []
        page = ListMetadata()
        while not page.resource_version or page.continue_:
            raw = await self.connection.page(self.resource.path(), self.query, page.continue_)
            self._alive()
            page, found = self.table.decoder.page(raw)
            facts += found
        gone = self.table.replace(page.resource_version, facts)
        self._version = page.resource_version
        self.synced.set()
        self.on_relist(self.name, gone)
        _log.info("%s: listed %d, %d had gone unseen", self.name, len(facts), gone)

    async def _watch(self) -> None:
        asked: dict[str, Any] = {
            **self.query,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(random.randint(*SERVER_SECONDS)),  # noqa: S311 - spreads load, guards nothing
        }
        async for line in self.connection.lines(self.resource.path(), asked, silence_seconds=SILENCE_SECONDS):
            if not line:
                continue
            change = self.table.decoder.line(line)
            self.table.observe(change)
            self._version = change.resource_version
            self._alive()
            self._backoff.reset()
        self._alive()

    def _alive(self) -> None:
        self._alive_at = self.monotonic()
