# SPDX-License-Identifier: Apache-2.0
"""Ages, counts, conditions and the next look come along with a status that is written; none causes a write."""

from typing import Any

from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.placement.decide import decide
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.materiality import workload_changed
from aiworkload.reconcile.workload_report import explained, status_of
from aiworkload.rollout.steps import next_step
from aiworkload.rollout.view import View
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_workload


def a_status(*, age: float = 3.0, far: int = 2) -> AIWorkloadStatus:
    """A workload at fog; the cloud is farther, and some sites are too far."""
    names = [f"far{number}" for number in range(far)]
    snapshot = a_snapshot(
        sites=[a_site("plant", hosts=False), *(a_site(name) for name in ("fog", "cloud", *names))],
        links=[
            a_link("plant", "fog", 10, age=age),
            a_link("plant", "cloud", 40, age=age),
            *(a_link("plant", name, 90, age=age) for name in names),
        ],
        workloads=[a_workload(target=50, clients=["plant"], placements=[a_placement("fog")])],
    )
    plan = decide(snapshot, Policy(), NOW)
    ((key, decision),) = plan.decisions.items()
    view = View(snapshot.workloads[key], decision, snapshot.sites, NOW, "image")
    return explained(status_of(view, next_step(view), None), decision)


def with_decision(status: AIWorkloadStatus, **fields: Any) -> AIWorkloadStatus:  # noqa: ANN401 - any field of it
    assert status.decision
    return status.model_copy(update={"decision": status.decision.model_copy(update=fields)})


def test_the_status_tells_what_would_overturn_it_and_how_many_were_refused() -> None:
    decision = a_status().decision
    assert decision
    assert any(sentence.startswith("if plant -> fog p95 rose to ") for sentence in decision.overturns)
    assert {one.reason: one.count for one in decision.rejected} == {"LatencyUnreachable": 2, "NodeNotReady": 1}


def test_a_factor_tells_who_says_so_and_how_old_it_is() -> None:
    decision = a_status(age=7.0).decision
    assert decision
    latency = next(factor for factor in decision.candidates[0].factors if factor.name == "latency")
    assert (latency.source, latency.age_seconds) == ("Predicted", 7)
    price = next(factor for factor in decision.candidates[0].factors if factor.name == "cost")
    assert price.age_seconds is None


def test_none_of_it_is_worth_a_write() -> None:
    assert not workload_changed(a_status(age=3.0), a_status(age=9.0))
    status = a_status()
    assert not workload_changed(status, with_decision(status, overturns=(), rejected=()))
    assert not workload_changed(status, with_decision(status, next_check_time="2026-11-23T10:00:00Z"))
