# SPDX-License-Identifier: Apache-2.0
"""The old placement serves until the new one is ready, and stands until its connections have drained."""

from aiworkload.rollout.actions import Apply, Delete, Stage
from aiworkload.rollout.steps import next_step
from tests.unit.rollout.conftest import FOG, MOVE, NOW, PLANT, ViewBuilder, placement, switched


def applied(step_actions: tuple[object, ...], kind: str) -> list[str]:
    return [a.manifest["metadata"]["name"] for a in step_actions if isinstance(a, Apply) and a.manifest["kind"] == kind]


def test_first_the_target_is_created_and_the_service_left_alone(a_view: ViewBuilder) -> None:
    step = next_step(a_view(placement(FOG), move=MOVE))

    assert step.stage is Stage.PREPARE
    assert applied(step.actions, "Deployment") == ["detector-plant-7-default"]
    (service,) = [a for a in step.actions if isinstance(a, Apply) and a.manifest["kind"] == "Service"]
    assert service.manifest["spec"]["selector"]["aiworkload.dev/site"] == "fog-1"


def test_the_service_is_not_switched_while_the_target_warms(a_view: ViewBuilder) -> None:
    step = next_step(a_view(placement(FOG), placement(PLANT, ready=False), move=MOVE))

    assert step.stage is Stage.WARM
    assert not [action for action in step.actions if isinstance(action, Delete)]


def test_a_ready_target_gets_the_service_with_the_move_written_on_it(a_view: ViewBuilder) -> None:
    step = next_step(a_view(placement(FOG), placement(PLANT), move=MOVE))

    assert step.stage is Stage.SWITCH
    (action,) = step.actions
    assert isinstance(action, Apply)
    assert action.manifest["spec"]["selector"]["aiworkload.dev/site"] == "plant-7"
    assert '"switch"' in action.manifest["metadata"]["annotations"]["aiworkload.dev/move"]


def test_the_source_stands_for_drain_seconds_after_the_switch(a_view: ViewBuilder) -> None:
    view = a_view(placement(FOG), placement(PLANT), selects=PLANT, intent=switched(NOW), now=NOW + 29)

    step = next_step(view)

    assert (step.stage, step.wait_until) == (Stage.DRAIN, NOW + 30)
    assert not [action for action in step.actions if isinstance(action, Delete)]


def test_the_drained_source_is_removed_and_the_move_recorded_with_it(a_view: ViewBuilder) -> None:
    view = a_view(placement(FOG), placement(PLANT), selects=PLANT, intent=switched(NOW), now=NOW + 30)

    step = next_step(view)

    assert step.stage is Stage.REMOVE
    assert [a.uid for a in step.actions if isinstance(a, Delete)] == ["uid-fog-1"]
    assert [(move.from_site, move.to_site, move.result.value) for move in step.ended] == [
        ("fog-1", "plant-7", "Completed")
    ]


def test_what_is_being_deleted_is_not_deleted_twice(a_view: ViewBuilder) -> None:
    going = placement(FOG, deleting=True)

    step = next_step(a_view(going, placement(PLANT), selects=PLANT, intent=switched(NOW), now=NOW + 60))

    assert step.stage is Stage.SETTLED


def test_a_silent_sites_placement_is_kept_after_the_switch(a_view: ViewBuilder) -> None:
    view = a_view(
        placement(FOG, ready=False),
        placement(PLANT),
        selects=PLANT,
        intent=switched(NOW),
        silent=("fog-1",),
        kept=(FOG,),
        now=NOW + 3600,
    )

    step = next_step(view)

    assert step.stage is Stage.SETTLED
    assert not [action for action in step.actions if isinstance(action, Delete)]
    assert step.states[FOG].value == "Detached"
    assert step.ended, "the move is over though its source stands"


def test_a_target_given_up_is_removed_at_once_and_recorded(a_view: ViewBuilder) -> None:
    view = a_view(placement(FOG), placement(PLANT, ready=False), wanted=(FOG,), rolled_back=MOVE)

    step = next_step(view)

    assert step.stage is Stage.GIVE_UP
    assert [a.uid for a in step.actions if isinstance(a, Delete)] == ["uid-plant-7"]
    assert [move.result.value for move in step.ended] == ["RolledBack"]


def test_a_target_given_up_goes_even_when_the_source_is_not_ready_itself(a_view: ViewBuilder) -> None:
    view = a_view(placement(FOG, ready=False), placement(PLANT, ready=False), wanted=(FOG,), rolled_back=MOVE)

    step = next_step(view)

    assert [a.uid for a in step.actions if isinstance(a, Delete)] == ["uid-plant-7"]


def test_nothing_wanted_and_nothing_standing_does_nothing(a_view: ViewBuilder) -> None:
    step = next_step(a_view(wanted=(), service=False))

    assert (step.stage, step.actions) == (Stage.SETTLED, ())


def test_the_first_placement_brings_its_service(a_view: ViewBuilder) -> None:
    step = next_step(a_view(service=False))

    assert step.stage is Stage.PREPARE
    assert applied(step.actions, "Service") == ["detector"]
    assert [fact.reason for action in step.actions if isinstance(action, Apply) for fact in action.facts] == ["Placed"]
