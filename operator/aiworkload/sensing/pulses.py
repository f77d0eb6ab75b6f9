# SPDX-License-Identifier: Apache-2.0
"""From looks at Leases to pulses.

A Lease's `renewTime` is by the kubelet's clock, which may be wrong. So it is never compared with ours: what counts is
whether it changed between two of our looks, and how long we have been looking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from aiworkload.snapshot.pulse import Pulse

LEASE_SECONDS: Final = 40.0
"""A kubelet's `nodeLeaseDurationSeconds` unless its owner says otherwise."""
SILENT_SHARE: Final = 0.375
"""Of a Lease's duration without a change: a kubelet renews it after a quarter, and half as long again is for the way.
Ours."""
FORGOTTEN_SECONDS: Final = 30.0
"""Between two looks: what changed in so long a time may have changed at its beginning. Ours."""


class Renewal(NamedTuple):
    """A Lease as it was read."""

    stamp: str
    """Its `renewTime`, of which only equality matters."""
    duration: float = LEASE_SECONDS
    """`leaseDurationSeconds`."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen of one Lease."""

    renewal: Renewal | None
    """None: there is no Lease."""
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

    def take(self, renewals: Mapping[str, Renewal | None], now: float) -> bool:
        """Take in one round of looks; whether any pulse is otherwise than before.

        Args:
            renewals: by node, None where there is no Lease.
            now: when they were looked at, in seconds since the epoch.
        """
        lately = {node: look for node, look in self._looks.items() if now - look.at <= FORGOTTEN_SECONDS}
        self._looks = {**lately, **{node: _look(lately.get(node), renewal, now) for node, renewal in renewals.items()}}
        found = {node: _pulse(look) for node, look in sorted(self._looks.items())}
        if found == self.found:
            return False
        self.found = found
        return True


def _look(before: _Look | None, renewal: Renewal | None, now: float) -> _Look:
    if before is None:
        return _Look(renewal, now, now)
    if before.renewal == renewal:
        return _Look(renewal, before.since, now, before.beat)
    return _Look(renewal, now, now, beat=renewal is not None)


def _pulse(look: _Look) -> Pulse:
    if look.renewal is None:
        return Pulse.ABSENT
    if look.at - look.since >= SILENT_SHARE * look.renewal.duration:
        return Pulse.SILENT
    return Pulse.BEATING if look.beat else Pulse.LISTENING
