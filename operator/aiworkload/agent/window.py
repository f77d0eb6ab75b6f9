# SPDX-License-Identifier: Apache-2.0
"""A link's last probes, and what they say about it.

How fast it reacts, with the defaults (30 probes, one every 2 s): p95 is the nearest rank, which of 30 round trips is
the second largest. So a link that gets worse shows in p95 with its second slow answer, 4 s later, while a lone outlier
never does; a link that gets better shows only when the last but one slow answer has left the window, after a minute.
Fast to warn, slow to praise is what a placement wants: it must flee soon and return late. With fewer
than twenty answers in the window p95 is the largest of them, so that a new or lossy link warns with the first slow one.

TCP repeats a lost packet itself, so a little packet loss shows as a slow answer, in p95 and jitter. A loss here is a
probe without an answer within the time-out: what a client would call an outage. Where datagrams tell what a link
loses, probes that TCP repeated are left out of its round trips (`without_repeats`): the same packet counts once.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from aiworkload.agent.bandwidth import Bandwidth
from aiworkload.api.node_report import LossSource

REPEATED_AFTER_MICROSECONDS: Final = 190_000
"""Linux repeats a lone lost packet after a round trip and 200 ms (TCP_RTO_MIN), less a margin for its clock. Ours."""
EXPLAINED: Final = 2.0
"""Times as many as the loss makes likely may be repeats: with thirty probes chance weighs much. Ours."""


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
    loss_source: LossSource = LossSource.PROBES
    """What the loss was counted with."""
    bandwidth: Bandwidth | None = None


class _Probe(NamedTuple):
    """How one probe ended."""

    rtt: int | None
    repeated: bool


class Window:
    """A sliding window over one link's probes."""

    def __init__(self, size: int) -> None:
        self._probes: deque[_Probe] = deque(maxlen=size)
        self._losses_in_a_row = 0
        self._ended_at = 0.0

    def add(self, rtt_microseconds: int | None, at: float, *, repeated: bool = False) -> None:
        """Take in a probe that ended at the monotonic second `at`; None for one that was lost.

        `repeated`: TCP sent a packet of it again, so that its time is not the path's alone.
        """
        self._probes.append(_Probe(rtt_microseconds, repeated))
        self._losses_in_a_row = self._losses_in_a_row + 1 if rtt_microseconds is None else 0
        self._ended_at = at

    @property
    def summary(self) -> LinkSummary | None:
        """What the probes say; None before the first."""
        return self._summary([probe.rtt for probe in self._probes if probe.rtt is not None])

    def without_repeats(self, loss_basis_points: int) -> LinkSummary | None:
        """The same with the round trips of the path alone, of which so many exchanges are known to be lost.

        What our end repeated is known. What the other end repeated, because its answer was lost, shows only as an
        answer that took TCP's wait longer than most, and is believed to be that as far as the loss explains as many.
        Where TCP repeats most packets, it is the path that has become slower than TCP expects, and all count.
        """
        answered = [probe.rtt for probe in self._probes if probe.rtt is not None]
        at_once = [probe.rtt for probe in self._probes if probe.rtt is not None and not probe.repeated]
        limit = nearest_rank(sorted(at_once), 50) + REPEATED_AFTER_MICROSECONDS if at_once else 0
        prompt = [rtt for rtt in at_once if rtt < limit]
        explained = EXPLAINED * loss_basis_points / 10_000 * len(answered)
        path = prompt if len(at_once) - len(prompt) <= explained else at_once
        return self._summary(path) if 2 * len(path) > len(answered) else self.summary

    def _summary(self, told: list[int]) -> LinkSummary | None:
        count = len(self._probes)
        if not count:
            return None
        ordered = sorted(told)
        lost = sum(probe.rtt is None for probe in self._probes)
        return LinkSummary(
            rtt_p50=nearest_rank(ordered, 50) if ordered else None,
            rtt_p95=nearest_rank(ordered, 95) if ordered else None,
            jitter=_jitter(told),
            loss_basis_points=10_000 * lost // count,
            samples=count,
            consecutive_losses=self._losses_in_a_row,
            observed_at=self._ended_at,
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
