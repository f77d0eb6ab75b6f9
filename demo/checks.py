# SPDX-License-Identifier: Apache-2.0
"""Expectations with a name and a deadline. The demo has shown something only when all of them were observed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from demo.timeline import Timeline

Sighting = Callable[[], str | None]
"""Looks at the world once; answers what it saw as a sentence, or None while it is not yet so."""

Wait = Callable[[Callable[[], Any], float], Any]
"""`World.wait`."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation, after it was waited for."""

    title: str
    passed: bool
    seen: str
    seconds: float
    allowed_seconds: float


@dataclass
class Checks:
    """Waits for expectations and keeps what came of them."""

    wait: Wait
    timeline: Timeline
    done: list[Check] = field(default_factory=list)

    @property
    def all_passed(self) -> bool:
        """Whether everything that was expected was observed, and something was."""
        return bool(self.done) and all(check.passed for check in self.done)

    @property
    def missed(self) -> list[Check]:
        """What was expected and not observed."""
        return [check for check in self.done if not check.passed]

    def expect(
        self,
        title: str,
        seen: Sighting,
        *,
        within: float,
        since: float | None = None,
        instead: Sighting = lambda: None,
    ) -> bool:
        """Wait until something is seen.

        Args:
            title: What is expected, as a sentence.
            seen: Looks for it.
            within: Seconds allowed.
            since: From when its duration counts (`time.monotonic`); default: from now.
            instead: Asked when it is missed, for what is so in its place.
        """
        begun = time.monotonic() if since is None else since
        answer = self.wait(seen, within)
        found = answer or "; ".join(filter(None, ("not observed", instead())))
        return self._take(Check(title, answer is not None, found, time.monotonic() - begun, within))

    def expect_throughout(self, title: str, broken: Sighting, *, seconds: float) -> bool:
        """Watch for a while that something does not happen; `broken` answers what did."""
        begun = time.monotonic()
        answer = self.wait(broken, seconds)
        seen = answer or f"so for {seconds:.0f} s"
        return self._take(Check(title, answer is None, seen, time.monotonic() - begun, seconds))

    def expect_now(self, title: str, *, passed: bool, seen: str) -> bool:
        """Judge something that has been observed already."""
        return self._take(Check(title, passed, seen, 0.0, 0.0))

    def _take(self, check: Check) -> bool:
        self.done.append(check)
        self.timeline.saw(check.title, check.seen, seconds=check.seconds, passed=check.passed)
        return check.passed
