# SPDX-License-Identifier: Apache-2.0
"""Who asks how often: a scenario's loads as steps over time."""

from collections.abc import Iterator

import numpy as np

from aiworkload.simulation.routing import ANYWHERE
from aiworkload.simulation.scenario import ScenarioWorkload
from aiworkload.simulation.shapes import Floats


def clients_of(workload: ScenarioWorkload) -> tuple[str, ...]:
    """All sites that ever ask for it, in order; `ANYWHERE` where it names none."""
    named = {client.site for client in workload.spec.clients}
    asking = {site for load in workload.load for site in load.requests_per_second}
    return tuple(sorted(named | asking)) or (ANYWHERE,)


def rates_at(workload: ScenarioWorkload, client: str, seconds: Floats) -> Floats:
    """Requests a second from one client site at these seconds of the scenario."""
    steps = list(_steps(workload, client))
    index = np.searchsorted([at for at, _ in steps], seconds, side="right") - 1
    return np.asarray([rate for _, rate in steps])[index]


def declared_at(workload: ScenarioWorkload, at: float) -> dict[str, int]:
    """What the spec's clients ask for by the load at that second, as whole requests; nothing without a load."""
    if not workload.load or not workload.declare_load:
        return {}
    return {
        client.site: round(float(rates_at(workload, client.site, np.array([at]))[0]))
        for client in workload.spec.clients
    }


def _steps(workload: ScenarioWorkload, client: str) -> Iterator[tuple[float, float]]:
    spec = {one.site: float(one.requests_per_second) for one in workload.spec.clients}
    rate = spec.get(client, 1.0 if client == ANYWHERE else 0.0)
    yield -np.inf, rate
    for load in sorted(workload.load, key=lambda load: load.at):
        yield load.at, load.requests_per_second.get(client, rate)
        rate = load.requests_per_second.get(client, rate)
