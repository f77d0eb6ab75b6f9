# SPDX-License-Identifier: Apache-2.0
"""Events worth posting: what a written step announced, and what a new status says that the old one did not."""

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.site import Connectivity, SiteStatus
from aiworkload.api.workload_status import AIWorkloadStatus, MoveResult, MoveStatus
from aiworkload.reconcile.ports import EventType, Note, ObjectReference
from aiworkload.rollout.actions import Fact
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import UnreadableWorkload, Workload

_SILENT = (Connectivity.DISCONNECTED, Connectivity.LOST)


def about(workload: Workload | UnreadableWorkload) -> ObjectReference:
    """The workload as an Event names it."""
    return ObjectReference("AIWorkload", workload.key.name, workload.uid, workload.key.namespace)


def step_notes(workload: Workload, facts: tuple[Fact, ...]) -> tuple[Note, ...]:
    """A step's facts as Events."""
    return tuple(Note(about(workload), EventType.NORMAL, fact.reason, fact.message) for fact in facts)


def move_notes(workload: Workload, ended: tuple[MoveStatus, ...]) -> tuple[Note, ...]:
    """Events for moves that the status records as ended: each is recorded once, and so told once."""
    return tuple(_ended(workload, move) for move in ended)


def _ended(workload: Workload, move: MoveStatus) -> Note:
    way = f"{move.trigger}: {move.from_site} to {move.to_site}"
    if move.result is MoveResult.COMPLETED:
        return Note(about(workload), EventType.NORMAL, "MigrationCompleted", way)
    message = f"{way}: {move.to_site} was given up, {move.from_site} serves on"
    return Note(about(workload), EventType.WARNING, "MigrationRolledBack", message)


def status_notes(workload: Workload, new: AIWorkloadStatus) -> tuple[Note, ...]:
    """Events for conditions that flipped with this status."""
    before = _by_type(workload.published.conditions if workload.published else ())
    found: list[Note] = []
    for condition in new.conditions:
        old = before.get(condition.type)
        if old is not None and old.status is condition.status:
            continue
        note = _flip(workload, condition, first=old is None)
        if note is not None:
            found.append(note)
    return tuple(found)


def site_notes(site: Site, new: SiteStatus) -> tuple[Note, ...]:
    """Events for a site that fell silent or came back."""
    before = site.published.connectivity if site.published else None
    reference = ObjectReference("Site", site.name, site.uid)
    if new.connectivity in _SILENT and before not in _SILENT:
        message = f"nothing is heard of {site.name}; what runs there is left alone"
        return (Note(reference, EventType.WARNING, "SiteDisconnected", message),)
    if before in _SILENT and new.connectivity not in _SILENT:
        return (Note(reference, EventType.NORMAL, "SiteReconnected", f"{site.name} is heard again"),)
    return ()


def _by_type(conditions: tuple[Condition, ...]) -> dict[str, Condition]:
    return {condition.type: condition for condition in conditions}


def _flip(workload: Workload, condition: Condition, *, first: bool) -> Note | None:
    match condition.type, condition.status:
        case "LatencyMet", ConditionStatus.FALSE:
            return Note(about(workload), EventType.WARNING, "LatencyBreached", condition.message)
        case "LatencyMet", ConditionStatus.TRUE if not first:
            return Note(about(workload), EventType.NORMAL, "LatencyRecovered", condition.message)
        case "Placed", ConditionStatus.FALSE:
            return Note(about(workload), EventType.WARNING, "PlacementInfeasible", condition.message)
        case "Degraded", ConditionStatus.TRUE if condition.reason == "LatencyAboveTarget":
            return Note(about(workload), EventType.WARNING, "MigrationSuppressed", condition.message)
        case _:
            return None
