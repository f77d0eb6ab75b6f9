# SPDX-License-Identifier: Apache-2.0
"""What anybody could reach at best who knew the whole future: bounds by linear programming, below on cost.

Time is cut at the instants at which the replay asks clients; equal instants are one epoch. In each epoch every workload
is served, whole or in fractions, at sites that its owner allows; each site's CPU and memory is one pool; moves, starts
and the model's way there are free and take no time. So the bound holds for every placement that serves everybody all
the time, whatever its rules, and no real one reaches it.

The cheapest cost at an attainment of at least `a` couples all epochs by one row. It is priced (`price`: money for
each second of attained service) and the epochs are solved one by one by HiGHS: each price gives a lower bound by weak
duality, and the best of a bisection is kept. The highest attainment is the same with nothing but attainment to gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack

from aiworkload.api.timestamps import to_epoch
from aiworkload.placement.cost import egress_per_hour, node_share
from aiworkload.simulation.measures import compute_milliseconds
from aiworkload.simulation.outages import outages_of, pair_of
from aiworkload.simulation.paths import Path, paths_of
from aiworkload.simulation.scenario import Scenario, ScenarioWorkload
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from benchmarks.rivals import allowed_sites, requests_of

Floats = NDArray[np.float64]
RESOURCES: Final = ("cpu", "memory")
BISECTIONS: Final = 12
_SECONDS_PER_HOUR: Final = 3600.0
_HIGHEST_PRICE: Final = 1e3
"""Of an attained second, in the bisection: dearer than whole nodes, and still well within what HiGHS tells apart."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A scenario as the oracle sees it, over O options (workload, site) and E epochs."""

    workload: NDArray[np.intp]
    """(O,) rows of `Scenario.workloads`, in order."""
    site: NDArray[np.intp]
    """(O,) rows of `Scenario.sites`."""
    cost: Floats
    """(O,) an hour."""
    usage: Floats
    """(O, D) CPU and memory."""
    capacity: Floats
    """(S, D)"""
    value: Floats
    """(E, O) share of the workload's requests that are attained there, 0 to 1, times its weight."""
    seconds: Floats
    """(E,) how long each epoch is in all."""
    weight: Floats
    """(W,) requests a second of each workload, or 1."""

    @property
    def hours(self) -> float:
        """Of the scenario."""
        return float(self.seconds.sum()) / _SECONDS_PER_HOUR

    @property
    def total(self) -> float:
        """What would be attained at 100 %."""
        return float(self.seconds.sum() * self.weight.sum())


def instance_of(scenario: Scenario, *, by_requests: bool) -> Instance:
    """The options of everybody with their costs and what is attained there.

    Args:
        scenario: without events, departures, changing loads and links narrower than their traffic.
        by_requests: whether each request counts once, else each second of each workload, when all clients are within.
    """
    start = to_epoch(scenario.start_time)
    samples = np.arange(0.0, scenario.duration, scenario.pace.sample)
    paths = paths_of(scenario, outages_of(scenario), np.array([0.0]), samples)
    nodes: dict[str, list[Node]] = {}
    for node in scenario.nodes:
        nodes.setdefault(node.site or "", []).append(node.to_node(node.site))
    sites = {part.metadata.name: part.to_site((), start) for part in scenario.sites}
    index = {name: at for at, name in enumerate(sites)}
    options = [_options(row, workload, sites, nodes) for row, workload in enumerate(scenario.workloads)]
    flat = [option for found in options for option in found]
    value = np.array([_value(scenario.workloads[o.workload], o.site, paths, by_requests, len(samples)) for o in flat])
    distinct, which = np.unique(value.T, axis=0, return_inverse=True)
    return Instance(
        workload=np.array([o.workload for o in flat]),
        site=np.array([index[o.site] for o in flat]),
        cost=np.array([o.cost for o in flat]),
        usage=np.array([o.usage for o in flat], dtype=float),
        capacity=np.array(
            [[sum(n.allocatable.get(r, 0) for n in nodes.get(name, ())) for r in RESOURCES] for name in sites],
            dtype=float,
        ),
        value=distinct,
        seconds=np.bincount(which.ravel(), minlength=len(distinct)) * scenario.pace.sample,
        weight=np.array([_weight(workload, by_requests) for workload in scenario.workloads]),
    )


@dataclass(frozen=True, slots=True)
class _Option:
    workload: int
    site: str
    cost: float
    usage: tuple[int, ...]


