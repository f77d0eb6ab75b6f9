# SPDX-License-Identifier: Apache-2.0
"""A move as it is remembered on the objects it changes: the annotation `names.MOVE_ANNOTATION`.

On a Deployment it is the move that created it; on a Service it is the last switch. Together they let an operator
that was killed half-way go on from the objects alone.
"""

from typing import Annotated

from pydantic import Field

from aiworkload.api.base import Model
from aiworkload.api.timestamps import to_epoch, to_rfc3339
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.snapshot.workload import MoveIntent


def encode(intent: MoveIntent) -> str:
    """The annotation's text; times are RFC 3339 in whole seconds."""
    remembered = _Remembered(
        from_site=intent.from_site,
        to_site=intent.to_site,
        trigger=intent.trigger,
        start=to_rfc3339(intent.start_time),
        switch=to_rfc3339(intent.switch_time) if intent.switch_time is not None else None,
    )
    return remembered.model_dump_json(by_alias=True, exclude_none=True)


def decode(text: str | None) -> MoveIntent | None:
    """The move in an annotation; None where there is none or somebody wrote something else there."""
    try:
        return _Remembered.model_validate_json(text).to_intent() if text else None
    except ValueError:
        return None


class _Remembered(Model):
    """The annotation's fields; `from` is a word of Python's."""

    from_site: Annotated[str, Field(alias="from")]
    to_site: Annotated[str, Field(alias="to")]
    trigger: MoveTrigger
    start: str
    switch: str | None = None

    def to_intent(self) -> MoveIntent:
        """As snapshots know it."""
        return MoveIntent(
            from_site=self.from_site,
            to_site=self.to_site,
            trigger=self.trigger,
            start_time=to_epoch(self.start),
            switch_time=to_epoch(self.switch) if self.switch is not None else None,
        )
