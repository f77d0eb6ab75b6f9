# SPDX-License-Identifier: Apache-2.0
"""A link's last probes, and what they say about it.

How fast it reacts, with the defaults (30 probes, one every 2 s): p95 is the nearest rank, which of 30 round trips is
the second largest. So a link that gets worse shows in p95 with its second slow answer, 4 s later, while a lone outlier
never does; a link that gets better shows only when the last but one slow answer has left the window, after a minute.
Fast to warn, slow to praise is what a placement wants: it must flee soon and return late. With fewer
than twenty answers in the window p95 is the largest of them, so that a new or lossy link warns with the first slow one.

TCP repeats a lost packet itself, so a little packet loss shows as a slow answer, in p95 and jitter. A loss here is a
probe without an answer within the time-out: what a client would call an outage.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """What a window says. Round trips are in microseconds, and None while no probe in it was answered."""

    rtt_p50: int | None
    rtt_p95: int | None
    jitter: int
    """Mean absolute difference of consecutive round trips (RFC 3550's idea, without its smoothing)."""
    loss_basis_points: int
    """Lost probes per ten thousand in the window."""
    samples: int
    """Probes in the window, answered or lost."""
    consecutive_losses: int
    """Probes lost since the last answer; counts on beyond the window."""
    observed_at: float
    """When the newest probe ended, in monotonic seconds."""


class Window:
    """A sliding window over one link's probes."""

    def __init__(self, size: int) -> None:
        self._probes: deque[int | None] = deque(maxlen=size)
        self._losses_in_a_row = 0
        self._summary: LinkSummary | None = None

    @property
    def summary(self) -> LinkSummary | None:
        """What the probes say; None before the first."""
        return self._summary

    def add(self, rtt_microseconds: int | None, at: float) -> None:
        """Take in a probe that ended at the monotonic second `at`; None for one that was lost."""
        self._probes.append(rtt_microseconds)
        self._losses_in_a_row = self._losses_in_a_row + 1 if rtt_microseconds is None else 0
        answered = [rtt for rtt in self._probes if rtt is not None]
        ordered = sorted(answered)
        count = len(self._probes)
        self._summary = LinkSummary(
            rtt_p50=nearest_rank(ordered, 50) if ordered else None,
            rtt_p95=nearest_rank(ordered, 95) if ordered else None,
            jitter=_jitter(answered),
            loss_basis_points=10_000 * (count - len(answered)) // count,
            samples=count,
            consecutive_losses=self._losses_in_a_row,
            observed_at=at,
        )


def nearest_rank(ordered: Sequence[int], percent: int) -> int:
    """The smallest value that at least `percent` of the values do not exceed: always one that was measured.

    Nearest-rank definition: the value at position ceil(percent / 100 * n), counted from one.
    """
    rank = -(-percent * len(ordered) // 100)
    return ordered[max(rank, 1) - 1]


def _jitter(rtts: Sequence[int]) -> int:
    steps = [abs(later - earlier) for earlier, later in pairwise(rtts)]
    return sum(steps) // len(steps) if steps else 0
