# SPDX-License-Identifier: Apache-2.0
"""Last stage: delete what is neither wanted nor to be left alone. A silent site's placements are `kept`, not here."""

from aiworkload.rollout.actions import Delete, Fact, Stage, Step
from aiworkload.rollout.view import View


def remove(view: View) -> Step | None:
    """Deletions by uid; a placement that is going already is not deleted twice."""
    going = [placement for placement in view.leaving if not placement.deleting]
    if not going:
        return None
    namespace = view.workload.key.namespace
    deletions = tuple(Delete("Deployment", namespace, placement.name, placement.uid) for placement in going)
    return Step(Stage.REMOVE, deletions, tuple(_fact(view, placement.site) for placement in going))


def _fact(view: View, site: str) -> Fact:
    serving = ", ".join(assignment.site for assignment in view.wanted) or "nowhere"
    if view.decision.rolled_back is not None and view.decision.rolled_back.target.site == site:
        return Fact("MigrationRolledBack", f"{site} did not become ready; {serving} serves on", warning=True)
    return Fact("MigrationCompleted", f"{site} is drained and removed; {serving} serves")
