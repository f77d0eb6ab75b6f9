# SPDX-License-Identifier: Apache-2.0
"""Events worth posting: what a written step announced, and what a new status says that the old one did not."""

import re
from dataclasses import dataclass
from typing import Final

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.site import Connectivity, SiteStatus
from aiworkload.api.workload_status import AIWorkloadStatus, DecisionStatus, MoveResult, MoveStatus
from aiworkload.reconcile.ports import EventType, Note, ObjectReference
from aiworkload.rollout.actions import Fact
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import UnreadableWorkload, Workload

_SILENT = (Connectivity.DISCONNECTED, Connectivity.LOST)

_HELD_BACK: Final = re.compile(r"(?P<sentence>a (?:move|change)\b[^;]* is held back by (?P<rule>[\w.]+).*)", re.DOTALL)
"""The end of a decision's message while a wanted move waits."""

_TOO_LITTLE: Final = "minGainPoints"
"""A place that is not better by enough is no move that is held back: most workloads have one most of the time."""


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
    return (*found, *_suppressed(workload, new.decision))


def _suppressed(workload: Workload, new: DecisionStatus | None) -> tuple[Note, ...]:
    """Once for each rule and target: a window that runs says nothing new, and figures never stand still."""
    held = _held_back(new)
    if held is None or held.rule == _TOO_LITTLE:
        return ()
    before = _held_back(workload.published.decision if workload.published else None)
    if before and (before.rule, before.target) == (held.rule, held.target):
        return ()
    return (Note(about(workload), EventType.WARNING, "MigrationSuppressed", held.sentence),)


@dataclass(frozen=True, slots=True)
class _Held:
    rule: str
    target: tuple[str, str] | None
    sentence: str


def _held_back(decision: DecisionStatus | None) -> _Held | None:
    found = _HELD_BACK.search(decision.message) if decision else None
    if decision is None or found is None:
        return None
    better = decision.challenger
    return _Held(found["rule"], (better.site, better.variant) if better else None, found["sentence"])


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
        case _:
            return None
