# SPDX-License-Identifier: Apache-2.0
"""How long a request takes: the network to the client sites, and the model's computing.

A path is in one of three states: known, lost (fresh probes get no answer), or unknown (never measured, stale, or
one end is cut off, so that nothing can be said about it). Unknown is neither good nor bad; it is unknown.
An estimate does not make a path known: it tells which unknown one is worth more, until a probe tells the truth.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiworkload.api.workload_status import LatencySource
from aiworkload.placement.plan import LatencyEstimate
from aiworkload.snapshot.link import Link, LinkSource

Clients = tuple[tuple[str, int], ...]
"""Client sites with their requests a second."""


_SOURCES: Final = {
    LinkSource.MEASURED: LatencySource.PREDICTED,
    LinkSource.DECLARED: LatencySource.DECLARED,
    LinkSource.ESTIMATED: LatencySource.ESTIMATED,
}


class PathState(StrEnum):
    """What can be said of a path."""

    KNOWN = "Known"
    LOST = "Lost"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Path:
    """The way from a client site to a candidate site."""

    client: str
    state: PathState
    microseconds: int | None = None
    """Network p95 as last known, even where that is stale; None: never told."""
    jitter_microseconds: int = 0
    loss_basis_points: int = 0
    consecutive_losses: int = 0
    kilobits: int | None = None
    """Its capacity; None: nobody told."""
    source: LatencySource = LatencySource.PREDICTED
    observed_at: float | None = None
    """None for a link that was not measured, and for a client at the very site."""
    age: float = 0.0


def path_over(client: str, link: Link | None, now: float, *, cut: bool, losses_until_lost: int) -> Path:
    """What a link says about the path from a client; `cut`: one of its ends is out of the control plane's reach."""
    if link is None:
        return Path(client, PathState.UNKNOWN)
    return Path(
        client=client,
        state=_state(link, now, cut=cut, losses_until_lost=losses_until_lost),
        microseconds=link.rtt_p95_microseconds,
        jitter_microseconds=link.jitter_microseconds,
        loss_basis_points=link.loss_basis_points,
        consecutive_losses=link.consecutive_losses,
        kilobits=link.bandwidth_kilobits,
        source=_SOURCES[link.source],
        observed_at=link.observed_at if link.source is LinkSource.MEASURED else None,
        age=link.age(now),
    )


def _state(link: Link, now: float, *, cut: bool, losses_until_lost: int) -> PathState:
    if cut or link.is_stale(now) or link.source is LinkSource.ESTIMATED:
        return PathState.UNKNOWN
    if link.consecutive_losses >= losses_until_lost:
        return PathState.LOST
    return PathState.UNKNOWN if link.rtt_p95_microseconds is None else PathState.KNOWN


@dataclass(frozen=True, slots=True)
class Reach:
    """A candidate site as all client sites see it."""

    paths: tuple[Path, ...] = ()
    requests_per_second: tuple[int, ...] = ()
    state: PathState = PathState.KNOWN
    """Lost when any path is lost, else unknown when any is unknown."""
    worst: Path | None = None
    """The path that decides; None without clients."""
    slowest_known: int = 0
    """Microseconds of the slowest known path, 0 without any: a lower bound of what clients see."""


def reach_of(clients: Clients, paths: tuple[Path, ...]) -> Reach:
    """All paths together; the slowest of the worst state decides."""
    if not paths:
        return Reach()
    worst = max(paths, key=_badness)
    known = max((p.microseconds or 0 for p in paths if p.state is PathState.KNOWN), default=0)
    return Reach(paths, tuple(rate for _, rate in clients), worst.state, worst, known)


_RANK = {PathState.KNOWN: 0, PathState.UNKNOWN: 1, PathState.LOST: 2}


def _badness(path: Path) -> tuple[int, int]:
    return (_RANK[path.state], path.microseconds or 0)


def estimate(reach: Reach, compute: int | None, now: float) -> LatencyEstimate:
    """The figure for the status: network p95 of the worst client and compute, with the age of what it rests on."""
    worst = reach.worst
    if worst is None:
        return LatencyEstimate(None, compute, LatencySource.PREDICTED, now)
    return LatencyEstimate(
        network_microseconds=None if worst.state is PathState.LOST else worst.microseconds,
        compute_microseconds=compute,
        source=worst.source,
        observed_at=now if worst.observed_at is None else worst.observed_at,
        stale=worst.state is PathState.UNKNOWN,
    )


def meets(reach: Reach, compute: int | None, target_microseconds: int | None) -> bool | None:
    """Whether the target is met; None: no target, or not enough is known to tell."""
    if target_microseconds is None:
        return None
    if reach.state is PathState.LOST or reach.slowest_known + (compute or 0) > target_microseconds:
        return False
    if reach.state is PathState.UNKNOWN or (reach.worst is None and compute is None):
        return None
    return True
