# SPDX-License-Identifier: Apache-2.0
"""Second stage: wait until all that is wanted is ready. A wait without end is the decision's to give up."""

from aiworkload.rollout.actions import Stage, Step
from aiworkload.rollout.view import View


def warm(view: View) -> Step | None:
    """Nothing to do but to wait: readiness arrives as a change of the Deployment.

    A replica that fell silent while it served is not waited for: it may serve its own site all the while, and
    cannot tell. One that was not ready before is: nothing must be given up for it.
    """
    unready = [a for a in view.wanted if not view.standing[a].ready and not view.runs_on_alone(view.standing[a])]
    return Step(Stage.WARM) if unready else None
