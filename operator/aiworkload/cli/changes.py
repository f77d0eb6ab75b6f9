# SPDX-License-Identifier: Apache-2.0
"""The answer of `plan` as a document: what `-o json` prints. Its form is in docs/cli.md."""

from collections.abc import Iterable, Sequence
from typing import Any

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.cli.dry_run import Submitted
from aiworkload.cli.live import status_after
from aiworkload.cli.tree import part, parts
from aiworkload.placement.plan import Decision, Plan
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, WorkloadKey

Document = dict[str, Any]
Cluster = tuple[Snapshot, Plan]
"""A cluster's facts, and what is decided from them."""


def plan_document(submitted: Sequence[Submitted], *, before: Cluster, after: Cluster) -> Document:
    """What would be decided with the file's objects in place, compared with what is decided without them."""
    mine = {WorkloadKey(one.namespace, one.name): one for one in submitted if one.kind == "AIWorkload"}
    workloads = [_workload(key, mine.get(key), before, after) for key in sorted(after[1].decisions)]
    shown = [workload for workload in workloads if workload["inFile"] or workload["changes"]]
    objects = [_object(one) for one in submitted]
    return {
        "kind": "Plan",
        "decidedAt": to_rfc3339(after[1].decided_at),
        "changes": any(one["changes"] for one in shown) or any(one["action"] != "None" for one in objects),
        "objects": objects,
        "workloads": shown,
    }


def _object(one: Submitted) -> Document:
    action = "Create" if not one.exists else "Change" if one.changed else "None"
    where = {"namespace": one.namespace} if one.namespace else {}
    return {"kind": one.kind, **where, "name": one.name, "action": action}


def _workload(key: WorkloadKey, mine: Submitted | None, before: Cluster, after: Cluster) -> Document:
    decision = after[1].decisions[key]
    status = status_after(after[0], after[1], key)
    return {
        "namespace": key.namespace,
        "name": key.name,
        "inFile": mine is not None,
        "changes": (mine is not None and mine.changed) or _differs(before[1].decisions.get(key), decision),
        "from": _places(p.assignment for p in after[0].workloads[key].placements if not p.deleting),
        "to": _places(decision.assignments),
        "reason": decision.reason.value,
        "trigger": decision.move.trigger.value if decision.move else None,
        "message": decision.message,
        "heldBack": decision.suppressed,
        "latency": status.get("latency"),
        "cost": status.get("cost"),
        "candidates": parts(part(status, "decision"), "candidates"),
    }


def _differs(before: Decision | None, after: Decision) -> bool:
    if before is None:
        return True
    ways = [(d.move.source, d.move.target) if d.move else None for d in (before, after)]
    return set(before.assignments) != set(after.assignments) or ways[0] != ways[1]


def _places(assignments: Iterable[Assignment]) -> list[Document]:
    return [{"site": one.site, "variant": one.variant} for one in sorted(assignments)]
