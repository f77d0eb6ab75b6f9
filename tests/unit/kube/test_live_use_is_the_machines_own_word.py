# SPDX-License-Identifier: Apache-2.0
"""What a machine uses is told in shares of its capacity, counts in steps, and is unknown once it is stale."""

from collections.abc import Mapping
from typing import Any

from aiworkload.kube.assemble import Assembler
from tests.unit.kube.clusters import Cluster

GIBIBYTE = 2**30


def used(cluster: Cluster) -> Mapping[str, int]:
    return Assembler(cluster.store).snapshot(cluster.now).nodes["n"].used


def a_node(capacity: Mapping[str, str] | None, **machine: int) -> Cluster:
    cluster = Cluster()
    status: dict[str, Any] = {"allocatable": {"cpu": "3", "memory": "6Gi"}, "capacity": capacity or {}}
    cluster.put("Node", "n", spec={}, status=status)
    time = "2026-11-23T10:00:00Z"
    cluster.put("NodeReport", "n", status={"observedTime": time, "machine": {"observedTime": time, **machine}})
    return cluster


def test_shares_are_of_the_whole_machine_and_not_of_what_is_left_for_pods() -> None:
    cluster = a_node({"cpu": "4", "memory": "8Gi"}, cpuPercent=50, memoryPercent=25)
    assert used(cluster) == {"cpu": 2000, "memory": 2 * GIBIBYTE}


def test_without_a_capacity_they_are_of_what_is_allocatable() -> None:
    assert used(a_node(None, cpuPercent=50)) == {"cpu": 1500}


def test_they_count_in_steps_of_five_rounded_up() -> None:
    assert [used(a_node({"cpu": "1"}, cpuPercent=percent))["cpu"] for percent in (0, 1, 5, 6, 100)] == [
        0,
        50,
        50,
        100,
        1000,
    ]


def test_what_was_not_measured_is_unknown_and_not_idle() -> None:
    assert used(a_node({"cpu": "4", "memory": "8Gi"}, cpuPercent=50)) == {"cpu": 2000}


def test_a_stale_report_tells_nothing() -> None:
    cluster = a_node({"cpu": "4"}, cpuPercent=50)
    cluster.now += 30
    assert used(cluster) == {"cpu": 2000}
    cluster.now += 1
    assert used(cluster) == {}


def test_the_age_of_the_measurement_within_its_report_counts() -> None:
    cluster = Cluster()
    cluster.node("n")
    cluster.report("n", cpu_percent=50, behind=20)
    cluster.now += 11
    assert used(cluster) == {}
