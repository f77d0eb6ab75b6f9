# SPDX-License-Identifier: Apache-2.0
"""Counts what a link loses, one small datagram at a time: few while nothing is lost, more until a loss is known.

TCP repeats what is lost, so its probes show a loss as delay; a datagram is there or it is not. What may be lost on
the way is not only the network's: a firewall that lets TCP through and no UDP would read as a link that loses all.
`silent` tells the caller when that may be so.
"""

import asyncio
import logging
import random
import secrets
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

from aiworkload.agent.datagram import DATAGRAM_BYTES, NONCE_BYTES, Question, answered, ask
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.limits import Allowance
from aiworkload.agent.loss import LossWindow
from aiworkload.agent.way import Way

_log = logging.getLogger(__name__)

QUIET_SECONDS: Final = 0.5
"""Between two datagrams while nothing is lost. Ours."""
BUSY_SECONDS: Final = 0.05
"""While something is lost and it is not known how much. Ours."""
BUSY_PER_SECOND: Final = 40.0
"""Of all busy links of an agent together, half a percent of a core: two at full pace, and more share it. Ours."""
KNOWN_BASIS_POINTS: Final = 60.0
"""A loss whose 95 % interval reaches so far is known: it is more than a point off once in a thousand times. Ours."""
SILENT_DATAGRAMS: Final = 20
"""Unanswered in a row: nothing comes through. A link that loses half of all exchanges does so once in a million."""
SPREAD: Final = 0.1
"""Intervals vary by a tenth, so that agents started together do not probe together. Ours."""


def extra_datagrams(now: float) -> Allowance:
    """What all probers of one agent share for their faster pace."""
    return Allowance(BUSY_PER_SECOND, BUSY_PER_SECOND, now)


class DatagramProber:
    """Asks one peer for as long as it runs, and fills its window."""

    def __init__(
        self, way: Way, keys: KeyFile, extra: Allowance, paused: Callable[[], bool], timeout_seconds: float
    ) -> None:
        self.window = LossWindow()
        self.unanswered = 0
        """Given up since the last answer."""
        self.heard = False
        """Whether any answer came since the beginning, or since `begin_anew`."""
        self._way = way
        self._keys = keys
        self._extra = extra
        self._paused = paused
        self._timeout = timeout_seconds
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self._number = 0
        self._open: dict[int, float] = {}
        self._order: deque[tuple[int, float]] = deque()
        self._socket: socket.socket | None = None

    @property
    def silent(self) -> bool:
        """Whether nothing has come through for long."""
        return self.unanswered >= SILENT_DATAGRAMS

    def begin_anew(self) -> None:
        """Forget what was counted: something else than the link swallows datagrams."""
        self.window.clear()
        self.heard = False

    async def run(self) -> None:
        """Ask until cancelled."""
        try:
            while True:
                if self._paused():
                    self._open.clear()  # asked too shortly before the pause to tell anything
                elif self._keys.keys:
                    await self._ask()
                await asyncio.sleep(self._interval() * random.uniform(1 - SPREAD, 1 + SPREAD))  # noqa: S311 -- spreads load
        finally:
            self._hang_up()

    def _interval(self) -> float:
        loss = self.window.loss()
        unknown = loss is not None and loss.basis_points > 0 and loss.half_width > KNOWN_BASIS_POINTS
        if unknown and self._extra.take(1, asyncio.get_running_loop().time()):
            return BUSY_SECONDS
        return QUIET_SECONDS

    async def _ask(self) -> None:
        now = asyncio.get_running_loop().time()
        self._give_up(now)
        self._number += 1
        self._open[self._number] = now
        self._order.append((self._number, now))
        if self._socket is None or (self.silent and self.unanswered % SILENT_DATAGRAMS == 0):
            self._hang_up()
            self._socket = await self._connect()
        try:
            if self._socket:
                self._socket.send(ask(Question(self._nonce, self._number), self._keys.keys))
        except OSError as error:
            _log.debug("no datagram to %s: %s", self._way.endpoint, error)

    def _give_up(self, now: float) -> None:
        """What was asked too long ago is lost; the order of asking is the order of giving up."""
        while self._order and self._order[0][1] <= now - self._timeout:
            number, _ = self._order.popleft()
            if self._open.pop(number, None) is not None:
                self.unanswered += 1
                self.window.add(now, lost=True)

    async def _connect(self) -> socket.socket | None:
        """A socket towards the peer, whose address is looked up anew; None: there is no such address."""
        try:
            found = await self._way.connect(socket.SOCK_DGRAM)
        except OSError as error:
            _log.debug("no datagram to %s: %s", self._way.endpoint, error)
            return None
        asyncio.get_running_loop().add_reader(found, self._read, found)
        return found

    def _read(self, source: socket.socket) -> None:
        while True:
            try:
                datagram = source.recv(DATAGRAM_BYTES + 1)
            except BlockingIOError:
                return
            except OSError as error:  # nobody listens there: what was asked is given up in time
                _log.debug("no datagram from %s: %s", self._way.endpoint, error)
                return
            self._hear(datagram)

    def _hear(self, datagram: bytes) -> None:
        question = answered(datagram, self._keys.keys)
        if question is None or question.nonce != self._nonce or self._open.pop(question.number, None) is None:
            return
        self.unanswered = 0
        if not self.heard:  # what was asked before it met whatever swallowed datagrams till now
            self.heard = True
            self.window.clear()
            self._open.clear()
        self.window.add(asyncio.get_running_loop().time(), lost=False)

    def _hang_up(self) -> None:
        if self._socket:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        self._socket = None
