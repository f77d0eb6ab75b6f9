# SPDX-License-Identifier: Apache-2.0
"""What a machine uses is told in shares of its capacity, counts in steps, and is unknown once it is stale."""

from collections.abc import Mapping
from typing import Any

import pytest

from aiworkload.kube.assemble import Assembler
from tests.unit.kube.clusters import Cluster

MEBIBYTE, GIBIBYTE = 2**20, 2**30


def used(cluster: Cluster) -> Mapping[str, int]:
    return Assembler(cluster.store).snapshot(cluster.now).nodes["n"].used


def a_node(
    capacity: Mapping[str, str] | None, allocatable: Mapping[str, str] | None = None, **machine: object
) -> Cluster:
    cluster = Cluster()
    status: dict[str, Any] = {"allocatable": {"cpu": "3", "memory": "6Gi", **(allocatable or {})}}
    cluster.put("Node", "n", spec={}, status={**status, "capacity": capacity or {}})
    report(cluster, **machine)
    return cluster


def report(cluster: Cluster, **machine: object) -> None:
    time = "2026-11-23T10:00:00Z"
    cluster.put("NodeReport", "n", status={"observedTime": time, "machine": {"observedTime": time, **machine}})


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


@pytest.mark.parametrize(
    ("pressed", "expected"),
    [
        ("Cpu", {"cpu": 4000, "memory": 2 * GIBIBYTE}),
        ("Heat", {"cpu": 4000, "memory": 2 * GIBIBYTE}),
        ("Memory", {"cpu": 2000, "memory": 8 * GIBIBYTE}),
    ],
)
def test_where_work_waits_already_nothing_is_left_for_newcomers(pressed: str, expected: dict[str, int]) -> None:
    capacity = {"cpu": "4", "memory": "8Gi"}
    assert used(a_node(capacity, cpuPercent=50, memoryPercent=25, pressed=[pressed])) == expected


def test_disk_that_is_free_is_told_in_steps_rounded_down() -> None:
    def free(mebibytes: int) -> int:
        cluster = a_node({}, allocatable={"ephemeral-storage": "100Gi"}, diskFreeMebibytes=mebibytes)
        node = Assembler(cluster.store).snapshot(cluster.now).nodes["n"]
        return node.free("ephemeral-storage") // MEBIBYTE

    assert [free(mebibytes) for mebibytes in (0, 7, 1000, 10_000, 1_000_000)] == [0, 7, 960, 9216, 100 * 1024]


def devices(*used_mebibytes: int) -> list[dict[str, object]]:
    return [
        {"uuid": f"GPU-{number}", "memoryMebibytes": 16_000, "memoryUsedMebibytes": used}
        for number, used in enumerate(used_mebibytes)
    ]


def test_a_device_that_somebody_uses_beside_kubernetes_is_not_free() -> None:
    cluster = a_node({}, allocatable={"nvidia.com/gpu": "2"}, accelerators=devices(9000, 100))
    assert Assembler(cluster.store).snapshot(cluster.now).nodes["n"].free("nvidia.com/gpu") == 1


def test_how_busy_a_shared_device_is_says_nothing_about_its_shares() -> None:
    cluster = a_node({}, allocatable={"nvidia.com/gpu": "8"}, accelerators=devices(9000, 100))
    assert Assembler(cluster.store).snapshot(cluster.now).nodes["n"].free("nvidia.com/gpu") == 8


def test_pressure_and_a_device_that_gets_busy_wake_the_loop_and_noise_does_not() -> None:
    cluster = a_node({}, allocatable={"nvidia.com/gpu": "2"}, accelerators=devices(100, 100), diskFreeMebibytes=9990)

    def wakes(**machine: object) -> bool:
        cluster.store.changed.clear()
        report(cluster, **{"accelerators": devices(100, 200), "diskFreeMebibytes": 9980, **machine})
        return cluster.store.changed.is_set()

    assert not wakes()
    assert wakes(pressed=["Cpu"])
    assert wakes()
    assert wakes(accelerators=devices(900, 200))
