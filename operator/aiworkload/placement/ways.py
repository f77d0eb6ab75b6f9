# SPDX-License-Identifier: Apache-2.0
"""What is known of the network from each client site, as arrays: one short row of reached sites for each client.

Most pairs of sites never meet: only what is measured or declared is held. Everything here is as of the moment it was
made: time alone makes a row another when a measurement turns stale (`changes.Expiries`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.columns import Bools, Geography
from aiworkload.placement.latency import Path, PathState, path_over
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot

KNOWN: Final = 0
UNKNOWN: Final = 1
LOST: Final = 2
_STATES: Final = {PathState.KNOWN: KNOWN, PathState.UNKNOWN: UNKNOWN, PathState.LOST: LOST}

Halves = NDArray[np.float32]

NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Way:
    """One client site's row: K sites that something is known about, itself included. Cuts are not in it."""

    client: int
    """Its column; -1 when it is no Site."""
    sites: NDArray[np.int64]
    """[K] columns, ascending."""
    microseconds: Halves
    """[K] p95; NaN where it was never told."""
    states: NDArray[np.uint8]
    """[K] KNOWN, UNKNOWN or LOST."""
    jitter: Halves
    """[K] microseconds."""
    loss: Halves
    """[K] basis points."""
    kilobits: Halves
    """[K] the link's capacity; infinite where nobody told."""

    def differs(self, other: "Way") -> bool:
        """Whether anything is otherwise than in another row of the same client."""
        ours: tuple[NDArray[Any], ...] = (self.sites, self.states, self.jitter, self.loss, self.kilobits)
        theirs: tuple[NDArray[Any], ...] = (other.sites, other.states, other.jitter, other.loss, other.kilobits)
        same = all(np.array_equal(one, two) for one, two in zip(ours, theirs, strict=True))
        return not (same and np.array_equal(self.microseconds, other.microseconds, equal_nan=True))


def neighbours(links: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """For each site the others that a link joins it to, in either direction."""
    found: dict[str, set[str]] = {}
    for one, other in links:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {site: frozenset(others) for site, others in found.items()}


def way_of(client: str, near: Iterable[str], snapshot: Snapshot, geography: Geography, policy: Policy) -> Way:
    """What a client site knows of those near it."""
    columns = sorted({*geography.column(near), *geography.column((client,))})
    paths = [_path(snapshot, client, geography.names[column], policy) for column in columns]
    return Way(
        client=geography.index.get(client, -1),
        sites=np.array(columns, np.int64),
        microseconds=np.array([np.nan if p.microseconds is None else p.microseconds for p in paths], np.float32),
        states=np.array([_STATES[path.state] for path in paths], np.uint8),
        jitter=np.array([path.jitter_microseconds for path in paths], np.float32),
        loss=np.array([path.loss_basis_points for path in paths], np.float32),
        kilobits=np.array([NEVER if p.kilobits is None else p.kilobits for p in paths], np.float32),
    )


def is_gone(way: Way, cut: Bools) -> bool:
    """Whether the client's own site is out of touch."""
    return way.client >= 0 and bool(cut[way.client])


def _path(snapshot: Snapshot, client: str, site: str, policy: Policy) -> Path:
    if client == site:
        return Path(client, PathState.KNOWN, 0)
    losses = policy.degraded_consecutive_losses
    return path_over(client, snapshot.link(client, site), snapshot.taken_at, cut=False, losses_until_lost=losses)
