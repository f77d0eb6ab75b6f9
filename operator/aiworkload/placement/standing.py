# SPDX-License-Identifier: Apache-2.0
"""What stands of a single-site workload: where it serves, what move is under way, what is left over."""

from dataclasses import dataclass
from typing import Final

from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.history import is_over
from aiworkload.placement.plan import Move
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Workload


@dataclass(frozen=True, slots=True)
class Standing:
    """A workload's placements by their part in it."""

    source: Placement | None
    """Where it serves, or is to serve first."""
    flight: Placement | None
    """The target of a move that the Service has not switched to yet."""
    move: Move | None
    """That move, as it began."""
    others: tuple[Placement, ...]
    """Neither: drained or detached ones."""


_NOTHING: Final = Standing(None, None, None, ())


def standing_of(workload: Workload) -> Standing:
    """Read from the objects alone, so that a restarted operator sees what the killed one saw."""
    if not workload.placements:
        return _NOTHING
    alive = sorted((p for p in workload.placements if not p.deleting), key=lambda p: (p.created_at, p.assignment))
    selected = workload.service.selects if workload.service else None
    source = next((p for p in alive if p.assignment == selected), None)
    flight = _newest_flight(workload, [p for p in alive if p is not source])
    if source is None and selected is None:
        settled = [p for p in alive if p is not flight]
        source = min(settled, key=lambda p: (not p.ready, p.created_at, p.assignment), default=flight)
        flight = flight if flight is not source else None
    others = tuple(p for p in alive if p is not source and p is not flight)
    return Standing(source, flight, _resumed(workload, source, flight), others)


def last_switch(workload: Workload, standing: Standing) -> Move | None:
    """The move that ended in the last switch, while what it left behind still stands."""
    intent = workload.service.intent if workload.service else None
    if intent is None or standing.source is None or intent.to_site != standing.source.site:
        return None
    left = next((p for p in standing.others if p.site == intent.from_site), None)
    return _move(intent, left.assignment, standing.source.assignment) if left else None


def _newest_flight(workload: Workload, placements: list[Placement]) -> Placement | None:
    service = workload.service
    begun = service.intent.start_time if service and service.intent else float("-inf")
    flights = [
        (p.intent.start_time, p)
        for p in placements
        if p.intent and p.intent.start_time > begun and not is_over(workload, p.intent)
    ]
    return max(flights, key=lambda flight: flight[0])[1] if flights else None


def _resumed(workload: Workload, source: Placement | None, flight: Placement | None) -> Move | None:
    if flight is None or flight.intent is None:
        return None
    selected = workload.service.selects if workload.service else None
    left = source.assignment if source else selected
    return _move(flight.intent, left or Assignment(flight.intent.from_site, flight.variant), flight.assignment)


def _move(intent: MoveIntent, source: Assignment, target: Assignment) -> Move:
    silent = intent.trigger is MoveTrigger.SITE_DISCONNECTED
    return Move(source, target, intent.trigger, intent.start_time, keep_source=silent)
