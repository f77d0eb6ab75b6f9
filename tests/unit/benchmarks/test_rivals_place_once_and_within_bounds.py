# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Placement, WorkloadKey
from benchmarks import city
from benchmarks.networks import Network
from benchmarks.replay import scenario_of
from benchmarks.rivals import PlaceOnce, Room, allowed_sites, always_cloud, always_edge, kube_points, kube_scheduler

GIB = 2**30
PLACES = city.places(4)
SCENARIO = scenario_of(Network("none", [], 60.0, 10.0), PLACES, 30, "Cost")
REGIONS = {site.metadata.name: site.spec.region for site in SCENARIO.sites}


def _snapshot() -> Snapshot:
    nodes = {part.name: part.to_node(part.site) for part in SCENARIO.nodes}
    standing = {name: tuple(n.name for n in nodes.values() if n.site == name) for name in REGIONS}
    sites = {part.metadata.name: part.to_site(standing[part.metadata.name], 0.0) for part in SCENARIO.sites}
    workloads = {part.key: part.to_workload() for part in SCENARIO.workloads}
    return Snapshot(taken_at=0.0, sites=sites, nodes=nodes, workloads=workloads)


def _placed(decide: PlaceOnce) -> dict[WorkloadKey, str]:
    plan = decide(_snapshot(), Policy(), 0.0)
    return {key: decision.assignments[0].site for key, decision in plan.decisions.items() if decision.assignments}


def test_kube_points_are_those_of_its_two_default_scores() -> None:
    """10 cores and 10 GiB, 2 cores and 4 GiB taken, 2 cores and 1 GiB asked.

    LeastAllocated: (60 + 50) / 2 = 55. BalancedAllocation: shares 0.4 and 0.5 differ from their mean by 0.05: 95.
    """
    taken = {"cpu": 2000, "memory": 4 * GIB}
    node = Node("n", "s", allocatable={"cpu": 10_000, "memory": 10 * GIB, "pods": 110}, requested=taken)
    assert kube_points(node, Room({}), {"cpu": 2000, "memory": GIB}) == 55 + 95


def test_nobody_is_placed_where_the_owner_forbids_it() -> None:
    snapshot = _snapshot()
    for decide in (kube_scheduler, always_cloud, always_edge):
        for key, site in _placed(decide).items():
            allowed = allowed_sites(snapshot.workloads[key], snapshot.sites.values(), REGIONS)
            assert site in {found.name for found in allowed}


def test_what_is_placed_in_one_cycle_fits_together() -> None:
    snapshot = _snapshot()
    for decide in (kube_scheduler, always_cloud, always_edge):
        taken: dict[str, int] = {}
        for key, site in _placed(decide).items():
            cpu = snapshot.workloads[key].spec.variants[0].resources
            asked = int(str(cpu.requests["cpu"]).removesuffix("m")) if cpu else 0
            taken[site] = taken.get(site, 0) + asked
        for site, asked in taken.items():
            assert asked <= sum(node.allocatable["cpu"] for node in snapshot.nodes_of(site))


def test_what_stands_stays_whatever_else_would_be_better() -> None:
    snapshot = _snapshot()
    key, workload = next(iter(snapshot.workloads.items()))
    standing = Placement("fog-1", "cpu", "w", 0.0, replicas=1, ready_replicas=1)
    again = replace(snapshot, workloads={key: replace(workload, placements=(standing,))})
    for decide in (kube_scheduler, always_cloud, always_edge):
        assert decide(again, Policy(), 0.0).decisions[key].assignments == (standing.assignment,)


def test_always_cloud_and_always_edge_are_what_their_names_say() -> None:
    free = [w.key for w in SCENARIO.workloads if w.spec.requirements.privacy.boundary.value == "Anywhere"]
    cloudy = _placed(always_cloud)
    assert all(cloudy[key] in city.CLOUDS for key in free)
    first = max(SCENARIO.workloads, key=lambda w: w.priority)
    rates = {client.site: client.requests_per_second for client in first.spec.clients}
    at = _placed(always_edge)[first.key]
    assert rates[at] == max(rates.values())
