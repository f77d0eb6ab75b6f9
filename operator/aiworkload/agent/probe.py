# SPDX-License-Identifier: Apache-2.0
"""Probing one peer over one kept connection.

Setting up a connection is no part of a round trip: inference clients keep theirs too. But TCP alone is slow to notice
that a path is back, since its repeats wait twice as long each time, so a connection that stays silent is given up and
a new one is tried. Without a connection every probe that is due counts as lost, except for a while after the peer
itself has closed it: an agent that is restarted says nothing about the path.
"""

import asyncio
import logging
import random
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from aiworkload.agent.frame import pack, split
from aiworkload.agent.way import Way

_log = logging.getLogger(__name__)

SPREAD: Final = 0.1
"""Intervals vary by a tenth, so that agents started together do not probe together. Ours."""
SILENT_PROBES: Final = 3
"""Unanswered in a row on one connection: give it up. Two may be one packet repeated by TCP. Ours."""
FIRST_RETRY_SECONDS: Final = 1.0
MOST_RETRY_SECONDS: Final = 8.0
"""Between attempts to connect: a path that is back is found within about ten seconds. Ours."""
AWAY_SECONDS: Final = 30.0
"""So long a peer that closed the connection may stay away before its probes count as lost: as long as a kubelet lets a
pod take to end, which is before the next one begins."""


_TOTAL_RETRANSMITTED: Final = struct.Struct("=100xI")
"""The place of `tcpi_total_retrans` in Linux's `struct tcp_info` (linux/tcp.h): packets ever sent again."""


class Answer(NamedTuple):
    """What came back, and when."""

    nanoseconds: int
    """The round trip."""
    repeated: bool
    """TCP sent a packet again meanwhile."""


class OnOutcome(Protocol):
    """Takes one probe's outcome."""

    def __call__(self, rtt_microseconds: int | None, *, repeated: bool) -> None:
        """None: it was lost. `repeated`: TCP sent a packet of it again."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeTiming:
    """How often to probe, and how long to wait for an answer."""

    interval_seconds: float = 2.0
    """Liqo's default."""
    timeout_seconds: float = 2.0
    """As long as the interval, so that one probe at a time is under way; a geostationary satellite takes 0.6 s."""


class Conversation(asyncio.Protocol):
    """One connection to a peer. asyncio sets TCP_NODELAY, so a frame leaves at once."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._sequence = 0
        self._answer: asyncio.Future[int] | None = None
        self.silent_probes = 0
        self.lost = False
        self.answered = False
        self.left_at: float | None = None
        """When a peer that had answered closed it, in the event loop's seconds."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    async def ask(self, timeout_seconds: float) -> Answer | None:
        """Send one frame; None when no answer came in time.

        An answer that comes later is recognised by its number and changes nothing but that the connection lives.

        Raises:
            ConnectionError: the connection broke.
        """
        if self._transport is None or self.lost:
            raise ConnectionError("the connection is closed")
        self._sequence += 1
        self._answer = asyncio.get_running_loop().create_future()
        repeats = self._repeats()
        sent = time.monotonic_ns()
        self._transport.write(pack(self._sequence))
        try:
            async with asyncio.timeout(timeout_seconds):
                return Answer(await self._answer - sent, self._repeats() != repeats)
        except TimeoutError:
            self.silent_probes += 1
            return None

    def data_received(self, data: bytes) -> None:
        """Match answers with the question that is open (asyncio calls this)."""
        received = time.monotonic_ns()
        sequences, self._rest = split(self._rest + data)
        for sequence in sequences:
            self._heard(sequence, received)

    def eof_received(self) -> None:
        """Note that the peer closed its end (asyncio calls this, and closes ours)."""
        self._note_departure()

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the open question (asyncio calls this). A reset too is a departure, with a probe unread."""
        self.lost = True
        if isinstance(exc, ConnectionError):
            self._note_departure()
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the peer closed the connection: {exc or 'end of stream'}"))

    def close(self) -> None:
        """Drop the connection without waiting for anything."""
        if self._transport:
            self._transport.abort()

    def _note_departure(self) -> None:
        if self.answered:
            self.left_at = asyncio.get_running_loop().time()

    def _repeats(self) -> int:
        """Packets that the kernel has sent again on this connection, which it does for lost questions and answers."""
        found = self._transport.get_extra_info("socket") if self._transport else None
        if found is None:
            return 0
        told = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TOTAL_RETRANSMITTED.size)
        return int(_TOTAL_RETRANSMITTED.unpack(told)[0])

    def _heard(self, sequence: int, received: int) -> None:
        if not 0 < sequence <= self._sequence:
            self.close()  # an answer to what was never asked: whoever this is, it is no agent
            return
        self.silent_probes, self.answered = 0, True
        if sequence == self._sequence and self._answer and not self._answer.done():
            self._answer.set_result(received)


class Prober:
    """Probes one peer for as long as it runs and is not paused, and hands each outcome on."""

    def __init__(
        self, way: Way, timing: ProbeTiming, on_outcome: OnOutcome, paused: Callable[[], bool] = lambda: False
    ) -> None:
        self._way = way
        self._timing = timing
        self._on_outcome = on_outcome
        self._paused = paused
        self._conversation: Conversation | None = None
        self._left_at: float | None = None
        self._retry_at = 0.0
        self._retry_seconds = FIRST_RETRY_SECONDS

    @property
    def away(self) -> bool:
        """Whether the peer left of itself, not long ago, and is not back: what it leaves unanswered is no loss."""
        left_at = (self._conversation and self._conversation.left_at) or self._left_at
        return left_at is not None and asyncio.get_running_loop().time() < left_at + AWAY_SECONDS

    async def run(self) -> None:
        """Probe until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                started = loop.time()
                if not self._paused():
                    self._tell(await self._probe())
                pause = self._timing.interval_seconds * _spread()
                await asyncio.sleep(max(0.0, started + pause - loop.time()))
        finally:
            self._hang_up()

    def _tell(self, answer: Answer | None) -> None:
        if answer:
            self._left_at = None
            self._on_outcome(answer.nanoseconds // 1000, repeated=answer.repeated)
        elif not self.away and not self._way.refused:
            self._on_outcome(None, repeated=False)

    async def _probe(self) -> Answer | None:
        if self._conversation and self._conversation.lost:
            self._hang_up()  # closed between two probes, as after a pause: that is no loss of the path
        try:
            conversation = self._conversation or await self._connect()
            answer = await conversation.ask(self._timing.timeout_seconds) if conversation else None
        except ConnectionError as error:
            _log.debug("%s: %s", self._way.endpoint, error)
            self._hang_up()
            return None
        if conversation and conversation.silent_probes >= SILENT_PROBES:
            self._hang_up()
        return answer

    async def _connect(self) -> Conversation | None:
        """A new connection; None while it is too early to try again, or when the attempt failed."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._retry_at:
            return None
        try:
            async with asyncio.timeout(self._timing.timeout_seconds):
                found = await self._way.connect(socket.SOCK_STREAM)
                _, conversation = await loop.create_connection(Conversation, sock=found)
        except OSError as error:
            _log.debug("cannot connect to %s: %s", self._way.endpoint, error or type(error).__name__)
            self._retry_at = loop.time() + self._retry_seconds * _spread()
            self._retry_seconds = min(2 * self._retry_seconds, MOST_RETRY_SECONDS)
            return None
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._conversation = conversation
        return conversation

    def _hang_up(self) -> None:
        if self._conversation:
            self._conversation.close()
            self._left_at = self._conversation.left_at or self._left_at
        self._conversation = None


def _spread() -> float:
    return random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 -- spreads load, guards nothing
