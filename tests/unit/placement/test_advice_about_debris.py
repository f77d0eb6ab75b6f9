# SPDX-License-Identifier: Apache-2.0
"""Whatever a crash or an older version left, what stands is a solution of the problem of all workloads together."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.placement.advise import advise, reckoning_of
from aiworkload.placement.assignment.problem import is_feasible
from aiworkload.placement.decide import decide
from aiworkload.placement.joint_problem import joint_problem
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.builders import NOW
from tests.unit.placement.test_any_debris_is_decided import debris


@st.composite
def crowded(draw: st.DrawFn) -> Snapshot:
    """The debris of two workloads on machines that have room for about one of them."""
    one, other = draw(debris()), draw(debris())
    (first,), (second,) = one.workloads.values(), other.workloads.values()
    second = replace(second, key=WorkloadKey("factory", "second"), priority=draw(st.sampled_from([0, 9])))
    small = {"cpu": draw(st.sampled_from([500, 1000, 8000])), "memory": 2**34, "pods": 110}
    nodes = {name: replace(node, allocatable=small) for name, node in one.nodes.items()}
    return replace(one, nodes=nodes, workloads={first.key: first, second.key: second})


@settings(deadline=None, max_examples=200)
@given(crowded())
def test_there_is_always_advice_and_it_sends_nobody_where_no_place_is(snapshot: Snapshot) -> None:
    reckoning = reckoning_of(decide(snapshot, Policy(), NOW))
    joint = joint_problem(reckoning)
    assert is_feasible(joint.problem, joint.standing)
    advice = advise(reckoning)
    assert advice.bound <= advice.objective + 1e-6
    assert {found.target.site for found in advice.advised.values()} <= {"fog", "cloud"}
    assert decide(snapshot, Policy(), NOW, advice=advice).decisions.keys() == snapshot.workloads.keys()
