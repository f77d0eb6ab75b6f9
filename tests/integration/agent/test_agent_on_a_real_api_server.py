# SPDX-License-Identifier: Apache-2.0
"""Agents as processes, under their own service account and the product's own roles and policies."""

import pytest

from tests.integration.agent.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.integration

MOST_MEBIBYTES = 60


def test_two_agents_measure_each_other_as_the_operator_asks(world: World) -> None:
    world.node("edge-1")
    world.node("cloud-1")
    edge, cloud = world.agent("edge-1"), world.agent("cloud-1")
    eventually(lambda: world.status("edge-1").get("endpoint") == edge.endpoint, "edge-1 says where it is reached")
    eventually(lambda: world.status("cloud-1").get("endpoint") == cloud.endpoint, "cloud-1 says where it is reached")
    world.report("edge-1", cloud=cloud.endpoint)
    world.report("cloud-1", edge=edge.endpoint)
    eventually(lambda: "rttP95Microseconds" in world.links("edge-1").get("cloud", {}), "edge-1 measures the cloud")
    eventually(lambda: "rttP95Microseconds" in world.links("cloud-1").get("edge", {}), "cloud-1 measures the edge")
    link = world.links("edge-1")["cloud"]
    assert 0 < link["rttP50Microseconds"] <= link["rttP95Microseconds"] < 50_000
    assert link["lossBasisPoints"] == 0

    cloud.fall_silent()
    eventually(
        lambda: world.links("edge-1")["cloud"]["consecutiveLosses"] >= 5, "a peer that says nothing more is five losses"
    )
    world.report("edge-1")
    eventually(lambda: world.links("edge-1") == {}, "a peer that is not asked for any more is not told any more")


def test_a_quiet_agent_renews_its_report_before_it_goes_stale(world: World) -> None:
    world.node("quiet")
    world.agent("quiet")
    eventually(lambda: "observedTime" in world.status("quiet"), "a first report")
    assert world.status("quiet")["validSeconds"] == 3
    for _ in range(3):
        before = world.status("quiet")["observedTime"]
        eventually(lambda before=before: world.status("quiet")["observedTime"] > before, "a heartbeat", seconds=3)


def test_an_agent_waits_for_its_report_to_be_created_and_says_so_once(world: World) -> None:
    world.node("early", report=False)
    agent = world.agent("early")
    eventually(lambda: "there is no NodeReport early yet" in agent.said, "it says what it waits for")
    world.report("early")
    eventually(lambda: "observedTime" in world.status("early"), "it publishes once there is a NodeReport")
    assert agent.said.count("there is no NodeReport early yet") == 1


def test_an_agent_measures_on_through_an_outage_of_the_api_server_and_publishes_after_it(world: World) -> None:
    world.node("edge-2")
    peer = world.agent("edge-2", "--node-name=nobody")
    agent = world.agent("edge-2", f"--peer=fog={peer.endpoint}", "--window=1000")
    eventually(lambda: "fog" in world.links("edge-2"), "a link before the outage")
    before = world.links("edge-2")["fog"]["samples"]
    world.cluster.stop_apiserver(kill=True)
    eventually(lambda: "the API server cannot be reached" in agent.said, "it says that it cannot publish")
    world.cluster.restart_apiserver()
    eventually(
        lambda: world.links("edge-2")["fog"]["samples"] > before + 15, "a report that tells what was measured meanwhile"
    )
    assert agent.running


def test_an_agent_cannot_write_the_report_of_another_node(world: World) -> None:
    world.node("honest")
    world.node("taken-over")
    agent = world.agent("honest", as_node="taken-over")
    eventually(lambda: "may not write NodeReport honest (403)" in agent.said, "it is refused and says so")
    assert world.status("honest") == {}


def test_an_agent_ends_within_a_second_of_being_asked(world: World) -> None:
    world.node("leaving")
    agent = world.agent("leaving", "--peer=gone=192.0.2.1:9777")
    eventually(lambda: "observedTime" in world.status("leaving"), "it runs")
    assert agent.terminate() == 0


def test_an_agent_with_ten_peers_stays_within_its_memory(world: World) -> None:
    world.node("busy")
    peer = world.agent("busy", "--node-name=nobody")
    agent = world.agent("busy", *(f"--peer=site-{n}={peer.endpoint}" for n in range(10)))
    eventually(lambda: len(world.links("busy")) == 10, "ten links")
    eventually(lambda: min(link["samples"] for link in world.links("busy").values()) == 30, "full windows")
    assert agent.resident_mebibytes < MOST_MEBIBYTES


def test_an_address_that_is_taken_is_said_and_not_retried(world: World) -> None:
    world.node("twice")
    first = world.agent("twice")
    eventually(lambda: "observedTime" in world.status("twice"), "the first one listens")
    second = world.agent("twice", f"--listen={first.endpoint}")
    eventually(lambda: not second.running, "the second one ends")
    assert "choose another --listen" in second.said
