# SPDX-License-Identifier: Apache-2.0
"""Last stage: delete what is neither wanted nor to be left alone. A silent site's placements are `kept`, not here."""

from collections.abc import Iterable

from aiworkload.rollout.actions import Delete, Stage, Step
from aiworkload.rollout.view import View
from aiworkload.snapshot.workload import Placement


def remove(view: View) -> Step | None:
    """Everything that is leaving."""
    going = deletions(view, view.leaving)
    return Step(Stage.REMOVE, going) if going else None


def deletions(view: View, placements: Iterable[Placement]) -> tuple[Delete, ...]:
    """Deletions by uid; a placement that is going already is not deleted twice."""
    namespace = view.workload.key.namespace
    return tuple(Delete("Deployment", namespace, p.name, p.uid) for p in placements if not p.deleting)
