# SPDX-License-Identifier: Apache-2.0
"""A workload that must stand at several sites has one Service that reaches all of them."""

from dataclasses import replace

from aiworkload.api.workload_status import AIWorkloadStatus, PlacementState, PlacementStatus
from aiworkload.rollout.actions import Apply, Delete, Stage
from aiworkload.rollout.steps import next_step
from aiworkload.rollout.view import View
from tests.unit.rollout.conftest import FOG, PLANT, ViewBuilder, placement


def test_the_service_reaches_all_placements(a_view: ViewBuilder) -> None:
    step = next_step(a_view(placement(FOG), placement(PLANT), wanted=(FOG, PLANT), selects=FOG))

    assert step.stage is Stage.SWITCH
    (action,) = step.actions
    assert isinstance(action, Apply)
    assert action.manifest["spec"]["selector"] == {"aiworkload.dev/workload": "detector"}


def a_silent_replica(a_view: ViewBuilder, published: PlacementState) -> View:
    """fog-1 is silent and not ready; the status last saw it so."""
    silent = placement(FOG, ready=False)
    view = a_view(silent, placement(PLANT), wanted=(FOG, PLANT), selects=None, silent=("fog-1",))
    status = AIWorkloadStatus(placements=(PlacementStatus(site="fog-1", variant="default", state=published),))
    return replace(view, workload=replace(view.workload, published=status))


def test_a_replica_that_fell_silent_while_it_served_is_not_waited_for(a_view: ViewBuilder) -> None:
    step = next_step(a_silent_replica(a_view, PlacementState.SERVING))

    assert step.stage is Stage.SETTLED
    assert step.states[FOG] is PlacementState.DETACHED
    assert not [action for action in step.actions if isinstance(action, Delete)]


def test_a_replica_that_fell_silent_before_it_was_ready_is_waited_for(a_view: ViewBuilder) -> None:
    assert next_step(a_silent_replica(a_view, PlacementState.WARMING)).stage is Stage.WARM


def test_what_is_ready_is_not_left_for_a_silent_site_alone(a_view: ViewBuilder) -> None:
    """The Site of the ready replica was deleted while the other client site is cut off."""
    silent = placement(PLANT, ready=False)
    view = a_view(silent, placement(FOG), wanted=(PLANT,), selects=None, silent=("plant-7",))
    served = PlacementStatus(site="plant-7", variant="default", state=PlacementState.SERVING)
    view = replace(view, workload=replace(view.workload, published=AIWorkloadStatus(placements=(served,))))

    step = next_step(view)

    assert step.stage is Stage.WARM
    assert not [action for action in step.actions if isinstance(action, Delete)]
