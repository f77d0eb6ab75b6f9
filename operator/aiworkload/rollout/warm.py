# SPDX-License-Identifier: Apache-2.0
"""Second stage: wait until all that is wanted is ready. A wait without end is the decision's to give up."""

from aiworkload.rollout.actions import Stage, Step
from aiworkload.rollout.view import View


def warm(view: View) -> Step | None:
    """Nothing to do but to wait: readiness arrives as a change of the Deployment.

    A replica that fell silent while it served is not waited for: it may serve its own site all the while, and
    cannot tell. One that was not ready before is: nothing must be given up for it. And nothing that is ready is left
    for silent ones alone.
    """
    wanted = [view.standing[assignment] for assignment in view.wanted]
    unready = any(not placement.ready and not view.runs_on_alone(placement) for placement in wanted)
    ready = any(placement.ready for placement in wanted)
    last_ready_ones = any(placement.ready for placement in view.workload.serving)
    return Step(Stage.WARM) if wanted and (unready or (last_ready_ones and not ready)) else None
