# SPDX-License-Identifier: Apache-2.0
"""What the operator's own functions make of the cluster as it is now."""

from typing import Any

from aiworkload.cli.output import BadInputError
from aiworkload.cli.policy import operator_policy
from aiworkload.cli.session import read_store, snapshot_of
from aiworkload.kube.connection import Connection
from aiworkload.placement.advise import decide_with_advice
from aiworkload.placement.examine import examine
from aiworkload.placement.plan import Plan
from aiworkload.reconcile.workload_report import candidate_status, explained, status_of
from aiworkload.rollout.steps import next_step
from aiworkload.rollout.view import View
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey


async def live_status(connection: Connection, namespace: str, name: str) -> dict[str, Any]:
    """The status that the operator would write at this moment, with every candidate and not the ten best only.

    Raises:
        ClusterError: the cluster could not be read.
        BadInputError: the stored object cannot be read.
    """
    policy = operator_policy()
    snapshot = snapshot_of(await read_store(connection), policy)
    key = WorkloadKey(namespace, name)
    for unreadable in snapshot.unreadable:
        if unreadable.key == key:
            raise BadInputError(unreadable.error)
    status = status_after(snapshot, decide_with_advice(snapshot, policy, snapshot.taken_at), key)
    whole = (candidate_status(candidate).to_api() for candidate in examine(snapshot, policy, key))
    return {**status, "decision": {**status["decision"], "candidates": list(whole)}}


def status_after(snapshot: Snapshot, plan: Plan, key: WorkloadKey) -> dict[str, Any]:
    """One workload's status as the operator would write it for this plan."""
    # The image is no part of a status, and the operator's own is not known here.
    view = View(snapshot.workloads[key], plan.decisions[key], snapshot.sites, snapshot.taken_at, default_image="")
    return explained(status_of(view, next_step(view), None), view.decision).to_api()
