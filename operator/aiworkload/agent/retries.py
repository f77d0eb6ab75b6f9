# SPDX-License-Identifier: Apache-2.0
"""When to try again after a report was not taken.

Thousands of agents meet the same trouble at the same moment. An API server that returns must not be met by all of them
at once, each with a new TLS connection: who reaches none waits a random part of a growing time ("full jitter", Brooker
2015). What an API server that answers asks for is heeded. Nobody waits longer than a heartbeat, for so often a report
goes out anyway; only who is asked to wait for so long spreads its attempt over the third of one that follows.
"""

import random
from typing import Final

from aiworkload.agent.publish import Denied, NotCreated, NotNow, PublishError

FIRST_SECONDS: Final = 1.0
"""After the first failure; it doubles with each. Ours."""
SOON_SECONDS: Final = 5.0
"""At most while it is a matter of moments: until the operator has made the NodeReport, or a rush is over. Ours."""
UNREACHABLE_SECONDS: Final = 30.0
"""At most while no API server is reached: 5,000 agents come back at 330 a second. Ours."""
LEAST_SHARE: Final = 0.75
"""Of the time, that passes in any case where an API server answered. Ours."""


class Retries:
    """The waits of one agent, which grow until a report is taken; all times are monotonic seconds."""

    def __init__(self, heartbeat_seconds: float) -> None:
        self._most = heartbeat_seconds
        self._failures = 0
        self._next = 0.0

    def due(self, now: float) -> bool:
        """Whether it may be tried now."""
        return now >= self._next

    def succeeded(self) -> None:
        """A report was taken."""
        self._failures = 0

    def failed(self, error: PublishError, now: float) -> None:
        """One was not."""
        full = min(self._most, _ceiling(error), FIRST_SECONDS * 2.0 ** min(self._failures, 16))
        self._failures += 1
        wait = full * _share(LEAST_SHARE if isinstance(error, Denied | NotCreated | NotNow) else 0.0)
        if error.retry_after is not None:
            wait = max(wait, min(self._most, error.retry_after) / _share(LEAST_SHARE))
        self._next = now + wait

    def hurry(self, now: float) -> None:
        """Something healed, and the API server may be reached again."""
        self._next = min(self._next, now + min(self._most, SOON_SECONDS) * _share(0.0))


def _ceiling(error: PublishError) -> float:
    if isinstance(error, Denied):
        return float("inf")
    return SOON_SECONDS if isinstance(error, NotCreated | NotNow) else UNREACHABLE_SECONDS


def _share(least: float) -> float:
    return random.uniform(least, 1.0)  # noqa: S311 -- spreads load, guards nothing
