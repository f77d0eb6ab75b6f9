# SPDX-License-Identifier: Apache-2.0
"""A target that was given up goes at once, also while what serves is not ready itself.

It never served, and it holds room that the next target may need.
"""

from aiworkload.rollout.actions import Stage, Step
from aiworkload.rollout.remove import deletions
from aiworkload.rollout.view import View


def give_up(view: View) -> Step | None:
    """Deletions of targets whose move was rolled back; a silent site's are `kept` by the decision, not here."""
    going = deletions(view, [placement for placement in view.leaving if view.was_given_up(placement)])
    return Step(Stage.GIVE_UP, going) if going else None
