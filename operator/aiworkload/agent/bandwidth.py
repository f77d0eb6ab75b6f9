# SPDX-License-Identifier: Apache-2.0
"""What a link carries, from bursts that stay within a small share of it.

A measurement is a few bursts on one connection, each twice the one before, until twice as much comes as fast: that
is the line's rate. It ends early, and then tells nothing, when the hour's budget or the receiver allows no
more. What is told is the larger of the last two measurements: whatever else used the line meanwhile can only have made
a burst slower.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiworkload.agent.burst import Stream, Took
from aiworkload.agent.limits import Allowance

FIRST_BYTES: Final = 32 * 1024
MOST_BYTES: Final = 8 * 2**20
"""Of one burst, and the last of a measurement. Ours."""
TIMED_SECONDS: Final = 0.05
"""A second half that took less is taken to have taken this, for the scheduler's own delays weigh too much. Ours."""
LAST_TIMED_SECONDS: Final = 0.005
"""But not that of the largest burst: 4 MiB in 5 ms are 6.7 Gbit/s, and faster lines are told as that. Ours."""
PATIENT_SECONDS: Final = 1.0
"""A second half that took longer has no successor: twice as much would fill the line for seconds. Ours."""
SETTLED: Final = 1.25
"""Twice as much that comes neither a quarter faster, when TCP was still finding its rate, nor so much slower, when the
line let a first bucketful through at once: that is the line's rate. Ours."""
ASSUMED_KILOBITS: Final = 1000
"""What an unmeasured line is taken to carry, for its first budget of 450 kB an hour. Ours."""
TOLD_MEASUREMENTS: Final = 2
_BYTES_PER_KILOBIT_HOUR: Final = 1000 / 8 * 3600


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """What a link carries."""

    kilobits: int
    """A second."""
    observed_at: float
    """In monotonic seconds."""


class Budget:
    """Bytes that one link's bursts may take in an hour: a share of what it carries, as far as that is known."""

    def __init__(self, share: float, now: float) -> None:
        self._share = share
        self._kilobits = ASSUMED_KILOBITS
        self._left = Allowance(self._per_hour / 3600, self._size, now)

    @property
    def _per_hour(self) -> float:
        return self._share * self._kilobits * _BYTES_PER_KILOBIT_HOUR

    @property
    def _size(self) -> float:
        """An hour's worth; of a slow line what the first burst takes, or one measured in a jam never were again."""
        return max(self._per_hour, FIRST_BYTES)

    def learn(self, kilobits: int, now: float, *, known: bool) -> None:
        """A line that seems to carry more may be asked more at once, and what it is known to carry counts from then on.

        What was spent stays spent: who asked too much waits the longer.
        """
        if kilobits <= self._kilobits and not known:
            return
        spent = self._size - self._left.left(now)
        self._kilobits = max(1, kilobits)
        self._left = Allowance(self._per_hour / 3600, self._size, now)
        self._left.spend(spent, now)

    def take(self, amount: int, now: float) -> bool:
        """Take so many bytes, if they are left."""
        return self._left.take(amount, now)


class Record:
    """The last measurements of one link."""

    def __init__(self) -> None:
        self._last: deque[Bandwidth] = deque(maxlen=TOLD_MEASUREMENTS)

    def add(self, kilobits: int, at: float) -> None:
        """One more."""
        self._last.append(Bandwidth(kilobits, at))

    @property
    def told(self) -> Bandwidth | None:
        """The larger of the last two, as of the newer; None before the first."""
        if not self._last:
            return None
        return Bandwidth(max(one.kilobits for one in self._last), self._last[-1].observed_at)


@dataclass(slots=True)
class Growth:
    """The bursts of one measurement: how much comes next, and what they say."""

    amount: int = FIRST_BYTES
    """Bytes of the next burst."""
    kilobits: int = 0
    """A second, by the last burst."""
    known: bool = False
    """Whether that is what the line carries."""

    @property
    def is_last(self) -> bool:
        """Whether no larger burst follows."""
        return 2 * self.amount > MOST_BYTES

    def learn(self, took: Took) -> None:
        """Take in what became of the burst."""
        least = LAST_TIMED_SECONDS if self.is_last else TIMED_SECONDS
        rate = int(took.amount * 8 / 1000 / max(took.seconds, least))
        alike = self.kilobits / SETTLED <= rate <= self.kilobits * SETTLED
        settled = took.seconds >= TIMED_SECONDS and rate > 0 and alike
        self.known = settled or self.is_last or took.seconds >= PATIENT_SECONDS
        self.kilobits = rate
        self.amount *= 2


async def measure(stream: Stream, budget: Budget, paused: Callable[[], bool]) -> int | None:
    """One link's kilobits a second; None: they could not be told within the budget.

    Raises:
        BurstError: the other end is no agent of this cluster that takes bursts, or it went away.
    """
    growth = Growth()
    while not growth.known:
        if paused() or not budget.take(growth.amount, time.monotonic()):
            return None
        took = await stream.send_burst(growth.amount)
        if took is None:
            return None
        growth.learn(took)
        budget.learn(growth.kilobits, time.monotonic(), known=growth.known)
    return growth.kilobits
