# SPDX-License-Identifier: Apache-2.0
"""From looks at Leases to pulses.

A Lease's `renewTime` is by the kubelet's clock, which may be wrong. So it is never compared with ours: what counts is
whether it changed between two of our looks, and how long we have been looking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiworkload.snapshot.pulse import Pulse

SILENT_SECONDS: Final = 15.0
"""Without a change: a kubelet renews its Lease every 10 s (a quarter of `nodeLeaseDurationSeconds`, 40 s by default),
and half as long again is allowed for the way. Ours."""
FORGOTTEN_SECONDS: Final = 30.0
"""Between two looks: what changed in so long a time may have changed at its beginning. Ours."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen of one Lease."""

    stamp: str | None
    """Its `renewTime`, of which only equality matters; None: there is no Lease."""
    since: float
    """The first look at which it was so."""
    at: float
    """The newest look."""
    beat: bool = False
    """Whether `since` is a change that was seen, and not only where the looking began."""


class Pulses:
    """The pulses of the nodes that were looked at lately."""

    def __init__(self) -> None:
        self._looks: dict[str, _Look] = {}
        self.found: Mapping[str, Pulse] = {}
        """By node. The very same mapping for as long as nothing in it changes."""

    def take(self, stamps: Mapping[str, str | None], now: float) -> bool:
        """Take in one round of looks; whether any pulse is otherwise than before.

        Args:
            stamps: `renewTime` by node, None where there is no Lease.
            now: when they were looked at, in seconds since the epoch.
        """
        lately = {node: look for node, look in self._looks.items() if now - look.at <= FORGOTTEN_SECONDS}
        self._looks = {**lately, **{node: _look(lately.get(node), stamp, now) for node, stamp in stamps.items()}}
        found = {node: _pulse(look) for node, look in sorted(self._looks.items())}
        if found == self.found:
            return False
        self.found = found
        return True


def _look(before: _Look | None, stamp: str | None, now: float) -> _Look:
    if before is None:
        return _Look(stamp, now, now)
    if before.stamp == stamp:
        return _Look(stamp, before.since, now, before.beat)
    return _Look(stamp, now, now, beat=stamp is not None)


def _pulse(look: _Look) -> Pulse:
    if look.stamp is None:
        return Pulse.ABSENT
    if look.at - look.since >= SILENT_SECONDS:
        return Pulse.SILENT
    return Pulse.BEATING if look.beat else Pulse.LISTENING
