# SPDX-License-Identifier: Apache-2.0
"""A client's paths that are to be probed are estimated until they are, and no other pair is."""

from dataclasses import replace

import numpy as np

from aiworkload.reconcile.inventory import Inventory
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.link import LinkSource
from aiworkload.snapshot.snapshot import Report, Snapshot
from tests.builders import NOW, a_link, a_site, a_snapshot, a_workload

NAMES = ("plant", "fog", "cloud")


def places(*at: float) -> Coordinates:
    return Coordinates(
        {name: row for row, name in enumerate(NAMES[: len(at)])}, np.array(at).reshape(-1, 1), np.zeros(len(at))
    )


def a_world(coordinates: Coordinates | None = None, **fields: object) -> Snapshot:
    workload = a_workload(target=50, clients=["plant"])
    world = a_snapshot(sites=[a_site(name) for name in NAMES], workloads=[workload], **fields)
    reports = {node: Report(node, node, endpoint=f"{node}:9777", observed_at=NOW) for node in world.nodes}
    return replace(world, reports=reports, coordinates=coordinates or places(0, 10, 30))


def estimates(world: Snapshot) -> dict[tuple[str, str], int | None]:
    return {
        ends: link.rtt_p95_microseconds for ends, link in world.links.items() if link.source is LinkSource.ESTIMATED
    }


def test_a_clients_paths_are_estimated_at_once_and_those_between_others_are_not() -> None:
    assert estimates(Inventory().follow(a_world())) == {("plant", "fog"): 10_000, ("plant", "cloud"): 30_000}


def test_what_is_known_in_either_direction_is_not_estimated() -> None:
    links = [a_link("fog", "plant", 9), a_link("plant", "cloud", 40, declared=True)]
    assert estimates(Inventory().follow(a_world(links=links))) == {}


def test_a_measurement_takes_the_estimates_place() -> None:
    inventory, world = Inventory(), a_world()
    inventory.follow(world)
    measured = replace(world, links={("plant", "fog"): a_link("plant", "fog", 9)})
    assert estimates(inventory.follow(measured)) == {("plant", "cloud"): 30_000}


def test_without_coordinates_nothing_is_estimated() -> None:
    world = replace(a_world(), coordinates=None)
    assert Inventory().follow(world) is world


def test_a_site_that_was_never_measured_is_not_estimated() -> None:
    assert estimates(Inventory().follow(a_world(places(0, 10)))) == {("plant", "fog"): 10_000}


def test_while_little_changes_links_are_the_very_same() -> None:
    inventory = Inventory()
    before = inventory.follow(a_world())
    again = inventory.follow(replace(a_world(), links=inventory._seen.links))
    assert again.links is before.links
    nearly = inventory.follow(replace(a_world(places(0, 11, 30)), links=inventory._seen.links))
    assert nearly.links is before.links
    moved = inventory.follow(replace(a_world(places(0, 20, 30)), links=inventory._seen.links))
    assert estimates(moved) == {("plant", "fog"): 20_000, ("plant", "cloud"): 30_000}
    assert moved.links[("plant", "cloud")] is before.links[("plant", "cloud")]


def test_a_client_that_comes_later_has_its_paths_estimated_though_its_peers_stay() -> None:
    inventory, world = Inventory(), a_world()
    inventory.follow(replace(world, workloads={}))
    assert estimates(inventory.follow(world)) == {("plant", "fog"): 10_000, ("plant", "cloud"): 30_000}
