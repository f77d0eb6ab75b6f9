# SPDX-License-Identifier: Apache-2.0
"""A workload that must stand at several sites has one Service that reaches all of them."""

from aiworkload.rollout.actions import Apply, Delete, Stage
from aiworkload.rollout.steps import next_step
from tests.unit.rollout.conftest import FOG, PLANT, ViewBuilder, placement


def test_the_service_reaches_all_placements(a_view: ViewBuilder) -> None:
    step = next_step(a_view(placement(FOG), placement(PLANT), wanted=(FOG, PLANT), selects=FOG))

    assert step.stage is Stage.SWITCH
    (action,) = step.actions
    assert isinstance(action, Apply)
    assert action.manifest["spec"]["selector"] == {"aiworkload.dev/workload": "detector"}


def test_a_replica_at_a_silent_site_is_not_waited_for(a_view: ViewBuilder) -> None:
    silent = placement(FOG, ready=False)

    step = next_step(a_view(silent, placement(PLANT), wanted=(FOG, PLANT), selects=None, silent=("fog-1",)))

    assert step.stage is Stage.SETTLED
    assert not [action for action in step.actions if isinstance(action, Delete)]
