# SPDX-License-Identifier: Apache-2.0
"""A workload's candidates and client sites as the plain arrays of `site_table.Problem`.

What each client would see of each candidate is judged by its own path: a site need not reach all clients, only those
that it serves. A path of which nothing is known serves nobody new, and goes on serving whom it serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from aiworkload.api.workload import Client
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.cost import egress_per_hour
from aiworkload.placement.latency import Path, PathState
from aiworkload.placement.plan import Candidate
from aiworkload.placement.site_table import Floats, Problem, slack_of
from aiworkload.placement.weights import weights_of
from aiworkload.snapshot.workload import Assignment

GRAIN: Final = 0.000001
"""What one more site is reckoned at beside its price: the least amount that `Money` holds. So of sets at the
same price the one with fewer sites wins, also where no Site has a price."""

_NOWHERE: Final = Client(site="nowhere", requests_per_second=1)
"""Stands for the requests of a workload that names no client site."""


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """A problem with the names of its rows and columns."""

    clients: tuple[Client, ...]
    candidates: tuple[Assignment, ...]
    """Ascending."""
    unknown: tuple[tuple[bool, ...], ...]
    """[clients][candidates] whether the path between the two is unknown."""
    problem: Problem

    def members(self, assignments: Sequence[Assignment]) -> tuple[int, ...]:
        """Indices of those that are candidates."""
        return tuple(at for at, found in enumerate(self.candidates) if found in assignments)

    def without(self, members: Sequence[int]) -> Problem:
        """The problem when those candidates are none; the others move up."""
        left, problem = self._left(members), self.problem
        return replace(
            problem,
            site=problem.site[left],
            service=problem.service[:, left],
            open_cost=problem.open_cost[left],
            serve_cost=problem.serve_cost[:, left],
            points=problem.points[:, left],
        )

    def places_without(self, members: Sequence[int], out: Sequence[int]) -> tuple[int, ...]:
        """Where members stand in the problem without others."""
        left = self._left(out)
        return tuple(left.index(m) for m in members)

    def restored(self, members: Sequence[int], out: Sequence[int]) -> tuple[int, ...]:
        """Members of the problem without others, as they stand in this one."""
        left = self._left(out)
        return tuple(left[m] for m in members)

    def _left(self, out: Sequence[int]) -> list[int]:
        return [at for at in range(len(self.candidates)) if at not in out]

    def assignments(self, members: Sequence[int]) -> tuple[Assignment, ...]:
        """The candidates at those indices."""
        return tuple(self.candidates[at] for at in members)


def sites_of(asking: Asking, field: Field, candidates: Sequence[Candidate]) -> Sites:
    """The problem of choosing among these candidates."""
    found = sorted(candidates, key=lambda candidate: candidate.assignment)
    clients = _clients(asking)
    paths = [[asking.world.path(c.assignment.site, client.site) for c in found] for client in clients]
    named = bool(asking.clients)
    service = np.array(
        [
            [_service(asking, field, c, path if named else None) for c, path in zip(found, row, strict=True)]
            for row in paths
        ],
        dtype=np.float64,
    ).reshape(len(clients), len(found))
    return Sites(
        clients=clients if named else (),
        candidates=tuple(candidate.assignment for candidate in found),
        unknown=tuple(tuple(named and path.state is PathState.UNKNOWN for path in row) for row in paths),
        problem=_problem(asking, found, clients, service),
    )


def _clients(asking: Asking) -> tuple[Client, ...]:
    counted = {name for name, _ in asking.clients}
    return tuple(client for client in asking.workload.spec.clients if client.site in counted) or (_NOWHERE,)


def _service(asking: Asking, field: Field, candidate: Candidate, path: Path | None) -> float:
    """Microseconds that a client sees; inf where it cannot be served, or nothing tells that it can."""
    compute = field.contexts[candidate.assignment].compute or 0
    if path is None:
        return float(compute)
    if path.state is PathState.KNOWN:
        return float((path.microseconds or 0) + compute)
    if path.state is PathState.LOST or candidate.assignment not in asking.standing:
        return float("inf")
    return float((path.microseconds or 0) + compute)


def _problem(asking: Asking, found: Sequence[Candidate], clients: Sequence[Client], service: Floats) -> Problem:
    spec, world = asking.workload.spec, asking.world
    names = [candidate.assignment.site for candidate in found]
    replicas, traffic = spec.scaling.min_replicas, spec.requirements.traffic
    places = [world.locations[name].site for name in names]
    opened = [world.hourly_node_cost(c.assignment.site, asking.demands[c.assignment.variant], replicas) for c in found]
    named = bool(asking.clients)
    served = [[egress_per_hour(site, (client,) if named else (), traffic) for site in places] for client in clients]
    target = float(asking.target_microseconds or np.inf)
    ceiling = spec.requirements.cost
    weights = weights_of(spec.placement)
    return Problem(
        site=np.unique(names, return_inverse=True)[1] if names else np.zeros(0, dtype=np.int64),
        service=service,
        requests=np.array([max(1, client.requests_per_second) for client in clients], dtype=np.float64),
        target=target,
        open_cost=np.array([float(price) + GRAIN for price in opened], dtype=np.float64),
        serve_cost=np.array(served, dtype=np.float64).reshape(service.shape),
        points=_points(found, service / target, weights),
        min_sites=spec.placement.min_sites,
        max_sites=spec.placement.max_sites,
        slack=slack_of(weights["cost"], sum(weights.values())),
        ceiling=float(ceiling.max_per_hour) + GRAIN * spec.placement.max_sites if ceiling else float("inf"),
    )


def _points(found: Sequence[Candidate], ratio: Floats, weights: Mapping[str, int]) -> Floats:
    """[clients, candidates] the weighted mean of every factor but cost, which sets have together.

    For latency it is the client's own: the curve of `scorers.latency`, by the ratio of what it sees to the target.
    """
    curve = np.where(ratio <= 1, np.minimum(100.0, 160 - 120 * ratio), np.maximum(0.0, 80 - 40 * ratio))
    others = [[(f.points, f.weight) for f in c.factors if f.name not in ("latency", "cost")] for c in found]
    fixed = np.array([sum(points * weight for points, weight in pairs) for pairs in others], dtype=np.float64)
    whole = sum(weights.values()) - weights["cost"]
    points: Floats = (fixed + weights["latency"] * curve) / max(1, whole)
    return points
