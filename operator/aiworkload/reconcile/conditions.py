# SPDX-License-Identifier: Apache-2.0
"""What is true of a workload, as Kubernetes conditions. Absent means Unknown."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.placement.plan import Decision, DecisionReason
from aiworkload.rollout.actions import Stage, Step
from aiworkload.rollout.view import View

MESSAGE_LIMIT = 1024
"""The CRD's bound on a message."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition without its history."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""


def merge(
    published: Iterable[Condition], verdicts: Iterable[Verdict], generation: int, now: float
) -> tuple[Condition, ...]:
    """The verdicts as conditions; the transition time moves only when a status flips."""
    before = {condition.type: condition for condition in published}
    return tuple(_condition(verdict, before.get(verdict.type), generation, now) for verdict in verdicts)


def _condition(verdict: Verdict, before: Condition | None, generation: int, now: float) -> Condition:
    kept = before is not None and before.status is verdict.status
    return Condition(
        type=verdict.type,
        status=verdict.status,
        reason=verdict.reason,
        message=verdict.message[:MESSAGE_LIMIT],
        last_transition_time=before.last_transition_time if kept and before is not None else to_rfc3339(now),
        observed_generation=generation,
    )


def verdicts(view: View, step: Step, refusal: str | None) -> tuple[Verdict, ...]:
    """All that is said of one workload."""
    ready = _ready(view)
    found = (ready, _placed(view.decision), _latency_met(view), _migrating(view, step))
    rest = (_degraded(view), _reconciling(view, step), _stalled(view.decision, ready, refusal))
    return tuple(verdict for verdict in (*found, *rest) if verdict is not None)


def _true(kind: str, reason: str, message: str = "") -> Verdict:
    return Verdict(kind, ConditionStatus.TRUE, reason, message)


def _false(kind: str, reason: str, message: str = "") -> Verdict:
    return Verdict(kind, ConditionStatus.FALSE, reason, message)


def _ready(view: View) -> Verdict:
    serving = view.workload.serving
    heard = [placement for placement in serving if not view.is_silent(placement.site)]
    if not serving:
        return _false("Ready", "NothingServes", view.decision.message)
    if not heard:
        sites = ", ".join(placement.site for placement in serving)
        message = f"{sites} is cut off: its replicas were left as they were, and cannot be seen from here"
        return Verdict("Ready", ConditionStatus.UNKNOWN, "SiteDisconnected", message)
    ready, wanted = sum(p.ready_replicas for p in heard), sum(p.replicas for p in heard)
    message = f"{ready} of {wanted} replicas ready at {', '.join(p.site for p in heard)}"
    enough = all(p.replicas > 0 and p.ready_replicas >= p.replicas for p in heard)
    return _true("Ready", "Serving", message) if enough else _false("Ready", "ReplicasNotReady", message)


def _placed(decision: Decision) -> Verdict:
    if decision.reason is DecisionReason.PARTIAL:
        return _false("Placed", "PlacementPartial", decision.message)
    if decision.reason is DecisionReason.INFEASIBLE:
        return _false("Placed", "PlacementInfeasible", decision.message)
    if not decision.assignments:
        return _false("Placed", decision.reason.value, decision.message)
    return _true("Placed", "Placed", ", ".join(sorted({a.site for a in decision.assignments})))


def _latency_met(view: View) -> Verdict | None:
    target = view.workload.spec.requirements.latency
    estimate, met = view.decision.latency, view.decision.latency_met
    if target is None:
        return None
    if met is False and target.clients and estimate and not estimate.stale and estimate.network_microseconds is None:
        clients = ", ".join(sorted(client.site for client in target.clients))
        return _false("LatencyMet", "AboveTarget", f"probes on the way from a client site ({clients}) get no answer")
    total = estimate.total_microseconds if estimate else None
    if met is None or estimate is None or total is None:
        stale = estimate is not None and estimate.stale
        reason = "MeasurementsStale" if stale and total is not None else "Unmeasured"
        return Verdict("LatencyMet", ConditionStatus.UNKNOWN, reason, _latency_unknown(view))
    said = f"{total / 1000:.0f} ms p95 ({estimate.source}) against a target of {target.p95_milliseconds} ms"
    if not target.clients:
        said += "; no client sites are named, so only compute counts"
    return _true("LatencyMet", "WithinTarget", said) if met else _false("LatencyMet", "AboveTarget", said)


def _latency_unknown(view: View) -> str:
    """Why nothing can be said about the latency, and what to do about it."""
    clients = sorted(client.site for client in view.workload.spec.clients)
    absent = ", ".join(site for site in clients if site not in view.sites)
    if absent:
        return f"there is no Site {absent}: create it, or correct requirements.latency.clients"
    return f"no fresh measurement tells the latency from {', '.join(clients)}" if clients else view.decision.message


def _migrating(view: View, step: Step) -> Verdict:
    move = view.decision.move
    if move is not None:
        way = f"{move.source.site} to {move.target.site}"
        return _true("Migrating", move.trigger.value, f"{way}, {step.stage.lower()} stage")
    if step.stage in (Stage.DRAIN, Stage.REMOVE):
        leaving = ", ".join(placement.site for placement in view.leaving)
        return _true("Migrating", "Draining", f"{leaving} is being drained and removed")
    return _false("Migrating", "Settled")


def _degraded(view: View) -> Verdict:
    decision = view.decision
    detached = [assignment.site for assignment in decision.kept if view.is_silent(assignment.site)]
    silent = [assignment.site for assignment in decision.assignments if view.is_silent(assignment.site)]
    if detached or silent:
        sites = ", ".join(sorted({*detached, *silent}))
        return _true("Degraded", "SiteDisconnected", f"{sites} is cut off; what runs there is left alone")
    if decision.reason is DecisionReason.HELD:
        return _true("Degraded", "MeasurementsStale", decision.message)
    if decision.reason is DecisionReason.INFEASIBLE and decision.assignments:
        return _true("Degraded", "PlacementInfeasible", decision.message)
    if decision.latency_met is False:
        return _true("Degraded", "LatencyAboveTarget", decision.suppressed or decision.message)
    return _false("Degraded", "AsWanted")


def _reconciling(view: View, step: Step) -> Verdict:
    rolling = any(not placement.current for placement in view.workload.placements)
    if step.stage is Stage.SETTLED and not rolling:
        return _false("Reconciling", "Settled")
    return _true("Reconciling", step.stage.value if step.stage is not Stage.SETTLED else "RollingOut")


def _stalled(decision: Decision, ready: Verdict, refusal: str | None) -> Verdict:
    """Whether nothing more is to come of it until somebody changes something."""
    if refusal is not None:
        return _true("Stalled", "Refused", f"the API server refused a write: {refusal}")
    waits = not decision.assignments or ready.status is ConditionStatus.FALSE
    if decision.reason is DecisionReason.INFEASIBLE and waits:
        return _true("Stalled", "PlacementInfeasible", decision.message)
    return _false("Stalled", "Progressing")
