# SPDX-License-Identifier: Apache-2.0
"""A burst: so many bytes over TCP from one agent to another, who says how fast they came.

    both know    the cluster's key (`agent.keys`)
    sender       MAGIC as a connection's first frame, then for each burst:
    sender       16 bytes of its own choice
    receiver     16 bytes of its own choice, so that nothing recorded is of use again
    sender       8 bytes: how much it would send; a tag
    receiver     8 bytes: the same when that may come, 0 for nothing now; a tag
    sender       so many bytes
    receiver     8 bytes: bytes of the second half; 8 bytes: in how many microseconds they came; a tag

Only the second half counts: in the first TCP still finds out how fast it may be. Each tag covers both choices.
"""

import asyncio
import os
import secrets
import struct
import time
from dataclasses import dataclass
from typing import Final

from aiworkload.agent.keys import TAG_BYTES, KeyFile, Purpose

MAGIC: Final = b"aiwburst"
"""As long as a probe's frame. As a probe's number it is one that would come after 10^11 years."""
CHOICE_BYTES: Final = 16
ANSWER_SECONDS: Final = 5.0
"""For each step of the handshake. Ours."""
BURST_SECONDS: Final = 20.0
"""For all bytes of a burst: the first one, of 32 KiB, over a line of 13 kbit/s. Ours."""
CHUNK_BYTES: Final = 65_536

_AMOUNT: Final = struct.Struct("!Q")
_TOOK: Final = struct.Struct("!QQ")


class BurstError(Exception):
    """It came to nothing; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Took:
    """What the receiver says of a burst's second half."""

    amount: int
    """Bytes."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Stream:
    """One end of a connection that bursts go over."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    keys: KeyFile

    async def send_burst(self, amount: int) -> Took | None:
        """Send so much; None: the receiver does not want it now. A part of it would tell of a slow line.

        Raises:
            BurstError: the other end is no agent of this cluster that takes bursts, or it went away.
        """
        mine = secrets.token_bytes(CHOICE_BYTES)
        self.writer.write(mine)
        choices = mine + await self._read(CHOICE_BYTES)
        self._say(Purpose.BURST_REQUEST, choices, _AMOUNT.pack(amount))
        [granted] = _AMOUNT.unpack(await self._hear(Purpose.BURST_GRANT, choices, _AMOUNT.size))
        if granted != amount:
            return None
        try:
            async with asyncio.timeout(BURST_SECONDS):
                await self._pour(granted)
                second_half, microseconds = _TOOK.unpack(
                    await self._hear(Purpose.BURST_RESULT, choices, _TOOK.size, BURST_SECONDS)
                )
        except TimeoutError as error:
            raise BurstError(f"{granted} bytes took longer than {BURST_SECONDS:.0f} s") from error
        except OSError as error:
            raise BurstError(f"the connection broke: {error}") from error
        return Took(second_half, microseconds / 1e6)

    async def wanted(self) -> tuple[bytes, int] | None:
        """The receiver's end: both choices, and how much a holder of the key would send; None: nobody of ours asks.

        Raises:
            BurstError: the other end went away.
        """
        theirs = await self._read(CHOICE_BYTES)
        mine = secrets.token_bytes(CHOICE_BYTES)
        self.writer.write(mine)
        choices = theirs + mine
        try:
            [amount] = _AMOUNT.unpack(await self._hear(Purpose.BURST_REQUEST, choices, _AMOUNT.size))
        except _Forged:
            return None
        return choices, amount

    def grant(self, choices: bytes, amount: int) -> None:
        """Let so much come."""
        self._say(Purpose.BURST_GRANT, choices, _AMOUNT.pack(amount))

    async def take(self, choices: bytes, amount: int) -> None:
        """Take what was granted, and say how fast its second half came.

        Raises:
            BurstError: it did not come, or not in time.
        """
        taken, half_taken, half_at = 0, 0, 0.0
        try:
            async with asyncio.timeout(BURST_SECONDS):
                while taken < amount:
                    chunk = await self.reader.read(min(CHUNK_BYTES, amount - taken))
                    if not chunk:
                        raise BurstError(f"it ended after {taken} of {amount} bytes")
                    taken += len(chunk)
                    if not half_taken and 2 * taken >= amount:
                        half_taken, half_at = taken, time.monotonic()
        except (TimeoutError, OSError) as error:
            raise BurstError(f"it broke off after {taken} of {amount} bytes") from error
        microseconds = int(1e6 * (time.monotonic() - half_at))
        self._say(Purpose.BURST_RESULT, choices, _TOOK.pack(taken - half_taken, microseconds))

    async def _pour(self, amount: int) -> None:
        """Bytes that no line can shorten."""
        chunk = os.urandom(min(CHUNK_BYTES, amount))
        for begin in range(0, amount, CHUNK_BYTES):
            self.writer.write(chunk[: amount - begin])
            await self.writer.drain()

    def _say(self, purpose: Purpose, choices: bytes, body: bytes) -> None:
        self.writer.write(body + self.keys.keys.sign(purpose, choices + body))

    async def _hear(self, purpose: Purpose, choices: bytes, size: int, seconds: float = ANSWER_SECONDS) -> bytes:
        found = await self._read(size + TAG_BYTES, seconds)
        body, tag = found[:size], found[size:]
        if self.keys.keys.signer(purpose, choices + body, tag) is None:
            raise _Forged("the other end does not have the cluster's key")
        return body

    async def _read(self, size: int, seconds: float = ANSWER_SECONDS) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.readexactly(size)
        except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise BurstError(f"the other end said nothing more: {error or 'no answer in time'}") from error


class _Forged(BurstError):
    """What was said was not signed by the cluster's key."""
