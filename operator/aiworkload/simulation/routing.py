# SPDX-License-Identifier: Apache-2.0
"""Where a client's requests really go: through the Service as its own site last heard of it.

A site that is cut off keeps the Service and endpoints it knew, so its clients go on reaching what runs beside them, and
reach nothing else. Of several endpoints the client's own site serves it, else the nearest that it can reach.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aiworkload.simulation.cluster import VirtualCluster, service_of
from aiworkload.simulation.outages import Outages, Pair, pair_of
from aiworkload.simulation.pods import VirtualPod
from aiworkload.snapshot.workload import Assignment, WorkloadKey

ANYWHERE = ""
"""The client of a workload that names none: it asks from wherever the workload is."""

Endpoint = tuple[Assignment, VirtualPod]


class Route(NamedTuple):
    """From a moment on, one client's requests to one workload go there; None: nobody answers them."""

    since: float
    """Seconds since the epoch."""
    assignment: Assignment | None


@dataclass(slots=True)
class Router:
    """Follows the routes of all clients, and remembers each change."""

    cluster: VirtualCluster
    outages: Outages
    start: float
    typical_milliseconds: Mapping[Pair, float]
    """Of each link; what is not joined by one cannot be reached."""
    routes: dict[tuple[WorkloadKey, str], list[Route]] = field(
        default_factory=dict[tuple[WorkloadKey, str], list[Route]]
    )
    _known: dict[tuple[WorkloadKey, str], tuple[Endpoint, ...]] = field(
        default_factory=dict[tuple[WorkloadKey, str], tuple[Endpoint, ...]]
    )

    def follow(self, clients: Mapping[WorkloadKey, tuple[str, ...]], now: float) -> None:
        """Note where everybody's requests go from now on."""
        at = self._second(now)
        for key, sites in clients.items():
            endpoints = tuple(self._endpoints(key))
            for site in sites:
                if not self.outages.is_cut(site, at):
                    self._known[key, site] = endpoints
                self._note(key, site, Route(now, self._chosen(key, site, now)))

    def end(self, key: WorkloadKey, now: float) -> None:
        """The workload is gone: nobody asks for it any more."""
        for (known, site), routes in self.routes.items():
            if known == key:
                routes.append(Route(now, None))
                self._known.pop((key, site), None)

    def _second(self, now: float) -> float:
        """Of the scenario, to the millisecond: what floats lose at the epoch's size must not miss an edge."""
        return round(now - self.start, 3)

    def _note(self, key: WorkloadKey, site: str, route: Route) -> None:
        routes = self.routes.setdefault((key, site), [])
        if not routes or routes[-1].assignment != route.assignment:
            routes.append(route)

    def _endpoints(self, key: WorkloadKey) -> Iterator[Endpoint]:
        """What is ready behind the Service, as the API server tells it."""
        manifest = self.cluster.services.get(key)
        if manifest is None:
            return
        selects = service_of(manifest).selects
        for deployment in self.cluster.deployments_of(key):
            if selects in (None, deployment.assignment):
                yield from ((deployment.assignment, pod) for pod in deployment.pods if pod.ready)

    def _chosen(self, key: WorkloadKey, client: str, now: float) -> Assignment | None:
        found = {
            (self._distance(client, assignment.site), assignment)
            for assignment, pod in self._known.get((key, client), ())
            if pod.answers(now) and self._reaches(client, assignment.site, now)
        }
        return min(found)[1] if found else None

    def _distance(self, client: str, site: str) -> float:
        return 0.0 if client in (site, ANYWHERE) else self.typical_milliseconds[pair_of(client, site)]

    def _reaches(self, client: str, site: str, now: float) -> bool:
        if client in (site, ANYWHERE):
            return True
        joined = pair_of(client, site) in self.typical_milliseconds
        return joined and not self.outages.are_apart(client, site, self._second(now))
