# SPDX-License-Identifier: Apache-2.0
"""What `plan` answers: the decisions with something in place, beside those without it."""

from collections.abc import Sequence
from typing import Any

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.cli.answers import Action, CostAnswer, ObjectAnswer, PlanAnswer, PlanSource, WorkloadAnswer
from aiworkload.cli.decisions import (
    candidate_answer,
    challenger_answer,
    latency_answer,
    moment_or_none,
    move_answer,
    places,
)
from aiworkload.cli.submitted import Submitted
from aiworkload.placement.plan import Decision, Plan
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload, WorkloadKey

Document = dict[str, Any]
Cluster = tuple[Snapshot, Plan]
"""A cluster's facts, and what is decided from them."""


def plan_document(submitted: Sequence[Submitted], *, before: Cluster, after: Cluster) -> Document:
    """What would be decided with the files' objects in place, compared with what is decided without them."""
    told = [
        one
        for one in _workloads(submitted, after, before[1])
        if one.in_file or one.changes or _is_felt(WorkloadKey(one.namespace, one.name), before[1], after[1])
    ]
    return _document(PlanSource.CLUSTER, submitted, after, told)


def whole_plan_document(submitted: Sequence[Submitted], *, before: Cluster | None, after: Cluster) -> Document:
    """Every decision. `before` None: nothing was put in place, so what stands is what may change."""
    workloads = _workloads(submitted, after, before[1] if before else None)
    return _document(PlanSource.SNAPSHOT, submitted, after, workloads)


def _document(
    source: PlanSource, submitted: Sequence[Submitted], after: Cluster, workloads: Sequence[WorkloadAnswer]
) -> Document:
    objects = tuple(_object(one) for one in submitted)
    answer = PlanAnswer(
        source=source,
        decided_at=to_rfc3339(after[1].decided_at),
        changes=any(one.changes for one in workloads) or any(one.action is not Action.NONE for one in objects),
        objects=objects,
        workloads=tuple(workloads),
    )
    return answer.model_dump(mode="json", by_alias=True)


def _object(one: Submitted) -> ObjectAnswer:
    action = Action.CREATE if not one.exists else Action.CHANGE if one.changed else Action.NONE
    return ObjectAnswer(kind=one.kind, namespace=one.namespace or None, name=one.name, action=action)


def _workloads(submitted: Sequence[Submitted], after: Cluster, before: Plan | None) -> list[WorkloadAnswer]:
    mine = {WorkloadKey(one.namespace, one.name): one for one in submitted if one.kind == "AIWorkload"}
    found: list[WorkloadAnswer] = []
    for key, decision in sorted(after[1].decisions.items()):
        workload, own = after[0].workloads[key], mine.get(key)
        other = before.decisions.get(key) if before else None
        moved = _unsettled(workload, decision) if before is None else _differs(other, decision)
        changes = moved or (own is not None and own.changed)
        found.append(_workload(workload, decision, other, in_file=own is not None, changes=changes))
    return found


def _workload(
    workload: Workload, decision: Decision, other: Decision | None, *, in_file: bool, changes: bool
) -> WorkloadAnswer:
    return WorkloadAnswer(
        namespace=workload.key.namespace,
        name=workload.key.name,
        in_file=in_file,
        changes=changes,
        from_=places(p.assignment for p in workload.placements if not p.deleting),
        to=places(decision.assignments),
        otherwise=places(other.assignments) if other else None,
        reason=decision.reason,
        trigger=decision.move.trigger if decision.move else None,
        message=decision.message,
        held_back=decision.suppressed,
        move=move_answer(decision.move),
        kept=places(decision.kept),
        margin_points=decision.margin_points,
        challenger=challenger_answer(decision.challenger),
        latency=latency_answer(decision.latency),
        latency_met=decision.latency_met,
        cost=CostAnswer(estimated_per_hour=decision.cost_per_hour) if decision.cost_per_hour is not None else None,
        next_check_time=moment_or_none(decision.next_check_at),
        candidates=tuple(candidate_answer(candidate) for candidate in decision.candidates),
    )


def _differs(before: Decision | None, after: Decision) -> bool:
    if before is None:
        return True
    ways = [(d.move.source, d.move.target) if d.move else None for d in (before, after)]
    return set(before.assignments) != set(after.assignments) or ways[0] != ways[1]


def _is_felt(key: WorkloadKey, before: Plan, after: Plan) -> bool:
    """Whether it is worse or better off where it stays: a target is missed, a move is wanted and waits."""
    found = (plan.decisions.get(key) for plan in (before, after))
    one, other = ((d.reason, d.latency_met, d.suppressed is None) if d else None for d in found)
    return one != other


def _unsettled(workload: Workload, decision: Decision) -> bool:
    standing = {placement.assignment for placement in workload.placements if not placement.deleting}
    return decision.move is not None or standing != {*decision.assignments, *decision.kept}
