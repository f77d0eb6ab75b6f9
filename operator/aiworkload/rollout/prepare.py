# SPDX-License-Identifier: Apache-2.0
"""First stage: create what is wanted and does not stand yet. Nothing that serves is touched."""

from aiworkload.rollout.actions import Action, Fact, Stage, Step
from aiworkload.rollout.view import View


def prepare(view: View) -> Step | None:
    """Deployments for the missing placements, and the Service if the workload has none yet."""
    actions: list[Action] = [view.apply_deployment(assignment) for assignment in view.missing]
    if view.workload.service is None and view.wanted:
        actions.append(view.apply_service(view.first_selection, None))
    return Step(Stage.PREPARE, tuple(actions), _facts(view)) if actions else None


def _facts(view: View) -> tuple[Fact, ...]:
    if not view.missing:
        return ()
    move = view.decision.move
    if move is None:
        sites = ", ".join(assignment.site for assignment in view.missing)
        return (Fact("Placed", f"placed at {sites}: {view.decision.message}"),)
    return (
        Fact(
            "MigrationStarted",
            f"{move.trigger}: preparing {move.target.variant} at {move.target.site} while {move.source.site} serves on",
        ),
    )
