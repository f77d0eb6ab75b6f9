# SPDX-License-Identifier: Apache-2.0
"""Fourth stage: let requests that are under way at the old placement end, for `migration.drainSeconds`."""

from aiworkload.rollout.actions import Stage, Step
from aiworkload.rollout.view import View


def drain(view: View) -> Step | None:
    """Wait while a placement that served until the switch may still hold connections."""
    switched = view.last_switch
    if switched is None or switched.switch_time is None:
        return None
    served = any(placement.site == switched.from_site for placement in view.leaving)
    until = switched.switch_time + view.workload.spec.migration.drain_seconds
    return Step(Stage.DRAIN, wait_until=until) if served and view.now < until else None
