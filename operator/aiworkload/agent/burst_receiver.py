# SPDX-License-Identifier: Apache-2.0
"""The other end of everybody's bursts: takes what a holder of the key sends, within a budget of its own.

So neither a stranger nor a peer that broke can fill the line: the one gets nothing granted, the other no more in an
hour than this end allows, whatever it reckons that the line carries. One burst at a time: two would measure each other.
"""

import asyncio
import logging
import time
from typing import Final

from aiworkload.agent.burst import BurstError, Stream
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.limits import Allowance

_log = logging.getLogger(__name__)

SECONDS_IN_HOUR: Final = 3600.0
MOST_WAITING: Final = 16
"""Connections that may ask at once; the handshake of each is limited in time. Ours."""


class BurstReceiver:
    """Takes over connections that begin a burst."""

    def __init__(self, keys: KeyFile, bytes_per_hour: float) -> None:
        """`bytes_per_hour` is what may come in an hour, from all senders together."""
        self._keys = keys
        self._allowance = Allowance(bytes_per_hour / SECONDS_IN_HOUR, bytes_per_hour, time.monotonic())
        self._taking = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def take_over(self, transport: asyncio.Transport, begun: bytes) -> None:
        """Go on with a connection whose first frame was a burst's; `begun` is what came after it."""
        if len(self._tasks) >= MOST_WAITING or not self._keys.keys:
            transport.abort()
            return
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        reader.feed_data(begun)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        task = loop.create_task(self._serve(Stream(reader, writer, self._keys)), name="burst")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Break off what goes on."""
        for task in self._tasks:
            task.cancel()

    async def _serve(self, stream: Stream) -> None:
        try:
            while asked := await stream.wanted():
                choices, amount = asked
                async with self._taking:
                    granted = amount > 0 and self._allowance.take(amount, time.monotonic())
                    stream.grant(choices, amount if granted else 0)
                    if not granted:
                        return
                    await stream.take(choices, amount)
        except BurstError as error:
            _log.debug("a burst from another agent: %s", error)
        finally:
            stream.writer.close()
