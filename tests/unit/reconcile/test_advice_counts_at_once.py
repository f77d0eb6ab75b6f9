# SPDX-License-Identifier: Apache-2.0
"""When all workloads together are looked at, and how the answer enters the next decision."""

from dataclasses import replace

import pytest

from aiworkload.placement.advice import Advice
from aiworkload.placement.advise import reckoning_of
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.advising import Adviser
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.builders import NOW, a_link, a_node, a_site, a_snapshot, a_workload, assignment

FIRST, SECOND = WorkloadKey("factory", "first"), WorkloadKey("factory", "second")


def a_plant(*, cpu: str = "4", now: float = NOW) -> Snapshot:
    """Two workloads want the plant's one machine; the first in line would lose little in the cloud."""
    sites = [a_site("plant-7"), a_site("cloud", tier="Cloud")]
    nodes = [a_node("plant-7-1", site="plant-7", cpu=cpu), a_node("cloud-1", site="cloud", cpu="64")]
    near = {"latency": 10, "cost": 1, "bandwidth": 0, "headroom": 0, "connectivity": 1, "stability": 0}
    asked = {"target": 50, "clients": ["plant-7"], "cpu": "3"}
    workloads = [
        a_workload("first", created=1.0, weights={**near, "latency": 1, "cost": 10}, **asked),
        a_workload("second", created=2.0, weights=near, **asked),
    ]
    links = [a_link("plant-7", "cloud", 45, now=now)]
    return a_snapshot(sites=sites, nodes=nodes, links=links, workloads=workloads, now=now)


def test_nothing_is_asked_before_anything_was_decided() -> None:
    assert Adviser(30).question(NOW) is None


def test_the_same_facts_are_not_looked_at_twice() -> None:
    adviser, snapshot = Adviser(30), a_plant()
    plan = adviser.decide(snapshot, Policy(), NOW)
    assert adviser.question(NOW) is reckoning_of(plan)
    adviser.decide(replace(snapshot, taken_at=NOW + 1), Policy(), NOW + 1)
    assert adviser.question(NOW + 31) is None


def test_a_question_without_an_answer_is_asked_again() -> None:
    adviser = Adviser(30)
    adviser.decide(a_plant(), Policy(), NOW)
    assert adviser.question(NOW)
    adviser.forget()
    assert adviser.question(NOW + 29) is None
    assert adviser.question(NOW + 30)


@pytest.mark.parametrize(("seconds", "asked"), [(29.0, False), (30.0, True)])
def test_other_facts_wait_for_their_time(seconds: float, asked: bool) -> None:  # noqa: FBT001 - a case's outcome
    adviser = Adviser(30)
    adviser.decide(a_plant(), Policy(), NOW)
    adviser.question(NOW)
    adviser.decide(a_plant(cpu="8", now=NOW + seconds), Policy(), NOW + seconds)
    assert (adviser.question(NOW + seconds) is not None) == asked


def test_advice_counts_from_the_next_decision_on() -> None:
    adviser = Adviser(30)
    before = adviser.decide_and_advise(a_plant(), Policy(), NOW)
    assert before.decisions[FIRST].assignments == (assignment("plant-7"),)
    after = adviser.decide_and_advise(a_plant(now=NOW + 1), Policy(), NOW + 1)
    assert after.decisions[FIRST].assignments == (assignment("cloud"),)
    assert after.decisions[SECOND].assignments == (assignment("plant-7"),)
    assert _same(after, decide(a_plant(now=NOW + 1), Policy(), NOW + 1, advice=adviser.advice))


def _same(one: Plan, other: Plan) -> bool:
    return {k: d.assignments for k, d in one.decisions.items()} == {
        k: d.assignments for k, d in other.decisions.items()
    }


def test_only_advice_that_says_something_else_is_worth_waking_for() -> None:
    adviser = Adviser(30)
    scarce = Advice(prices={"plant-7": {"cpu": 0.1}}, gap=0.5)
    assert not adviser.take(Advice(gap=0.1))
    assert adviser.take(scarce)
    assert not adviser.take(replace(scarce, gap=0.2))
    assert adviser.advice is not None
    assert adviser.advice.gap == 0.2
