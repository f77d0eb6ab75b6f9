# SPDX-License-Identifier: Apache-2.0
"""A workload's priority is the number of its class, as Kubernetes resolves it for pods."""

import pytest

from aiworkload.kube.assemble import Assembler
from aiworkload.snapshot.workload import WorkloadKey
from tests.unit.kube.clusters import Cluster


class Stage:
    """Three workloads: of the class `high`, of one that does not exist, and of none."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.cluster.workload("classed", priority_class="high")
        self.cluster.workload("misspelt", priority_class="hihg")
        self.cluster.workload("plain")
        self.assembler = Assembler(self.cluster.store)

    def a_class(self, name: str, value: int, *, default: bool = False) -> None:
        self.cluster.put("PriorityClass", name, value=value, globalDefault=default)

    def priorities(self) -> tuple[int, ...]:
        found = self.assembler.snapshot(self.cluster.now).workloads
        return tuple(found[WorkloadKey("ns", name)].priority for name in ("classed", "misspelt", "plain"))


def test_a_class_gives_its_value_and_without_one_it_is_zero() -> None:
    stage = Stage()
    stage.a_class("high", 1000)
    assert stage.priorities() == (1000, 0, 0)


def test_the_default_class_counts_for_those_that_name_none_and_of_several_the_lowest() -> None:
    stage = Stage()
    stage.a_class("high", 1000)
    stage.a_class("usual", 10, default=True)
    stage.a_class("usual-too", 5, default=True)
    assert stage.priorities() == (1000, 0, 5)


def test_a_class_that_comes_goes_or_stops_being_the_default_changes_the_standing_workloads() -> None:
    stage = Stage()
    seen = [stage.priorities()]
    stage.a_class("high", 1000, default=True)
    seen.append(stage.priorities())
    stage.a_class("high", 1000)
    seen.append(stage.priorities())
    stage.cluster.delete("PriorityClass", "high")
    seen.append(stage.priorities())
    assert seen == [(0, 0, 0), (1000, 0, 1000), (1000, 0, 0), (0, 0, 0)]


def test_a_class_wakes_the_loop() -> None:
    stage = Stage()
    stage.cluster.store.changed.clear()
    stage.a_class("high", 1000)
    assert stage.cluster.store.changed.is_set()


def test_a_name_without_a_class_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    stage.a_class("high", 1000)
    stage.priorities()
    stage.cluster.workload("misspelt", priority_class="hihg", labels={"touched": "yes"})
    stage.a_class("high", 1001)
    stage.priorities()
    assert [record.getMessage() for record in caplog.records] == [
        "there is no PriorityClass hihg: workloads that name it count with priority 0"
    ]
