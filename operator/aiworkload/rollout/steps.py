# SPDX-License-Identifier: Apache-2.0
"""`next_step`: where a workload's rollout stands and the one next thing to do.

Pure, and without memory: a killed operator goes on from what the cluster holds. The stages are asked in the order
of a move's life and the first that has something to do answers.
"""

from dataclasses import replace
from typing import Final

from aiworkload.rollout.actions import Stage, Step
from aiworkload.rollout.drain import drain
from aiworkload.rollout.give_up import give_up
from aiworkload.rollout.prepare import prepare
from aiworkload.rollout.remove import remove
from aiworkload.rollout.switch import switch
from aiworkload.rollout.view import View
from aiworkload.rollout.warm import warm

STAGES: Final = (prepare, give_up, warm, switch, drain, remove)

_OVER: Final = frozenset({Stage.REMOVE, Stage.SETTLED})
"""Stages at which the last switch is history: the old placement may go, or is gone."""


def next_step(view: View) -> Step:
    """The next step, with the upkeep of what stands, placement states, and the moves to record."""
    step = next((found for stage in STAGES if (found := stage(view))), Step(Stage.SETTLED))
    upkeep = () if step.stage is Stage.SWITCH else view.upkeep()
    return replace(
        step,
        actions=(*upkeep, *step.actions),
        ended=view.ended_moves(settled=step.stage in _OVER),
        states=view.states(),
    )
