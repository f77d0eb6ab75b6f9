# SPDX-License-Identifier: Apache-2.0
"""A real PriorityClass, one created by Kubernetes itself and one that is deleted, give workloads their priority."""

import json

import pytest

from aiworkload.snapshot.workload import WorkloadKey
from localcluster import ControlPlane
from tests.integration.kube.borders import border, eventually

pytestmark = pytest.mark.integration

CRITICAL = 2_000_000_000
"""`system-cluster-critical`, which every API server creates."""


def apply(cluster: ControlPlane, **manifest: object) -> None:
    cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def a_workload(cluster: ControlPlane, name: str, priority_class: str) -> None:
    spec = {"model": {"uri": "s3://models/m"}, "priorityClassName": priority_class}
    meta = {"name": name, "namespace": "default"}
    apply(cluster, apiVersion="aiworkload.dev/v1alpha1", kind="AIWorkload", metadata=meta, spec=spec)


async def test_a_workloads_priority_follows_the_class_that_it_names(cluster: ControlPlane) -> None:
    meta = {"name": "urgent"}
    apply(cluster, apiVersion="scheduling.k8s.io/v1", kind="PriorityClass", metadata=meta, value=700)
    a_workload(cluster, "one", "urgent")
    a_workload(cluster, "two", "system-cluster-critical")
    one, two = WorkloadKey("default", "one"), WorkloadKey("default", "two")
    async with border(cluster) as watched:

        def priority(key: WorkloadKey) -> int | None:
            found = watched.cluster.snapshot().workloads.get(key)
            return found.priority if found else None

        await eventually(lambda: (priority(one), priority(two)) == (700, CRITICAL))
        cluster.run_kubectl("delete", "priorityclass", "urgent")
        await eventually(lambda: (priority(one), priority(two)) == (0, CRITICAL))
