# SPDX-License-Identifier: Apache-2.0
"""Real PriorityClasses give workloads their priority: one that is named and then deleted, and the default."""

import json

import pytest

from aiworkload.snapshot.workload import WorkloadKey
from localcluster import ControlPlane
from tests.integration.kube.borders import border, eventually

pytestmark = pytest.mark.integration


def apply(cluster: ControlPlane, **manifest: object) -> None:
    cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def a_class(cluster: ControlPlane, name: str, value: int, *, default: bool = False) -> None:
    kind = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
    apply(cluster, **kind, metadata={"name": name}, value=value, globalDefault=default)


def a_workload(cluster: ControlPlane, name: str, **named: str) -> None:
    spec = {"model": {"uri": "s3://models/m"}, **named}
    meta = {"name": name, "namespace": "default"}
    apply(cluster, apiVersion="aiworkload.dev/v1alpha1", kind="AIWorkload", metadata=meta, spec=spec)


async def test_a_workloads_priority_follows_the_class_that_it_names_or_the_default(cluster: ControlPlane) -> None:
    a_class(cluster, "urgent", 700)
    a_class(cluster, "usual", 20, default=True)
    a_workload(cluster, "one", priorityClassName="urgent")
    a_workload(cluster, "two")
    one, two = WorkloadKey("default", "one"), WorkloadKey("default", "two")
    async with border(cluster) as watched:

        def priority(key: WorkloadKey) -> int | None:
            found = watched.cluster.snapshot().workloads.get(key)
            return found.priority if found else None

        await eventually(lambda: (priority(one), priority(two)) == (700, 20))
        cluster.run_kubectl("delete", "priorityclass", "urgent")
        await eventually(lambda: (priority(one), priority(two)) == (0, 20))
