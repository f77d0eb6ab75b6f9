# SPDX-License-Identifier: Apache-2.0
"""When agents write their reports, and which of their figures are news: the agents' own rule, for all of time at once.

One agent speaks for a site. As `agent.report.write_reason` has it, a report goes out at once when a link falls into an
outage or comes out of it; when a figure has changed, or a peer has fallen silent, but not sooner than `pace.report`
after the last one; and at the latest `pace.heartbeat` after it. The two rooms do not know each other, so a test plays
both over the same probes. What machines and bursts of bandwidth would tell is not modelled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aiworkload.api.node_report import OUTAGE_LOSSES
from aiworkload.simulation.paths import Integers, Path
from aiworkload.simulation.scenario import Pace
from aiworkload.simulation.shapes import Floats

CHANGED_SHARE: Final = 0.2
"""A p95 or a loss that differs by this share from the one last published is news (`agent.report`)."""
CHANGED_MICROSECONDS: Final = 1000
"""But not below a millisecond (`agent.report`)."""
CHANGED_LOSS_BASIS_POINTS: Final = 100
"""And not below a percentage point (`agent.report`)."""
HEARTBEATS_VALID: Final = 2.5
"""A report outlives so many heartbeats (`agent.report`)."""
SILENT_PROBES: Final = 3
LONG_SILENT_PROBES: Final = 60
"""Probes without an answer in a row from and until which a peer may be found at a new address (`agent.measuring`)."""

Bools = NDArray[np.bool_]
Looks = NDArray[np.int64]
"""The number of each look, from 0."""


def valid_seconds(pace: Pace) -> float:
    """How long a report is good for."""
    return float(ceil(HEARTBEATS_VALID * pace.heartbeat))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one agent knows at each of T looks, one after each round of probes, of its L links."""

    p95: Integers
    """[L, T] microseconds; -1 where no probe of the window was answered."""
    loss: Integers
    """[L, T] basis points."""
    out: Bools
    """[L, T] whether the link is in an outage."""
    misses_peers: Bools
    """[T]"""

    @classmethod
    def of(cls, paths: Sequence[Path], looks: int) -> Self:
        """By all links of a site, which may have none."""
        losses = np.array([path.consecutive_losses for path in paths]).reshape(-1, looks)
        silent = (losses >= SILENT_PROBES) & (losses < LONG_SILENT_PROBES)
        return cls(
            p95=np.array([path.p95 for path in paths]).reshape(-1, looks),
            loss=np.array([path.loss_basis_points for path in paths]).reshape(-1, looks),
            out=losses >= OUTAGE_LOSSES,
            misses_peers=np.logical_or.reduce(silent, axis=0),
        )


def writes(seen: Seen, dark: Bools, pace: Pace) -> Looks:
    """The looks after which the agent's report reached the API server, in order; the first always does.

    Args:
        seen: by the agent.
        dark: [T] where nothing reaches the API server; what is due then is written once that is over.
        pace: of the agents.
    """
    return np.fromiter(_writes(seen, dark, pace), np.int64)


def _writes(seen: Seen, dark: Bools, pace: Pace) -> Iterator[int]:
    least, most = ceil(pace.report / pace.probe), ceil(pace.heartbeat / pace.probe)
    light = np.flatnonzero(~dark)
    at = 0
    while True:
        yield at
        due = np.flatnonzero(_reasons(seen, at, slice(at + 1, at + most), least) & ~dark[at + 1 : at + most])
        if len(due):
            at += 1 + int(due[0])
            continue
        heartbeat = int(np.searchsorted(light, at + most))
        if heartbeat == len(light):
            return
        at = int(light[heartbeat])


def _reasons(seen: Seen, at: int, then: slice, least: int) -> Bools:
    """Whether there is one to write after each of some later looks, when the last report went out `at` a look."""
    p95, loss = seen.p95[:, at, None], seen.loss[:, at, None]
    changed = ((seen.p95[:, then] < 0) != (p95 < 0)).any(axis=0)
    changed |= (np.abs(seen.p95[:, then] - p95) >= np.maximum(CHANGED_MICROSECONDS, CHANGED_SHARE * p95)).any(axis=0)
    lossy = np.abs(seen.loss[:, then] - loss) >= np.maximum(CHANGED_LOSS_BASIS_POINTS, CHANGED_SHARE * loss)
    changed |= lossy.any(axis=0)
    changed |= seen.misses_peers[then]
    changed[: least - 1] = False
    found: Bools = changed | (seen.out[:, then] != seen.out[:, at, None]).any(axis=0)
    return found


def told(path: Path, reports: Looks, thresholds_milliseconds: Floats) -> Bools:
    """For each report (a look): whether the link's figures matter beside those that mattered last.

    Besides, a p95 that is now on the other side of any of these thresholds (in milliseconds, in order) matters however
    little it moved.
    """
    p95 = path.p95[reports]
    side: list[int] = np.searchsorted(thresholds_milliseconds * 1000, p95, side="left").tolist()
    losses: list[int] = path.consecutive_losses[reports].tolist()
    figures = zip(p95.tolist(), path.loss_basis_points[reports].tolist(), losses, side, strict=True)
    found = np.zeros(len(reports), dtype=np.bool_)
    known: _Figures | None = None
    for index, now in enumerate(figures):
        if known is None or _matters(known, now):
            found[index], known = True, now
    return found


_Figures = tuple[int, int, int, int]
"""p95 in microseconds (-1: none), loss in basis points, losses in a row, and the p95's place among thresholds."""


def _matters(known: _Figures, now: _Figures) -> bool:
    p95, loss, losses, side = now
    if side != known[3] or (p95 < 0) != (known[0] < 0) or (losses >= OUTAGE_LOSSES) != (known[2] >= OUTAGE_LOSSES):
        return True
    if abs(loss - known[1]) >= max(CHANGED_LOSS_BASIS_POINTS, CHANGED_SHARE * known[1]):
        return True
    return abs(p95 - known[0]) >= max(CHANGED_MICROSECONDS, CHANGED_SHARE * known[0])
