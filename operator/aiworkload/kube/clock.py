# SPDX-License-Identifier: Apache-2.0
"""The operator's one clock: the API server's time as first heard, and steady seconds since.

Ages are of times that the API server stamped and of times that an operator wrote into statuses, perhaps on another
machine. So the epoch is the server's, not this machine's. And it is read once: a wall clock that is stepped, by NTP or
after a suspend, would make all that was heard lie in the future, so that no silence is noticed, or all of it stale.
"""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

_HALF_SECOND: Final = 0.5
"""An HTTP date names whole seconds, cut off (RFC 9110): in the middle of one it is wrong by at most so much."""


def steady_seconds() -> float:
    """Seconds on a clock that never jumps; on Linux it counts a suspended machine's time too."""
    boot_time: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(boot_time)


class ServerClock:
    """`reconcile.ports.Clock` of a real process. Until the API server is heard it begins at this machine's time."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = steady_seconds) -> None:
        """`wall` is asked once, now."""
        self._steady = steady
        self._began = wall() - steady()
        self._heard = False

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._began + self._steady()

    def hear(self, date: str | None) -> None:
        """Take the time from the `Date` of an answer. Only the first one counts, so that time never jumps again."""
        if self._heard or date is None:
            return
        try:
            told = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        self._began = told + _HALF_SECOND - self._steady()
        self._heard = True
