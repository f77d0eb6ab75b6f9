# SPDX-License-Identifier: Apache-2.0
"""What the operator decided over time: every move with its reason, and the last word on each workload."""

from dataclasses import dataclass, field

from aiworkload.api.timestamps import to_epoch, to_rfc3339
from aiworkload.api.workload_status import MoveStatus
from aiworkload.reconcile.cycle import CycleReport
from aiworkload.simulation.report import MoveTold
from aiworkload.snapshot.workload import WorkloadKey

_Begun = tuple[WorkloadKey, str, str]
"""Workload, start as the status tells it, target site: what a move is known by."""


@dataclass(slots=True)
class Diary:
    """Filled from the cycles' reports; the status itself remembers only the last ten moves."""

    _reasons: dict[_Begun, str] = field(default_factory=dict[_Begun, str])
    _moves: dict[_Begun, MoveTold] = field(default_factory=dict[_Begun, MoveTold])
    _messages: dict[WorkloadKey, str] = field(default_factory=dict[WorkloadKey, str])

    def note(self, report: CycleReport) -> None:
        """Take in one cycle."""
        for key, decision in report.plan.decisions.items():
            self._messages[key] = f"{decision.reason.value}: {decision.message}"
            move = decision.move
            if move is not None:
                begun = (key, to_rfc3339(move.started_at), move.target.site)
                self._reasons.setdefault(begun, decision.message)
        for key, step in report.steps.items():
            for ended in step.ended:
                self._note_end(key, ended)

    def of(self, key: WorkloadKey) -> tuple[str, tuple[MoveTold, ...]]:
        """The last word on a workload, and its moves in order."""
        moves = (move for (owner, _, _), move in self._moves.items() if owner == key)
        return self._messages.get(key, ""), tuple(sorted(moves, key=lambda move: move.start))

    def _note_end(self, key: WorkloadKey, ended: MoveStatus) -> None:
        begun = (key, ended.start_time, ended.to_site)
        self._moves[begun] = MoveTold(
            from_site=ended.from_site,
            to_site=ended.to_site,
            trigger=ended.trigger.value,
            result=ended.result.value,
            start=to_epoch(ended.start_time),
            end=to_epoch(ended.end_time),
            reason=self._reasons.get(begun, ""),
        )
