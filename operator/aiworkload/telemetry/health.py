# SPDX-License-Identifier: Apache-2.0
"""Whether the process is alive, and whether it is ready, in sentences.

A process that answers is not one that works: alive means that each stream, the loop and the elector showed a sign of
life lately.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

STREAM_SECONDS: Final = 180.0
"""A watch is given up after 70 s of silence and tried again within 30 s: at 180 s something hangs. Ours."""
ELECTOR_SECONDS: Final = 60.0
"""An elector looks every few seconds, and no look takes more than ten. Ours."""
LOOP_GRACE_SECONDS: Final = 60.0
"""A cycle may take so long beyond the resync period. Ours."""


@dataclass(frozen=True, slots=True)
class Health:
    """Reads the ages of all that must live."""

    stream_ages: Mapping[str, Callable[[], float]]
    streams_synced: Mapping[str, Callable[[], bool]]
    elector_age: Callable[[], float]
    loop_age: Callable[[], float | None]
    """None while this process does not lead."""
    resync_seconds: float

    def ailments(self) -> list[str]:
        """Why the process should be restarted; empty when it is well."""
        found = [
            f"stream {name}: no sign of life for {age():.0f} s"
            for name, age in self.stream_ages.items()
            if age() > STREAM_SECONDS
        ]
        if self.elector_age() > ELECTOR_SECONDS:
            found.append(f"elector: no attempt for {self.elector_age():.0f} s")
        loop = self.loop_age()
        if loop is not None and loop > self.resync_seconds + LOOP_GRACE_SECONDS:
            found.append(f"loop: no cycle for {loop:.0f} s")
        return found

    def missing(self) -> list[str]:
        """What is not ready yet; empty when the process could lead at once."""
        return [
            f"stream {name}: first list not complete" for name, synced in self.streams_synced.items() if not synced()
        ]
