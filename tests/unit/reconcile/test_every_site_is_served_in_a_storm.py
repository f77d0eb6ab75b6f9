# SPDX-License-Identifier: Apache-2.0
"""While something changes all the time, every site gets its peers, and no failing write holds up the others."""

from collections.abc import Mapping
from dataclasses import replace

from aiworkload.reconcile.inventory import MOST_CHOSEN, MOST_TOLD, Inventory
from aiworkload.reconcile.line import Line
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import NOW, a_node, a_site, a_snapshot
from tests.unit.reconcile.agents import a_report, obeyed, told

SITES = 225
CYCLES = -(-SITES // MOST_CHOSEN)


def a_city(count: int = SITES) -> Snapshot:
    world = a_snapshot(sites=[a_site(f"s{number:03d}") for number in range(count)])
    return replace(world, reports={name: a_report(name, age=-9999) for name in world.nodes})


def with_site(world: Snapshot, name: str) -> Snapshot:
    """One more site, whose agent answers."""
    site = replace(a_site(name), nodes=(f"{name}-1",))
    node = a_node(f"{name}-1", site=name)
    return replace(
        world,
        sites={**world.sites, name: site},
        nodes={**world.nodes, node.name: node},
        reports={**world.reports, node.name: a_report(node.name, age=-9999)},
    )


def with_node(world: Snapshot, name: str, site: str) -> Snapshot:
    """One more node at a site that has some."""
    grown = replace(world.sites[site], nodes=tuple(sorted((*world.sites[site].nodes, name))))
    return replace(world, sites={**world.sites, site: grown}, nodes={**world.nodes, name: a_node(name, site=site)})


def without_peers(world: Snapshot) -> set[str]:
    return {node.site for name, node in world.nodes.items() if node.site and not world.reports[name].peers}


def settled() -> tuple[Inventory, Snapshot]:
    inventory, world = Inventory(), a_city()
    for _ in range(2 * CYCLES):
        world = obeyed(world, told(inventory, world))
    assert not inventory.is_behind
    return inventory, world


def test_every_site_has_peers_soon_though_a_site_joins_in_every_cycle() -> None:
    inventory, world = Inventory(), a_city()
    for cycle in range(CYCLES + 1):
        world = with_site(world, f"a{cycle:03d}")
        world = obeyed(world, told(inventory, world))
    assert without_peers(world) == set()


def test_a_site_without_peers_is_served_before_those_that_have_some() -> None:
    inventory, world = settled()
    world = with_site(world, "zoo")
    said = told(inventory, world)
    assert said["zoo-1"] != {}


def test_every_site_is_chosen_for_again_while_all_are_redone_in_every_cycle() -> None:
    inventory, world = settled()
    turned = {name: dict(report.peers) for name, report in world.reports.items()}
    world = replace(world, taken_at=NOW + 6000)
    for cycle in range(2 * CYCLES):
        world = with_site(world, f"a{cycle:03d}")
        world = obeyed(world, told(inventory, world))
    same = [name for name, peers in turned.items() if dict(world.reports[name].peers) == peers]
    assert same == [], "another turn of the sample is another choice for all"


def test_a_node_more_at_a_site_has_nobody_chosen_for_again() -> None:
    inventory, world = settled()
    assert told(inventory, with_node(world, "s100-2", "s100")) == {"s100-2": {}}
    assert not inventory.is_behind


def test_names_whose_writes_fail_every_time_hold_nobody_up() -> None:
    inventory, world = Inventory(), a_city(MOST_TOLD + 60)
    failing = set(sorted(world.nodes)[:MOST_TOLD])
    heard: Mapping[str, object] = {}
    for _ in range(2 * CYCLES + 2):
        said = {name: peers for name, peers in told(inventory, world).items() if name not in failing}
        heard = {**heard, **said}
        world = obeyed(world, said)
    assert heard.keys() == world.nodes.keys() - failing
    assert all(world.reports[name].peers for name in heard)


def test_who_waits_already_keeps_its_place() -> None:
    line = Line()
    line.join({"m", "z"})
    line.join({"a", "z"})
    assert list(line) == ["m", "z", "a"]
    line.give_way("m")
    line.leave("never there")
    line.keep({"m", "a"})
    assert list(line) == ["a", "m"]
