# SPDX-License-Identifier: Apache-2.0
"""First stage: create what is wanted and does not stand yet. Nothing that serves is touched."""

from dataclasses import replace

from aiworkload.rollout.actions import Action, Fact, Stage, Step
from aiworkload.rollout.view import View
from aiworkload.snapshot.workload import Assignment


def prepare(view: View) -> Step | None:
    """Deployments for the missing placements, and the Service if the workload has none yet."""
    actions: list[Action] = [
        replace(view.apply_deployment(assignment), facts=(_fact(view, assignment),)) for assignment in view.missing
    ]
    if view.workload.service is None and view.wanted:
        actions.append(view.apply_service(view.first_selection, None))
    return Step(Stage.PREPARE, tuple(actions)) if actions else None


def _fact(view: View, assignment: Assignment) -> Fact:
    move = view.decision.move
    if move is None:
        return Fact("Placed", f"placed at {assignment.site}: {view.decision.message}")
    where, left = f"{move.target.variant} at {move.target.site}", move.source.site
    return Fact("MigrationStarted", f"{move.trigger}: preparing {where} while {left} serves on")
