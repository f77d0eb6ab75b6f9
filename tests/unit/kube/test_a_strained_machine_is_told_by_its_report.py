# SPDX-License-Identifier: Apache-2.0
"""The choice of who probes sees which machines are under a pressure at which agents probe nobody."""

import pytest

from aiworkload.kube.assemble import Assembler
from tests.unit.kube.clusters import Cluster


@pytest.mark.parametrize(
    ("pressed", "strained"), [((), False), (("Cpu",), True), (("Memory",), True), (("Heat",), False)]
)
def test_pressure_of_cpu_or_memory_strains_and_heat_does_not(pressed: tuple[str, ...], *, strained: bool) -> None:
    cluster = Cluster()
    cluster.report("n1", cpu_percent=50, pressed=pressed)
    assert Assembler(cluster.store).snapshot(cluster.now).reports["n1"].strained is strained


def test_without_a_word_of_its_machine_a_node_is_not_strained() -> None:
    cluster = Cluster()
    cluster.report("n1")
    assert not Assembler(cluster.store).snapshot(cluster.now).reports["n1"].strained
