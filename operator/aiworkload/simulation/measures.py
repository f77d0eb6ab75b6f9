# SPDX-License-Identifier: Apache-2.0
"""From routes, spendings and links to what clients saw and what it cost: sampled at fixed instants, all at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.policy import Policy
from aiworkload.simulation.loads import rates_at
from aiworkload.simulation.outages import Pair, pair_of
from aiworkload.simulation.paths import Path
from aiworkload.simulation.report import MoveTold, Samples, Stay, WorkloadReport
from aiworkload.simulation.routing import ANYWHERE, Route
from aiworkload.simulation.scenario import ScenarioWorkload
from aiworkload.simulation.shapes import Floats
from aiworkload.simulation.spending import EgressPrice, Spending
from aiworkload.snapshot.workload import Assignment

_KIBIBYTES_PER_GIBIBYTE: Final = 1024.0 * 1024.0
_SECONDS_PER_HOUR: Final = 3600.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Clock:
    """The sampled instants."""

    start: float
    """Since the epoch."""
    seconds: Floats
    """Of the scenario, evenly spaced."""
    step: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One client's view of one workload at each sampled instant."""

    client: str
    rate: Floats
    milliseconds: Floats
    """NaN where nobody answered."""
    answered: Floats
    """Share of its requests that got an answer in time to count, 0 to 1."""
    kibibits: Floats
    """Traffic between sites a second, both ways together."""
    sites: NDArray[np.int64]
    """Index into the assignments; -1: nobody."""
    assignments: tuple[Assignment, ...]


def seen_by(
    workload: ScenarioWorkload, client: str, routes: list[Route], clock: Clock, paths: Mapping[Pair, Path]
) -> Seen:
    """What a client saw, as if every link were wide enough."""
    known = tuple(sorted({route.assignment for route in routes if route.assignment is not None}))
    places = np.array([-1 if r.assignment is None else known.index(r.assignment) for r in routes] or [-1])
    since = np.array([route.since - clock.start for route in routes] or [0.0])
    index = np.searchsorted(since, clock.seconds, side="right") - 1
    at = np.where(index < 0, -1, places[np.maximum(index, 0)])
    rate = rates_at(workload, client, clock.seconds)
    milliseconds = np.full(len(clock.seconds), np.nan)
    answered, kibibits = np.zeros(len(clock.seconds)), np.zeros(len(clock.seconds))
    traffic = workload.spec.requirements.traffic
    for place, assignment in enumerate(known):
        here = at == place
        compute = compute_milliseconds(workload, assignment.variant)
        if client in (assignment.site, ANYWHERE):
            milliseconds[here], answered[here] = compute, 1.0
            continue
        path = paths[pair_of(client, assignment.site)]
        milliseconds[here] = path.rtt[here] + compute
        answered[here] = 1.0 - path.loss[here]
        kibibits[here] = rate[here] * 8 * (traffic.request_kibibytes + traffic.response_kibibytes)
    return Seen(client, rate, milliseconds, answered, kibibits, at, known)


def compute_milliseconds(workload: ScenarioWorkload, variant: str) -> float:
    """How long one inference takes: as the variant says, else as the operator's default policy has it."""
    found = next((v for v in workload.spec.variants if v.name == variant), None)
    declared = None if found is None else found.compute_milliseconds
    return float(Policy().default_compute_milliseconds if declared is None else declared)


def crowding(views: list[Seen], paths: Mapping[Pair, Path]) -> dict[Pair, Floats]:
    """By link that is ever too narrow: the share of its traffic that gets through at each sampled instant."""
    load: dict[Pair, Floats] = {}
    for view in views:
        for place, assignment in enumerate(view.assignments):
            pair = pair_of(view.client, assignment.site)
            if pair in paths and paths[pair].bandwidth_kilobits is not None:
                load[pair] = load.get(pair, 0.0) + np.where(view.sites == place, view.kibibits, 0.0)
    found: dict[Pair, Floats] = {}
    for pair, kibibits in load.items():
        capacity = (paths[pair].bandwidth_kilobits or 0) * 1000 / 1024
        if (kibibits > capacity).any():
            found[pair] = np.minimum(1.0, capacity / np.maximum(kibibits, 1e-9))
    return found


def through(view: Seen, crowded: Mapping[Pair, Floats]) -> Floats:
    """Shares of a client's requests that are answered, with the crowding on its links."""
    answered = view.answered
    for place, assignment in enumerate(view.assignments):
        pair = pair_of(view.client, assignment.site)
        if pair in crowded:
            answered = np.where(view.sites == place, answered * crowded[pair], answered)
    return answered


@dataclass(frozen=True, slots=True)
class Books:
    """What a replay wrote down about one workload."""

    routes: Mapping[str, list[Route]]
    """By client."""
    spendings: list[Spending]
    moves: tuple[MoveTold, ...]
    message: str


@dataclass(frozen=True, slots=True)
class World:
    """What all workloads share."""

    clock: Clock
    crowded: Mapping[Pair, Floats]
    prices: Mapping[str, list[EgressPrice]]


