# SPDX-License-Identifier: Apache-2.0
"""A change of a set has the life of a move: traffic is told once all is ready, what leaves is drained, and recorded."""

from dataclasses import replace

from aiworkload.api.workload_status import AIWorkloadStatus, MoveResult, PlacementState
from aiworkload.rollout.actions import Apply, Delete, Stage
from aiworkload.rollout.intent import decode
from aiworkload.rollout.steps import next_step
from aiworkload.rollout.view import View
from aiworkload.snapshot.workload import Assignment
from tests.unit.rollout.conftest import FOG, MOVE, NOW, PLANT, ViewBuilder, placement, switched

SECOND = Assignment("plant-7", "second")
DRAIN = {"migration": {"drainSeconds": 30}}
VARIANTS = {"model": {"variants": [{"name": name, "uri": f"s3://models/{name}"} for name in ("default", "second")]}}


def a_change(a_view: ViewBuilder, **more: object) -> View:
    """fog-1 leaves; the two placements at plant-7 stand for what stays."""
    given = {"wanted": (PLANT, SECOND), "selects": None, "spec": {**VARIANTS, **DRAIN}, "move": MOVE, **more}
    return a_view(placement(FOG), placement(PLANT), placement(SECOND), **given)


def deletions(view: View) -> list[str]:
    return [action.name for action in next_step(view).actions if isinstance(action, Delete)]


def test_when_all_is_ready_the_service_is_told_in_one_write_and_nothing_is_deleted(a_view: ViewBuilder) -> None:
    step = next_step(a_change(a_view))
    assert step.stage is Stage.SWITCH
    (action,) = step.actions
    assert isinstance(action, Apply)
    assert action.manifest["spec"]["selector"] == {"aiworkload.dev/workload": "detector"}
    note = decode(action.manifest["metadata"]["annotations"]["aiworkload.dev/move"])
    assert note == switched(NOW)
    assert step.ended == ()


def test_what_leaves_is_drained_first(a_view: ViewBuilder) -> None:
    view = a_change(a_view, intent=switched(NOW - 10))
    step = next_step(view)
    assert step.stage is Stage.DRAIN
    assert step.wait_until == NOW + 20
    assert step.states[FOG] is PlacementState.DRAINING
    assert deletions(view) == []


def test_then_it_is_recorded_and_removed(a_view: ViewBuilder) -> None:
    view = a_change(a_view, intent=switched(NOW - 31))
    step = next_step(view)
    assert step.stage is Stage.REMOVE
    assert deletions(view) == ["detector-fog-1"]
    (move,) = step.ended
    assert (move.from_site, move.to_site, move.trigger, move.result) == (
        "fog-1",
        "plant-7",
        MOVE.trigger,
        MoveResult.COMPLETED,
    )


def test_it_is_recorded_once(a_view: ViewBuilder) -> None:
    view = a_change(a_view, intent=switched(NOW - 31))
    known = AIWorkloadStatus(moves=next_step(view).ended)
    assert next_step(replace(view, workload=replace(view.workload, published=known))).ended == ()


def test_a_service_at_several_sites_prefers_the_clients_zone(a_view: ViewBuilder) -> None:
    (several,) = next_step(a_change(a_view)).actions
    (one,) = next_step(a_view(placement(FOG), placement(PLANT), move=MOVE)).actions
    assert isinstance(several, Apply)
    assert isinstance(one, Apply)
    assert several.manifest["spec"]["trafficDistribution"] == "PreferClose"
    assert "trafficDistribution" not in one.manifest["spec"]
