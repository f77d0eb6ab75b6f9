# SPDX-License-Identifier: Apache-2.0
"""`AIWorkload.status` from the same frozen facts that the decision was made from."""

from math import ceil

from aiworkload.api import names
from aiworkload.api.conditions import ConditionStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import (
    AIWorkloadStatus,
    CandidateStatus,
    ChallengerStatus,
    CostStatus,
    DecisionStatus,
    FactorStatus,
    LatencyStatus,
    MoveStatus,
    PlacementState,
    PlacementStatus,
    RejectedStatus,
)
from aiworkload.placement.plan import Candidate, Challenger, Decision, Factor, LatencyEstimate
from aiworkload.reconcile.conditions import MESSAGE_LIMIT, Verdict, merge, verdicts
from aiworkload.rollout.actions import Step
from aiworkload.rollout.view import View
from aiworkload.snapshot.workload import Assignment, Placement, UnreadableWorkload

MAX_CANDIDATES = 10
MAX_MOVES = 10
MAX_NODES = 32
MAX_OVERTURNS = 5
OVERTURN_LIMIT = 256
"""The CRD's bounds."""


def status_of(view: View, step: Step, refusal: str | None) -> AIWorkloadStatus:
    """The status without what it takes a search to tell; whether it is worth a write is `materiality`'s question."""
    workload = view.workload
    published = workload.published or AIWorkloadStatus()
    placements = _placements(view, step)
    return AIWorkloadStatus(
        observed_generation=workload.generation,
        replicas=sum(p.replicas for p in workload.serving),
        ready_replicas=sum(p.ready_replicas for p in workload.serving),
        selector=f"{names.WORKLOAD_LABEL}={workload.key.name}",
        sites=_sites(placements),
        placements=placements,
        latency=_latency(view.decision.latency),
        cost=CostStatus(estimated_per_hour=view.decision.cost_per_hour) if view.decision.cost_per_hour else None,
        decision=_decision(view.decision, view.now),
        moves=_moves(published.moves, step.ended),
        conditions=merge(published.conditions, verdicts(view, step, refusal), workload.generation, view.now),
    )


def explained(status: AIWorkloadStatus, decision: Decision) -> AIWorkloadStatus:
    """The whole status, for whoever writes or shows it: with what would overturn the decision."""
    if status.decision is None:
        return status
    told = tuple(sentence[:OVERTURN_LIMIT] for sentence in decision.overturns[:MAX_OVERTURNS])
    return status.model_copy(update={"decision": status.decision.model_copy(update={"overturns": told})})


def _sites(placements: tuple[PlacementStatus, ...]) -> str:
    """The serving sites, or all, as many as fit."""
    names_shown = [p.site for p in placements if p.state is PlacementState.SERVING] or [p.site for p in placements]
    text = ",".join(names_shown)
    return text if len(text) <= MESSAGE_LIMIT else f"{text[: MESSAGE_LIMIT - 3].rpartition(',')[0]},.."


def unreadable_status(workload: UnreadableWorkload, now: float) -> AIWorkloadStatus:
    """What is said of an object that this version cannot read."""
    said = Verdict("Stalled", ConditionStatus.TRUE, "SpecInvalid", workload.error)
    return AIWorkloadStatus(
        observed_generation=workload.generation, conditions=merge((), (said,), workload.generation, now)
    )


def _placements(view: View, step: Step) -> tuple[PlacementStatus, ...]:
    found = {placement.assignment: placement for placement in view.workload.placements}
    return tuple(
        _placement(view, assignment, state, found.get(assignment)) for assignment, state in sorted(step.states.items())
    )


def _placement(view: View, assignment: Assignment, state: PlacementState, found: Placement | None) -> PlacementStatus:
    site = view.sites.get(assignment.site)
    nodes = sorted({pod.node for pod in found.pods if pod.node}) if found else []
    return PlacementStatus(
        site=assignment.site,
        variant=assignment.variant,
        tier=site.spec.tier if site else None,
        node_names=tuple(nodes[:MAX_NODES]),
        replicas=found.replicas if found else 0,
        ready_replicas=found.ready_replicas if found else 0,
        state=state,
        clients=view.decision.serves.get(assignment, ()),
        since_time=to_rfc3339(found.created_at if found else view.now),
    )


def _latency(estimate: LatencyEstimate | None) -> LatencyStatus | None:
    if estimate is None or estimate.total_microseconds is None:
        return None
    return LatencyStatus(
        network_p95_milliseconds=_milliseconds(estimate.network_microseconds),
        compute_p95_milliseconds=_milliseconds(estimate.compute_microseconds),
        total_p95_milliseconds=_milliseconds(estimate.total_microseconds),
        source=estimate.source,
        observed_time=to_rfc3339(estimate.observed_at) if estimate.observed_at else None,
    )


def _milliseconds(microseconds: int | None) -> int | None:
    return None if microseconds is None else ceil(microseconds / 1000)


def _decision(decision: Decision, now: float) -> DecisionStatus:
    message = decision.message if decision.suppressed is None else f"{decision.message}; {decision.suppressed}"
    return DecisionStatus(
        time=to_rfc3339(now),
        reason=decision.reason.value,
        message=message[:MESSAGE_LIMIT],
        margin_points=decision.margin_points,
        challenger=_challenger(decision.challenger),
        next_check_time=None if decision.next_check_at is None else to_rfc3339(decision.next_check_at),
        candidates=tuple(candidate_status(candidate) for candidate in decision.candidates[:MAX_CANDIDATES]),
        rejected=_rejected(decision),
    )


def _rejected(decision: Decision) -> tuple[RejectedStatus, ...]:
    """The most frequent reason first."""
    found = sorted(decision.refused.items(), key=lambda one: (-one[1], one[0]))
    return tuple(RejectedStatus(reason=reason.value, count=count) for reason, count in found)


def _challenger(challenger: Challenger | None) -> ChallengerStatus | None:
    if challenger is None:
        return None
    site, variant = challenger.assignment
    return ChallengerStatus(site=site, variant=variant, since_time=to_rfc3339(challenger.since))


def candidate_status(candidate: Candidate) -> CandidateStatus:
    """A candidate as the API tells it."""
    rejection = candidate.rejection
    return CandidateStatus(
        site=candidate.assignment.site,
        variant=candidate.assignment.variant,
        feasible=candidate.feasible,
        reject_reason=rejection.reason.value if rejection else None,
        reject_message=rejection.message[:MESSAGE_LIMIT] if rejection else None,
        points=candidate.points if candidate.feasible else None,
        factors=tuple(_factor(factor) for factor in candidate.factors),
    )


def _factor(factor: Factor) -> FactorStatus:
    return FactorStatus(
        name=factor.name,
        points=factor.points,
        weight=factor.weight,
        value=factor.value[:128],
        source=factor.source,
        age_seconds=None if factor.age is None else int(factor.age),
    )


def _moves(published: tuple[MoveStatus, ...], ended: tuple[MoveStatus, ...]) -> tuple[MoveStatus, ...]:
    return (*published, *ended)[-MAX_MOVES:]
