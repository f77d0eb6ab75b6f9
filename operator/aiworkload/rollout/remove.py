# SPDX-License-Identifier: Apache-2.0
"""Last stage: delete what is neither wanted nor to be left alone. A silent site's placements are `kept`, not here."""

from aiworkload.rollout.actions import Delete, Stage, Step
from aiworkload.rollout.view import View


def remove(view: View) -> Step | None:
    """Deletions by uid; a placement that is going already is not deleted twice."""
    going = [placement for placement in view.leaving if not placement.deleting]
    if not going:
        return None
    namespace = view.workload.key.namespace
    deletions = tuple(Delete("Deployment", namespace, placement.name, placement.uid) for placement in going)
    return Step(Stage.REMOVE, deletions)
