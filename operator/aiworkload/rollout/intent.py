# SPDX-License-Identifier: Apache-2.0
"""A move as it is remembered on the objects it changes: the annotation `names.MOVE_ANNOTATION`.

On a Deployment it is the move that created it; on a Service it is the last switch. Together they let an operator
that was killed half-way go on from the objects alone.
"""

import json

from aiworkload.api.timestamps import to_epoch, to_rfc3339
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.snapshot.workload import MoveIntent


def encode(intent: MoveIntent) -> str:
    """The annotation's text; times are RFC 3339 in whole seconds."""
    fields = {
        "from": intent.from_site,
        "to": intent.to_site,
        "trigger": intent.trigger.value,
        "start": to_rfc3339(intent.start_time),
    }
    if intent.switch_time is not None:
        fields["switch"] = to_rfc3339(intent.switch_time)
    return json.dumps(fields, sort_keys=True)


def decode(text: str | None) -> MoveIntent | None:
    """The move in an annotation; None where there is none or somebody wrote something else there."""
    try:
        fields = json.loads(text) if text else None
        if not isinstance(fields, dict):
            return None
        return MoveIntent(
            from_site=str(fields["from"]),
            to_site=str(fields["to"]),
            trigger=MoveTrigger(fields["trigger"]),
            start_time=to_epoch(fields["start"]),
            switch_time=to_epoch(fields["switch"]) if "switch" in fields else None,
        )
    except (KeyError, TypeError, ValueError):
        return None
