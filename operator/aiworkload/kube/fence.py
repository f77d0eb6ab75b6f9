# SPDX-License-Identifier: Apache-2.0
"""Whether this process may write, asked at every write.

The answer is a comparison with a deadline on a clock that no administrator sets and that goes on while the machine
sleeps, so that a leader that was paused finds out by itself, before it has heard of its successor.
"""

from aiworkload.kube.clock import steady_seconds
from aiworkload.reconcile.ports import Fenced


class Fence:
    """Leadership until a deadline. The elector moves the deadline; writers ask `fence()`."""

    def __init__(self) -> None:
        self._deadline: float | None = None
        self._epoch = 0

    @property
    def epoch(self) -> int:
        """`leaseTransitions` of the present leadership."""
        return self._epoch

    @property
    def leads(self) -> bool:
        """Whether a write would pass now."""
        return self.seconds_left > 0

    @property
    def seconds_left(self) -> float:
        """Until the deadline; 0 when it has passed or there is none."""
        return 0.0 if self._deadline is None else max(0.0, self._deadline - steady_seconds())

    def open_until(self, deadline: float, epoch: int) -> None:
        """Lead until then (`steady_seconds`)."""
        self._deadline, self._epoch = deadline, epoch

    def close(self) -> None:
        """Lead no more."""
        self._deadline = None

    def fence(self) -> None:
        """Pass, or raise.

        Raises:
            Fenced: the deadline has passed or there never was one.
        """
        if not self.leads:
            raise Fenced("this process does not lead (any more) and writes nothing")