def workload_report(workload: ScenarioWorkload, books: Books, views: list[Seen], world: World) -> WorkloadReport:
    """All figures of one workload."""
    clock = world.clock
    horizon = float(clock.seconds[-1]) + clock.step
    end = horizon if workload.departs is None else min(workload.departs, horizon)
    there = (clock.seconds >= workload.arrives) & (clock.seconds < end)
    target = workload.spec.requirements.latency
    met = _met(views, world.crowded, np.inf if target is None else float(target.p95_milliseconds))
    served = np.all([view.sites >= 0 for view in views], axis=0)
    first = np.flatnonzero(there & served)
    since_first = there & (np.arange(len(there)) >= (first[0] if len(first) else len(there)))
    gibibytes, cost_per_hour = _costs(books.spendings, views, world, there)
    rates = np.array([view.rate for view in views]) * there
    return WorkloadReport(
        key=workload.key,
        target_milliseconds=None if target is None else target.p95_milliseconds,
        present_seconds=max(0.0, end - workload.arrives),
        attained_time_percent=_percent(met.min(axis=0)[since_first].mean() if since_first.any() else None),
        attained_requests_percent=_percent((met * rates).sum() / rates.sum() if rates.any() else None),
        p95_milliseconds=_p95(views, there),
        unserved_seconds=float((since_first & ~served).sum() * clock.step),
        first_answer_seconds=float(clock.seconds[first[0]]) - workload.arrives if len(first) else None,
        cost=float(cost_per_hour.sum() * clock.step / _SECONDS_PER_HOUR),
        egress_gibibytes=gibibytes,
        moves=books.moves,
        stays=tuple(_stays(books.routes, clock, end)),
        samples=Samples(
            seconds=clock.seconds[there],
            milliseconds=np.max([view.milliseconds for view in views], axis=0)[there],
            attained=met.min(axis=0)[there],
            cost_per_hour=cost_per_hour[there],
        ),
        message=books.message,
    )


def _met(views: list[Seen], crowded: Mapping[Pair, Floats], limit: float) -> Floats:
    """By client and instant: the share of requests that were answered within the limit."""
    return np.array(
        [through(view, crowded) * (np.nan_to_num(view.milliseconds, nan=np.inf) <= limit) for view in views]
    )


def _costs(spendings: list[Spending], views: list[Seen], world: World, there: Mask) -> tuple[float, Floats]:
    """Gibibytes of egress over the whole time, and money an hour at each instant."""
    clock = world.clock
    nodes = _stepwise([s.since - clock.start for s in spendings], [s.per_hour for s in spendings], clock)
    gibibytes, egress = _egress(views, world.prices, clock, there)
    return gibibytes, (nodes + egress) * there


def _percent(share: float | None) -> float | None:
    return None if share is None else float(share) * 100


def _p95(views: list[Seen], there: Mask) -> float | None:
    """Nearest rank, each request counting once."""
    waits = np.concatenate([view.milliseconds[there] for view in views])
    weights = np.concatenate([(view.rate * view.answered)[there] for view in views])
    counted = ~np.isnan(waits) & (weights > 0)
    if not counted.any():
        return None
    order = np.argsort(waits[counted])
    share = np.cumsum(weights[counted][order])
    return float(waits[counted][order][np.searchsorted(share, 0.95 * share[-1])])


def _egress(
    views: list[Seen], prices: Mapping[str, list[EgressPrice]], clock: Clock, there: Mask
) -> tuple[float, Floats]:
    """Gibibytes over the whole time, and money an hour at each instant, at the serving site's price."""
    total, per_hour = 0.0, np.zeros(len(clock.seconds))
    for view in views:
        for place, assignment in enumerate(view.assignments):
            known = prices.get(assignment.site, [])
            price = _stepwise([p.since - clock.start for p in known], [p.per_gibibyte for p in known], clock)
            gibibytes = np.where(view.sites == place, view.kibibits, 0.0) * there / 8 / _KIBIBYTES_PER_GIBIBYTE
            total += float(gibibytes.sum() * clock.step)
            per_hour += gibibytes * _SECONDS_PER_HOUR * price
    return total, per_hour


def _stepwise(since: list[float], values: list[float], clock: Clock) -> Floats:
    if not since:
        return np.zeros(len(clock.seconds))
    index = np.searchsorted(since, clock.seconds, side="right") - 1
    return np.where(index < 0, 0.0, np.asarray(values)[np.maximum(index, 0)])


def _stays(routes: Mapping[str, list[Route]], clock: Clock, end: float) -> list[Stay]:
    found: list[Stay] = []
    for client, changes in sorted(routes.items()):
        for change, after in zip(changes, [*changes[1:], None], strict=True):
            until = clock.start + end if after is None else after.since
            site, variant = change.assignment or (None, None)
            if until > change.since:
                found.append(Stay(client, change.since, until, site, variant))
    return found
