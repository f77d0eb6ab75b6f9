# SPDX-License-Identifier: Apache-2.0
"""Two clients, three sites, two at once: the status says who serves whom, and a lost site is replaced by a move."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from demo import sightings
from demo.stage import Stage
from demo.topology import PLACES
from tests.integration.operator import words

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

NAME = "spread"
CLIENTS = ["plant-7", "plant-9"]
CANDIDATES = {"fog-1", "plant-7", "plant-9"}


def a_spread_workload() -> dict[str, Any]:
    """For the clients at both plants, at two of the plants and the fog."""
    workload = words.a_workload(NAME, tier="Fog")
    workload["spec"]["placement"] = {"tiers": ["Edge", "Fog"], "minSites": 2, "maxSites": 2}
    clients = [{"site": site} for site in CLIENTS]
    workload["spec"]["requirements"] = {"latency": {"p95Milliseconds": 60, "clients": clients}}
    return workload


def serving(stage: Stage) -> set[str]:
    """Sites that serve, once no placement is in any other state."""
    states = sightings.placements(stage.world, NAME)
    return set(states) if states and set(states.values()) == {"Serving"} else set()


def clients_served(stage: Stage) -> list[str]:
    told = sightings.status_of(stage.world, NAME).get("placements", [])
    return sorted(client for one in told for client in one.get("clients", []))


def cordon(stage: Stage, site: str, *, on: bool) -> None:
    """Nothing new fits on the site's nodes, as when they are to be taken away."""
    (place,) = (place for place in PLACES if place.name == site)
    stage.cluster.run_kubectl("cordon" if on else "uncordon", *place.nodes)


@pytest.fixture
def spread(stage: Stage) -> Iterator[str]:
    words.apply(stage, a_spread_workload())
    words.expect(stage, "two sites serve", lambda: len(serving(stage)) == 2)
    yield NAME
    words.delete(stage, "aiw", NAME)
    words.expect(stage, "all of it is gone", lambda: not words.deployments_of(stage, NAME))


def service(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stage.cluster.run_kubectl("get", "service", NAME, "-o", "json"))
    return found


def test_the_status_says_who_serves_whom_and_a_lost_site_is_replaced(stage: Stage, spread: str) -> None:
    """And the API server took the Service's preference for the client's zone."""
    before = serving(stage)
    assert before < CANDIDATES
    assert clients_served(stage) == CLIENTS
    words.expect(stage, "the Service reaches both", lambda: sightings.service_site(stage.world, spread) is None)
    assert service(stage)["spec"]["trafficDistribution"] == "PreferClose"

    lost = min(before)
    (spare,) = CANDIDATES - before
    cordon(stage, lost, on=True)
    try:
        stage.cluster.run_kubectl("delete", "pods", "-l", f"aiworkload.dev/workload={NAME},aiworkload.dev/site={lost}")
        expected = (before - {lost}) | {spare}
        words.expect(stage, f"{spare} in place of {lost}", lambda: serving(stage) == expected, seconds=120)
    finally:
        cordon(stage, lost, on=False)
    assert clients_served(stage) == CLIENTS
    recorded = "the change is recorded as a move"
    words.expect(stage, recorded, lambda: sightings.moved(stage.world, spread, lost, spare, "ResourcePressure"))
    assert stage.operator.running


def test_the_service_is_written_no_more_once_it_is_as_wanted(stage: Stage, spread: str) -> None:
    """The preference for a zone is no drift."""
    version = service(stage)["metadata"]["resourceVersion"]
    words.expect_throughout(
        stage, lambda: service(stage)["metadata"]["resourceVersion"] != version and "written again", seconds=10
    )
    assert spread == NAME
