# SPDX-License-Identifier: Apache-2.0
"""An agent on a strained machine probes nobody, so a neighbour that is not strained probes for its site."""

from collections.abc import Collection
from dataclasses import replace

from aiworkload.reconcile.inventory import Inventory
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import a_node, a_site, a_snapshot
from tests.unit.reconcile.agents import a_report, obeyed, told

FOG = ("fog-1", "fog-2", "fog-3")
TO_PLANT = {"plant": "plant-1:9777"}


def a_world(*, silent: Collection[str] = ()) -> Snapshot:
    """A plant, and a fog of three machines whose agents report, but for the silent ones."""
    nodes = [a_node("plant-1", site="plant"), *(a_node(name, site="fog") for name in FOG)]
    world = a_snapshot(sites=[a_site("plant"), a_site("fog")], nodes=nodes)
    reports = {name: a_report(name, age=100 if name in silent else -9999) for name in world.nodes}
    return replace(world, reports=reports)


def under(world: Snapshot, *strained: str) -> Snapshot:
    """The same with these machines strained, and no others."""
    reports = {name: replace(report, strained=name in strained) for name, report in world.reports.items()}
    return replace(world, reports=reports)


def follow(inventory: Inventory, world: Snapshot, *strained: str) -> Snapshot:
    """A cycle with these machines strained, and what it said done."""
    seen = under(world, *strained)
    return obeyed(seen, told(inventory, seen))


def probers(world: Snapshot) -> set[str]:
    return {name for name in FOG if world.reports[name].peers}


def test_a_neighbour_takes_over_from_one_that_is_strained() -> None:
    inventory = Inventory()
    world = follow(inventory, a_world())
    assert probers(world) == {"fog-1"}
    world = follow(inventory, world, "fog-1")
    assert probers(world) == {"fog-2"}
    assert dict(world.reports["fog-2"].peers) == TO_PLANT


def test_it_does_not_take_the_task_back_when_it_is_well_again() -> None:
    inventory = Inventory()
    world = follow(inventory, follow(inventory, a_world()), "fog-1")
    assert told(inventory, under(world)) == {}
    assert told(Inventory(), under(world)) == {}, "a new process leaves it so too"


def test_the_next_one_is_neither_strained_nor_silent() -> None:
    world = a_world(silent=["fog-2"])
    inventory = Inventory()
    assert probers(follow(inventory, follow(inventory, world), "fog-1")) == {"fog-3"}
    inventory = Inventory()
    assert probers(follow(inventory, follow(inventory, a_world()), "fog-1", "fog-2")) == {"fog-3"}


def test_where_all_are_strained_the_task_stays_where_it_is() -> None:
    inventory = Inventory()
    world = follow(inventory, follow(inventory, a_world()), "fog-1")
    world = follow(inventory, world, *FOG)
    assert probers(world) == {"fog-2"}


def test_one_that_reports_though_strained_comes_before_one_that_is_silent() -> None:
    inventory = Inventory()
    world = follow(inventory, a_world(silent=["fog-2", "fog-3"]), "fog-1")
    assert probers(world) == {"fog-1"}


def test_a_strained_machine_goes_on_answering() -> None:
    inventory = Inventory()
    world = under(a_world(), *FOG)
    assert told(inventory, world)["plant-1"].keys() == {"fog"}
