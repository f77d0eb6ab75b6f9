# SPDX-License-Identifier: Apache-2.0
"""How much a link loses, from datagrams: how sure that is, and what is too old to say anything about now.

The figure is the share of exchanges, there and back, that got no answer in time: with a share q lost in each direction
it is 1 - (1 - q)^2. How sure it is, is the half width of Wilson's score interval (Wilson 1927), which unlike the
textbook one is right near 0 and with few samples. The window holds the last five minutes, unless the link
changed meanwhile: when the newer part and the older part of it are told apart beyond doubt, the older is forgotten
(the idea of ADWIN, Bifet & Gavalda 2007, with Wilson's interval as the bound). So a steady loss is known within a
percentage point, and a change shows within one or two slices.
"""

from collections import deque
from dataclasses import dataclass
from math import sqrt
from typing import Final

SLICE_SECONDS: Final = 10.0
"""The window moves and forgets by so much. Ours."""
MOST_SLICES: Final = 30
"""Five minutes: at 20 a second, 6,000 exchanges, which know a loss of a fifth within one point. Ours."""
SURE: Final = 1.96
"""Standard deviations of a 95 % interval, for what is told."""
BEYOND_DOUBT: Final = 3.0
"""Of a 99.7 % interval, for what is forgotten: two that do not overlap come by chance once in 40,000 looks."""
TOLD_SAMPLES: Final = 10
"""Exchanges before a loss is told: fewer say nothing. Ours."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A share of lost exchanges."""

    basis_points: int
    half_width: float
    """Of the 95 % interval, in basis points."""
    samples: int


@dataclass(slots=True)
class _Slice:
    began: float
    sent: int = 0
    lost: int = 0


class LossWindow:
    """Exchanges by slices of ten seconds."""

    def __init__(self) -> None:
        self._slices: deque[_Slice] = deque(maxlen=MOST_SLICES)

    def add(self, at: float, *, lost: bool) -> None:
        """Take in an exchange that was answered or given up at this monotonic second."""
        if not self._slices or at >= self._slices[-1].began + SLICE_SECONDS:
            self._forget(at)
            self._slices.append(_Slice(at))
        self._slices[-1].sent += 1
        self._slices[-1].lost += lost

    def clear(self) -> None:
        """Forget everything."""
        self._slices.clear()

    def loss(self) -> Loss | None:
        """What the window says; None while it holds too little."""
        sent, lost = sum(part.sent for part in self._slices), sum(part.lost for part in self._slices)
        if sent < TOLD_SAMPLES:
            return None
        low, high = wilson(lost, sent, SURE)
        return Loss(round(10_000 * lost / sent), 5_000 * (high - low), sent)

    def _forget(self, at: float) -> None:
        """What is too old, and what differs beyond doubt from what came after it."""
        while self._slices and self._slices[0].began < at - MOST_SLICES * SLICE_SECONDS:
            self._slices.popleft()
        parts = tuple(self._slices)
        older_sent, older_lost = sum(p.sent for p in parts), sum(p.lost for p in parts)
        newer_sent = newer_lost = 0
        for count, part in enumerate(reversed(parts[1:]), start=1):
            newer_sent, newer_lost = newer_sent + part.sent, newer_lost + part.lost
            older_sent, older_lost = older_sent - part.sent, older_lost - part.lost
            if _told_apart((older_lost, older_sent), (newer_lost, newer_sent)):
                self._slices = deque(parts[-count:], maxlen=MOST_SLICES)
                return


def wilson(lost: int, sent: int, deviations: float) -> tuple[float, float]:
    """Wilson's score interval of a share: its lower and upper end, within 0 and 1."""
    square = deviations * deviations
    middle = (lost + square / 2) / (sent + square)
    half = deviations / (sent + square) * sqrt(lost * (sent - lost) / sent + square / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def _told_apart(one: tuple[int, int], other: tuple[int, int]) -> bool:
    if not one[1] or not other[1]:
        return False
    (low, high), (other_low, other_high) = wilson(*one, BEYOND_DOUBT), wilson(*other, BEYOND_DOUBT)
    return high < other_low or other_high < low
