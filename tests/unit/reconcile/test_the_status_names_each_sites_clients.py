# SPDX-License-Identifier: Apache-2.0
"""The status of a workload at several sites says of each placement whose clients it is meant for."""

from aiworkload.placement.decide import decide
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.workload_report import status_of
from aiworkload.rollout.steps import next_step
from aiworkload.rollout.view import View
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_workload

NEAR = {("p1", "east"): 10, ("p2", "west"): 10, ("p1", "west"): 90, ("p2", "east"): 90}


def clients_by_site(max_sites: int) -> dict[str, tuple[str, ...]]:
    places = [*(a_site(name, tier="Fog") for name in ("east", "west")), *(a_site(p, hosts=False) for p in ("p1", "p2"))]
    standing = [a_placement("east"), a_placement("west")][:max_sites]
    workload = a_workload(target=50, clients=["p1", "p2"], max_sites=max_sites, placements=standing)
    links = [a_link(*pair, milliseconds) for pair, milliseconds in NEAR.items()]
    snapshot = a_snapshot(sites=places, links=links, workloads=[workload])
    ((key, decision),) = decide(snapshot, Policy(), NOW).decisions.items()
    view = View(snapshot.workloads[key], decision, snapshot.sites, NOW, "image")
    return {placement.site: placement.clients for placement in status_of(view, next_step(view), None).placements}


def test_each_client_is_named_where_it_is_served() -> None:
    assert clients_by_site(2) == {"east": ("p1",), "west": ("p2",)}


def test_a_workload_at_one_site_names_none() -> None:
    assert clients_by_site(1) == {"east": ()}
