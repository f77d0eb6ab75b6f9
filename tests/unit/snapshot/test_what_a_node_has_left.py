# SPDX-License-Identifier: Apache-2.0
"""What is free on a node is neither promised to a pod nor in use."""

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_node

CORES = st.integers(0, 64)


def test_of_what_is_promised_and_what_is_used_the_larger_is_gone() -> None:
    assert a_node("n", site="s", cpu="8", used_cpu="3", live_cpu="5").free("cpu") == 3000
    assert a_node("n", site="s", cpu="8", used_cpu="5", live_cpu="3").free("cpu") == 3000


def test_without_a_report_of_live_use_the_promises_count() -> None:
    assert a_node("n", site="s", cpu="8", used_cpu="3").free("cpu") == 5000


def test_a_resource_whose_use_nobody_measures_counts_by_its_promises() -> None:
    node = a_node("n", site="s", gpus=4, used_gpus=1, live_cpu="8")
    assert (node.free("nvidia.com/gpu"), node.free("cpu")) == (3, 0)


@given(CORES, CORES, CORES)
def test_nothing_is_ever_less_than_none_and_use_never_adds_room(has: int, promised: int, live: int) -> None:
    busy = a_node("n", site="s", cpu=str(has), used_cpu=str(promised), live_cpu=str(live))
    idle = a_node("n", site="s", cpu=str(has), used_cpu=str(promised))
    assert 0 <= busy.free("cpu") <= idle.free("cpu")
