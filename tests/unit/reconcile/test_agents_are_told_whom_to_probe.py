# SPDX-License-Identifier: Apache-2.0
"""One agent of each site probes other sites, and is told again only when that changes."""

from collections.abc import Iterable
from dataclasses import replace

from aiworkload.reconcile.inventory import MOST_CHOSEN, MOST_TOLD, Inventory
from aiworkload.snapshot.snapshot import Report, Snapshot
from tests.builders import NOW, a_node, a_site, a_snapshot, a_workload
from tests.unit.reconcile.agents import a_report, obeyed, told

PLACES = {"plant": ("plant-1",), "fog": ("fog-1", "fog-2")}


def a_world(*reports: Report, not_ready: Iterable[str] = ()) -> Snapshot:
    nodes = [a_node(name, site=site, ready=name not in not_ready) for site, names in PLACES.items() for name in names]
    found = a_snapshot(sites=[a_site(name) for name in PLACES], nodes=nodes)
    return replace(found, reports={report.node: report for report in reports})


def test_one_agent_of_a_site_probes_and_the_others_do_not() -> None:
    said = told(Inventory(), a_world(a_report("plant-1"), a_report("fog-1"), a_report("fog-2")))
    assert said["fog-1"] == {"plant": "plant-1:9777"}
    assert said["fog-2"] == {}
    assert said["plant-1"].keys() == {"fog"}


def test_before_any_agent_has_reported_the_first_of_the_site_is_to_probe() -> None:
    said = told(Inventory(), a_world(a_report("plant-1")))
    assert said["fog-1"] == {"plant": "plant-1:9777"}


def test_an_agent_that_fell_silent_is_replaced_by_one_that_reports() -> None:
    world = a_world(a_report("plant-1"), a_report("fog-1", age=31, peers={"plant": "plant-1:9777"}), a_report("fog-2"))
    said = told(Inventory(), world)
    assert said["fog-2"] == {"plant": "plant-1:9777"}
    assert said["fog-1"] == {}
    assert said["plant-1"] == {"fog": "fog-2:9777"}


def test_the_one_that_took_over_keeps_the_task_when_the_other_is_back() -> None:
    back = a_world(a_report("plant-1"), a_report("fog-1"), a_report("fog-2", peers={"plant": "plant-1:9777"}))
    assert told(Inventory(), back)["fog-1"] == {}


def test_time_alone_makes_another_take_over() -> None:
    inventory = Inventory()
    world = a_world(a_report("plant-1", age=-99), a_report("fog-1"), a_report("fog-2", age=-99))
    world = obeyed(world, told(inventory, world))
    assert told(inventory, world) == {}
    later = told(inventory, replace(world, taken_at=NOW + 31))
    assert later["fog-2"] == {"plant": "plant-1:9777"}


def test_an_agent_on_a_node_that_is_not_ready_is_second_choice() -> None:
    world = a_world(a_report("plant-1"), a_report("fog-1"), a_report("fog-2"), not_ready=["fog-1"])
    said = told(Inventory(), world)
    assert said["plant-1"] == {"fog": "fog-2:9777"}
    assert said["fog-2"] == {"plant": "plant-1:9777"}


def test_a_whole_site_that_is_silent_is_probed_as_before() -> None:
    silent = [a_report(name, age=100) for name in ("fog-1", "fog-2")]
    for asked in ("fog-1:9777", "fog-2:9777"):
        world = a_world(a_report("plant-1", peers={"fog": asked}, site="plant"), *silent, not_ready=["fog-1", "fog-2"])
        assert "plant-1" not in told(Inventory(), world)


def test_what_an_agent_was_told_already_is_not_told_again() -> None:
    inventory = Inventory()
    world = a_world(a_report("plant-1"), a_report("fog-1"), a_report("fog-2"))
    world = obeyed(world, told(inventory, world))
    assert told(inventory, world) == {}
    assert told(Inventory(), world) == {}, "a new process comes to the same choice"


def test_what_was_not_written_is_tried_again() -> None:
    inventory, world = Inventory(), a_world(a_report("plant-1"))
    first = told(inventory, world)
    assert first
    assert told(inventory, replace(world, taken_at=NOW + 1)) == first


