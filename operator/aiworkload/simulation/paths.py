# SPDX-License-Identifier: Apache-2.0
"""Each link's truth over the whole scenario, and what the agents at its ends would say of it.

Agents probe every `pace.probe` seconds and tell p50, p95, jitter and loss of their last probes (`agent.window`). Here
the same figures, by the same definitions, are reckoned for all looks at once: a day of a link takes 0.1 s.
The random part of each probe is drawn from the scenario's seed and the link's name alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from aiworkload.simulation.outages import Interval, Outages, Pair, mask, pair_of
from aiworkload.simulation.scenario import LinkPart, Scenario
from aiworkload.simulation.shapes import Floats, RecordedTrace, lossy

WINDOW_PROBES: Final = 30
"""The agents' default window."""
_PROBES, _CLIENTS = 1, 2
"""Streams of random numbers: what agents see must not depend on how often clients are asked."""

Integers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Path:
    """One link, as arrays over the scenario."""

    ends: Pair
    bandwidth_kilobits: int | None
    rtt: Floats
    """True round trips of single requests in milliseconds, at each sampled instant."""
    loss: Floats
    """Shares of requests whose packets are lost, at each sampled instant."""
    p50: Integers
    """Microseconds at each look of the agents; -1 where no probe of the window was answered."""
    p95: Integers
    jitter: Integers
    loss_basis_points: Integers
    consecutive_losses: Integers


def paths_of(scenario: Scenario, outages: Outages, looks: Floats, samples: Floats) -> dict[Pair, Path]:
    """All links, at the seconds of the agents' looks and of the sampled instants."""
    return {pair_of(*link.between): _path(link, scenario, outages, looks, samples) for link in scenario.links}


def _path(link: LinkPart, scenario: Scenario, outages: Outages, looks: Floats, samples: Floats) -> Path:
    ends = pair_of(*link.between)
    gone = tuple(_gone(ends, outages))
    probes = np.arange(-WINDOW_PROBES * scenario.pace.probe, looks[-1] + 1e-9, scenario.pace.probe)
    rtt, loss = _drawn(link, outages, probes, _stream(scenario.seed, ends, _PROBES))
    lost = _stream(scenario.seed, ends, _PROBES + 2).random(len(probes)) < loss
    lost |= mask(gone, probes)
    newest = np.searchsorted(probes, looks, side="right") - 1
    sampled, sampled_loss = _drawn(link, outages, samples, _stream(scenario.seed, ends, _CLIENTS))
    return Path(
        ends=ends,
        bandwidth_kilobits=None if link.bandwidth_megabits is None else link.bandwidth_megabits * 1000,
        rtt=sampled,
        loss=sampled_loss,
        **_summaries(np.where(lost, np.inf, rtt * 1000), newest),
    )


def _gone(ends: Pair, outages: Outages) -> Iterable[Interval]:
    yield from outages.links.get(ends, ())
    for site in ends:
        yield from outages.dark.get(site, ())


def _stream(seed: int, ends: Pair, purpose: int) -> np.random.Generator:
    return np.random.default_rng([seed, crc32("/".join(ends).encode()), purpose])


def _drawn(link: LinkPart, outages: Outages, seconds: Floats, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Round trips in milliseconds with queueing, and shares of loss, at these seconds."""
    rtt, loss = _base(link, seconds)
    for interval, degradation in outages.degraded:
        if pair_of(*degradation.link) == pair_of(*link.between):
            during = mask((interval,), seconds)
            rtt = np.where(during, rtt * degradation.factor + degradation.add_milliseconds, rtt)
            loss = np.where(during, np.maximum(loss, degradation.loss_percent / 100), loss)
    if link.jitter_milliseconds:
        rtt = rtt + dice.exponential(link.jitter_milliseconds, len(seconds))
    return rtt, loss


def _base(link: LinkPart, seconds: Floats) -> tuple[Floats, Floats]:
    shape = link.trace if isinstance(link.trace, RecordedTrace) else link.shape
    steady = np.full(len(seconds), link.loss_percent / 100)
    if shape is None:
        return np.full(len(seconds), link.rtt_milliseconds or 0.0), steady
    return shape.rtt(seconds), np.maximum(steady, lossy(shape, seconds))


def _summaries(microseconds: Floats, newest: NDArray[np.intp]) -> dict[str, Integers]:
    """What `agent.window.Window` says after each of the probes `newest`; a lost one is infinite."""
    windows = sliding_window_view(microseconds, WINDOW_PROBES)[newest - WINDOW_PROBES + 1]
    ordered = np.sort(windows, axis=1)
    answered = np.isfinite(windows).sum(axis=1)
    lost = ~np.isfinite(microseconds)
    last_answer = np.maximum.accumulate(np.where(lost, -1, np.arange(len(lost))))
    return {
        "p50": _nearest_rank(ordered, answered, 50),
        "p95": _nearest_rank(ordered, answered, 95),
        "jitter": _jitter(windows),
        "loss_basis_points": (10_000 * (WINDOW_PROBES - answered) // WINDOW_PROBES).astype(np.int32),
        "consecutive_losses": (np.arange(len(lost)) - last_answer)[newest].astype(np.int32),
    }


def _nearest_rank(ordered: Floats, answered: NDArray[np.intp], percent: int) -> Integers:
    rank = np.maximum(-(-percent * answered // 100), 1) - 1
    found = np.take_along_axis(ordered, rank[:, None], axis=1)[:, 0]
    return np.where(answered > 0, np.nan_to_num(np.rint(found), posinf=-1), -1).astype(np.int32)


def _jitter(windows: Floats) -> Integers:
    """Mean of the steps between answers that follow each other without a loss between them."""
    with np.errstate(invalid="ignore"):
        steps = np.abs(np.diff(windows, axis=1))
    counted = np.isfinite(steps)
    sums = np.where(counted, steps, 0.0).sum(axis=1)
    means: Integers = (sums // np.maximum(counted.sum(axis=1), 1)).astype(np.int32)
    return means
