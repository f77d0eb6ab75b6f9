# SPDX-License-Identifier: Apache-2.0
from typing import Any

from rich.console import Console

from demo import sightings
from demo.availability import SERVICE_LABEL
from demo.board import board
from demo.world import World


def workload(**status: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a status
    latency = {"p95Milliseconds": 50}
    return {
        "metadata": {"namespace": "default", "name": "detector"},
        "spec": {"requirements": {"latency": latency}},
        "status": status,
    }


def pod(uid: str, site: str, *, ready: bool = True) -> dict[str, Any]:
    labels = {sightings.WORKLOAD_LABEL: "detector", sightings.SITE_LABEL: site}
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "metadata": {"namespace": "default", "name": uid, "uid": uid, "labels": labels},
        "spec": {"nodeName": f"{site}-node-1"},
        "status": {"conditions": conditions},
    }


def service(site: str) -> dict[str, Any]:
    selector = {sightings.SITE_LABEL: site}
    return {"metadata": {"namespace": "default", "name": "detector"}, "spec": {"selector": selector}}


def endpoints(*, ready: bool) -> dict[str, Any]:
    labels = {SERVICE_LABEL: "detector"}
    one = {"conditions": {"ready": ready}}
    return {"metadata": {"namespace": "default", "name": "detector-1", "labels": labels}, "endpoints": [one]}


def serving(site: str) -> World:
    world = World()
    world.put("AIWorkload", workload(placements=[{"site": site, "state": "Serving"}]))
    world.put("Pod", pod("one", site))
    world.put("Service", service(site))
    world.put("EndpointSlice", endpoints(ready=True))
    return world


def test_serving_needs_status_service_and_pods_to_agree() -> None:
    assert sightings.serves_at(serving("fog-1"), "detector", "fog-1") == "on fog-1-node-1"
    assert sightings.serves_at(serving("fog-1"), "detector", "plant-7") is None
    switched = serving("fog-1")
    switched.put("Service", service("plant-7"))
    assert sightings.serves_at(switched, "detector", "fog-1") is None


def test_serving_needs_an_endpoint_that_is_ready() -> None:
    world = serving("fog-1")
    world.put("EndpointSlice", endpoints(ready=False))
    assert sightings.serves_at(world, "detector", "fog-1") is None


def test_settled_means_that_no_pod_is_left_elsewhere() -> None:
    world = serving("fog-1")
    world.put("Pod", pod("two", "plant-7"))
    assert sightings.serves_at(world, "detector", "fog-1")
    assert sightings.settled_at(world, "detector", "fog-1") is None


def test_a_pod_that_is_gone_or_new_was_not_left_alone() -> None:
    world = serving("fog-1")
    assert sightings.left_alone(world, "detector", {"one": "fog-1-node-1"}) is None
    assert "gone" in (sightings.left_alone(world, "detector", {"zero": "fog-1-node-2"}) or "")
    world.put("Pod", pod("two", "plant-7"))
    assert "also started" in (sightings.left_alone(world, "detector", {"one": "fog-1-node-1"}) or "")


def test_a_rolled_back_move_is_no_completed_one() -> None:
    move = {"fromSite": "a", "toSite": "b", "trigger": "Failback", "startTime": "1", "endTime": "2"}
    world = World()
    world.put("AIWorkload", workload(moves=[{**move, "result": "RolledBack"}]))
    assert sightings.moved(world, "detector", "a", "b", "Failback") is None
    world.put("AIWorkload", workload(moves=[{**move, "result": "Completed"}]))
    assert sightings.moved(world, "detector", "a", "b", "Failback")


def test_an_object_that_a_new_list_does_not_name_is_gone() -> None:
    world = serving("fog-1")
    world.replace_all("Pod", [pod("two", "fog-1")])
    assert list(sightings.pods(world, "detector")) == ["two"]


def test_waiting_ends_without_an_answer_when_the_time_is_over() -> None:
    assert World().wait(lambda: None, 0.01) is None


def test_the_board_draws_an_empty_and_a_full_world() -> None:
    console = Console(record=True, width=160, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - never read
    console.print(board(World()))
    world = serving("fog-1")
    world.put("Site", {"metadata": {"name": "fog-1"}, "spec": {"tier": "Fog"}, "status": {"connectivity": "Connected"}})
    console.print(board(world))
    assert "fog-1 (Serving)" in console.export_text()


def test_a_workload_says_where_it_stands_and_why() -> None:
    world = World()
    assert sightings.says_of_itself(world, "detector") is None
    decision = {"reason": "Stays", "message": "no other site fits"}
    world.put("AIWorkload", workload(placements=[{"site": "fog-1", "state": "Serving"}], decision=decision))
    assert sightings.says_of_itself(world, "detector") == "at fog-1 (Serving): Stays: no other site fits"


def test_a_link_is_lengthened_where_the_machine_adds_more_than_is_allowed() -> None:
    world = World()
    allowed = {"by_milliseconds": 15}
    assert sightings.lengthened(world, "plant-7", "fog-1", **allowed) == "plant-7 to fog-1 is not measured"
    world.put("NodeReport", report("plant-7", "fog-1", microseconds=19_000))
    assert sightings.lengthened(world, "plant-7", "fog-1", **allowed) is None
    world.put("NodeReport", report("plant-7", "fog-1", microseconds=83_000))
    expected = "plant-7 to fog-1 is made 4 ms long and measured as 83 ms"
    assert sightings.lengthened(world, "plant-7", "fog-1", **allowed) == expected


def report(site: str, other: str, *, microseconds: int) -> dict[str, Any]:
    links = [{"site": other, "rttP95Microseconds": microseconds}]
    return {"metadata": {"name": f"{site}-node-1"}, "spec": {"site": site}, "status": {"links": links}}
