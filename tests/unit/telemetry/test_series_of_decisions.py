# SPDX-License-Identifier: Apache-2.0
"""What was decided is told in numbers: a series for each word of a short list, and few for each workload."""

from prometheus_client import generate_latest

from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.plan import Decision, DecisionReason, Move, Plan, RejectReason
from aiworkload.reconcile.cycle import CycleReport
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from aiworkload.telemetry.bounds import MOST_WORKLOADS
from aiworkload.telemetry.metrics import Metrics
from tests.builders import assignment

FAR = RejectReason.LATENCY_UNREACHABLE


def a_decision(name: str, **fields: object) -> Decision:
    return Decision(WorkloadKey("ns", name), DecisionReason.STAYS, "", **fields)  # type: ignore[arg-type] # fields vary


def shown(*decisions: Decision) -> str:
    known = {decision.key: decision for decision in decisions}
    metrics = Metrics()
    plan = Plan(100.0, known, fresh=frozenset([*known][:1]))
    metrics.observe_cycle(CycleReport(Snapshot(100.0), plan, decide_seconds=0.25), 0.5)
    return generate_latest(metrics.registry).decode()


def test_refused_candidates_of_all_workloads_are_summed_by_their_reason() -> None:
    text = shown(a_decision("a", refused={FAR: 40}), a_decision("b", refused={FAR: 2}))
    assert 'aiworkload_candidates_refused{reason="LatencyUnreachable"} 42.0' in text


def test_each_workload_has_its_margin_and_price_and_all_together_have_one() -> None:
    text = shown(a_decision("a", margin_points=7, cost_per_hour="0.25"), a_decision("b", cost_per_hour="0.5"))
    assert 'aiworkload_workload_margin_points{namespace="ns",workload="a"} 7.0' in text
    assert 'aiworkload_workload_margin_points{namespace="ns",workload="b"}' not in text
    assert 'aiworkload_workload_cost_per_hour{namespace="ns",workload="b"} 0.5' in text
    assert "aiworkload_cost_per_hour 0.75" in text


def test_beyond_so_many_workloads_none_is_told_singly_and_the_sum_is_of_all() -> None:
    text = shown(*(a_decision(f"w{n:05}", cost_per_hour="1") for n in range(MOST_WORKLOADS + 3)))
    assert text.count("aiworkload_workload_cost_per_hour{") == MOST_WORKLOADS
    assert f"aiworkload_cost_per_hour {MOST_WORKLOADS + 3}.0" in text


def test_moves_are_told_while_they_go_on_or_wait() -> None:
    move = Move(assignment("a"), assignment("b"), MoveTrigger.FAILBACK, 90.0)
    text = shown(a_decision("a", move=move), a_decision("b", suppressed="a move to c is held back by dwell"))
    assert 'aiworkload_moves_under_way{trigger="Failback"} 1.0' in text
    assert "aiworkload_moves_held_back 1.0" in text


def test_only_what_was_decided_anew_is_counted_as_a_decision() -> None:
    text = shown(a_decision("a"), a_decision("b"))
    assert 'aiworkload_decisions_total{reason="Stays"} 1.0' in text
    assert "aiworkload_workloads_decided 1.0" in text
    assert "aiworkload_decide_seconds 0.25" in text
