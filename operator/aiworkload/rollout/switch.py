# SPDX-License-Identifier: Apache-2.0
"""Third stage: point the Service at what is ready. From here on clients reach the new placement.

A workload at several sites is reached at all of them by one Service. There the switch is the note alone: when it was
that the assignment of clients in the status changed, and which site leaves from then on.

The move is written onto the Service in the same request that switches it, so that no crash can separate the two.
"""

from dataclasses import replace

from aiworkload.rollout.actions import Fact, Stage, Step
from aiworkload.rollout.view import View, intent_of


def switch(view: View) -> Step | None:
    """One write: the Service's selector together with the move that it belongs to."""
    if view.switched or not view.wanted:
        return None
    if view.ended_moves(settled=False):
        return Step(Stage.SWITCH, wait_until=view.now)  # the Service forgets its last switch: first it is recorded
    move = view.decision.move
    intent = intent_of(move, switch_time=view.now) if move is not None else view.last_switch
    return Step(Stage.SWITCH, (replace(view.apply_service(view.selection, intent), facts=_facts(view)),))


def _facts(view: View) -> tuple[Fact, ...]:
    sites = ", ".join(assignment.site for assignment in view.wanted)
    ready = sum(view.standing[assignment].ready_replicas for assignment in view.wanted)
    return (
        Fact("ReplacementReady", f"{ready} ready at {sites}"),
        Fact("TrafficSwitched", f"the Service now reaches {sites}"),
    )