def _options(
    row: int, part: ScenarioWorkload, sites: dict[str, Site], nodes: dict[str, list[Node]]
) -> Sequence[_Option]:
    workload = part.to_workload()
    asked = requests_of(workload)
    usage = tuple(asked.get(resource, 0) for resource in RESOURCES)
    regions = {name: site.spec.region for name, site in sites.items()}
    found: list[_Option] = []
    for site in allowed_sites(workload, sites.values(), regions):
        standing = nodes.get(site.name, [])
        if any(all(node.allocatable.get(r, 0) >= asked.get(r, 0) for r in RESOURCES) for node in standing):
            share = node_share(standing, tuple(sorted(asked.items())))
            egress = egress_per_hour(site, workload.spec.clients, workload.spec.requirements.traffic)
            price = float(site.spec.cost.per_hour) * float(share) + float(egress)
            found.append(_Option(row, site.name, price, usage))
    return found


def _weight(part: ScenarioWorkload, by_requests: bool) -> float:  # noqa: FBT001 - handed on
    return float(sum(client.requests_per_second for client in part.spec.clients)) if by_requests else 1.0


def _value(
    part: ScenarioWorkload,
    site: str,
    paths: dict[tuple[str, str], Path],
    by_requests: bool,  # noqa: FBT001 - handed on
    samples: int,
) -> Floats:
    target = part.spec.requirements.latency
    limit = np.inf if target is None else float(target.p95_milliseconds)
    compute = compute_milliseconds(part, part.spec.variants[0].name)
    met: list[Floats] = []
    for client in part.spec.clients:
        if client.site == site:
            met.append(np.full(samples, float(compute <= limit)))
        else:
            path = paths[pair_of(client.site, site)]
            met.append((path.rtt + compute <= limit) * (1.0 - path.loss))
    if not by_requests:
        return np.min(met, axis=0)
    rates = np.array([float(client.requests_per_second) for client in part.spec.clients])
    found: Floats = rates @ np.array(met)
    return found


@dataclass(slots=True)
class Oracle:
    """Bounds of one instance; what was solved for one question serves the next."""

    instance: Instance
    _rows: dict[str, Any] = field(init=False)
    _known: dict[float, tuple[float, float]] = field(default_factory=dict[float, tuple[float, float]])
    """By price: money and attained seconds of the best placement."""
    _highest: float | None = None

    def __post_init__(self) -> None:
        found = self.instance
        options, numbers = len(found.workload), np.arange(len(found.workload))
        each = csr_matrix((np.ones(options), (found.workload, numbers)), shape=(len(found.weight), options))
        pools = [
            csr_matrix((found.usage[:, d] / scale, (found.site, numbers)), shape=(len(found.capacity), options))
            for d, scale in enumerate(found.capacity.max(axis=0))
        ]
        room = (found.capacity / found.capacity.max(axis=0)).T.ravel()
        self._rows = {"A_eq": each, "b_eq": np.ones(len(found.weight)), "A_ub": vstack(pools).tocsr(), "b_ub": room}

    def highest_attainment(self) -> float:
        """Share of all, 0 to 1, that fractional placements attain at most."""
        if self._highest is None:
            nothing = np.zeros_like(self.instance.cost)
            each = [self._epoch(nothing, value, 1.0)[1] for value in self.instance.value]
            self._highest = float(np.array(each) @ self.instance.seconds) / self.instance.total
        return self._highest

    def cheapest(self, attainment: float) -> float:
        """A lower bound on the money over the whole scenario at this share or more; infinite where nothing reaches it.

        The scenario's whole cost, in the currency of the Sites.
        """
        wanted = attainment * self.instance.total
        if self.highest_attainment() < attainment * (1 - 1e-9):
            return float("inf")
        self._at(0.0)
        low, high = 0.0, self._enough(wanted)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._at(middle)[1] < wanted else (low, middle)
        return max(money + price * (wanted - attained) for price, (money, attained) in self._known.items())

    def _enough(self, wanted: float) -> float:
        """A price at which so much is attained."""
        price = 10 * float(self.instance.cost.mean()) / float(self.instance.weight.mean()) / _SECONDS_PER_HOUR
        while price < _HIGHEST_PRICE and self._at(price)[1] < wanted:
            price *= 4
        return price

    def _at(self, price: float) -> tuple[float, float]:
        if price not in self._known:
            per_second = self.instance.cost / _SECONDS_PER_HOUR
            each = [self._epoch(per_second, value, price) for value in self.instance.value]
            money, attained = np.array(each).T @ self.instance.seconds
            self._known[price] = (float(money), float(attained))
        return self._known[price]

    def _epoch(self, per_second: Floats, value: Floats, price: float) -> tuple[float, float]:
        """Money and attainment of a second, at the best placement for this price."""
        scale = max(1.0, price)
        solved = linprog((per_second - price * value) / scale, **self._rows, bounds=(0, None), method="highs")
        if solved.x is None:
            raise ArithmeticError(f"the sites cannot hold all workloads even in fractions: {solved.message}")
        return float(per_second @ solved.x), float(value @ solved.x)