def test_a_peer_that_moved_is_told_to_those_that_probe_it() -> None:
    inventory = Inventory()
    world = a_world(a_report("plant-1"), a_report("fog-1"), a_report("fog-2"))
    world = obeyed(world, told(inventory, world))
    moved = replace(world.reports["plant-1"], endpoint="elsewhere:9777")
    assert told(inventory, replace(world, reports={**world.reports, "plant-1": moved})) == {
        "fog-1": {"plant": "elsewhere:9777"}
    }


def test_a_cycle_tells_and_chooses_no_more_than_it_bears() -> None:
    sites = [a_site(f"s{number:03d}") for number in range(MOST_TOLD + 20)]
    world = a_snapshot(sites=sites)
    world = replace(world, reports={name: a_report(name, age=-9999) for name in world.nodes})
    inventory, cycles = Inventory(), 0
    while True:
        said = told(inventory, world)
        assert len(said) <= MOST_TOLD
        world, cycles = obeyed(world, said), cycles + 1
        if not inventory.is_behind and not said:
            break
    assert cycles >= len(sites) / MOST_CHOSEN
    assert all(report.peers for report in world.reports.values())


def test_a_workload_that_comes_has_its_paths_measured() -> None:
    sites = [a_site(f"s{number:02d}", tier="Edge") for number in range(60)]
    world = a_snapshot(sites=[*sites, a_site("cloud", tier="Cloud")])
    world = replace(world, reports={name: a_report(name, age=-9999) for name in world.nodes})
    inventory = Inventory()
    for _ in range(9):
        world = obeyed(world, told(inventory, world))
    without = {
        name for name, report in world.reports.items() if "cloud" not in dict(report.peers) and name != "cloud-1"
    }
    client = min(without).removesuffix("-1")
    workload = a_workload(target=50, clients=[client], tiers=["Cloud"])
    said = told(inventory, replace(world, workloads={workload.key: workload}))
    assert said[f"{client}-1"]["cloud"] == "cloud-1:9777"


def test_a_node_that_stands_at_no_site_is_homeless_until_it_does() -> None:
    inventory = Inventory()
    lost = a_snapshot(nodes=[a_node("n", site=None)])
    inventory.follow(lost)
    assert [node.name for node in inventory.homeless()] == ["n"]
    found = a_snapshot(sites=[a_site("plant")], nodes=[a_node("n", site="plant")])
    inventory.follow(found)
    assert inventory.homeless() == ()


def test_a_node_that_stands_at_no_site_is_told_so_and_probes_nobody() -> None:
    inventory = Inventory()
    inventory.follow(a_snapshot(nodes=[a_node("n", site=None)]))
    [manifest] = inventory.node_reports()
    assert manifest["spec"] == {"peers": []}


def test_a_site_that_is_gone_is_no_peer() -> None:
    inventory = Inventory()
    world = a_world(a_report("plant-1"), a_report("fog-1"), a_report("fog-2"))
    world = obeyed(world, told(inventory, world))
    alone = replace(
        world, sites={"plant": world.sites["plant"]}, nodes={"plant-1": world.nodes["plant-1"]}, taken_at=NOW + 1
    )
    assert told(inventory, alone) == {"plant-1": {}}


def test_the_control_planes_own_site_is_probed_by_all() -> None:
    def a_cluster(**labels: str) -> Snapshot:
        sites = [a_site(f"s{number:02d}") for number in range(60)]
        nodes = [
            a_node(f"{site.name}-1", site=site.name, labels=labels if site.name == "s30" else {}) for site in sites
        ]
        found = a_snapshot(sites=sites, nodes=nodes)
        return replace(found, reports={name: a_report(name, age=-9999) for name in found.nodes})

    inventory, plain = Inventory(), a_cluster()
    for _ in range(4):
        plain = obeyed(plain, told(inventory, plain))
    led = replace(plain, nodes=a_cluster(**{"node-role.kubernetes.io/control-plane": ""}).nodes)
    for _ in range(4):
        led = obeyed(led, told(inventory, led))
    assert not all("s30" in dict(report.peers) for name, report in plain.reports.items() if name != "s30-1")
    assert all("s30" in dict(report.peers) for name, report in led.reports.items() if name != "s30-1")
