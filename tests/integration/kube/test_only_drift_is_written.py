# SPDX-License-Identifier: Apache-2.0
"""Server-side apply of what differs, seen by the next snapshot at once, and nothing else."""

import json
from typing import Any

import pytest

from aiworkload.api import names
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.kube.projection.base import Key
from aiworkload.reconcile.ports import Conflict, Fenced, Refused
from aiworkload.rollout.manifests import deployment, service
from aiworkload.snapshot.workload import Assignment, Workload, WorkloadKey
from localcluster import ControlPlane
from tests.integration.kube.borders import Border, border, eventually

pytestmark = pytest.mark.integration
HERE = Assignment("eu", "default")


async def a_workload(cluster: ControlPlane, watched: Border, name: str) -> Workload:
    site_spec = {"tier": "Cloud", "nodeSelector": {"zone": "eu"}}
    site = {"apiVersion": names.API_VERSION, "kind": "Site", "metadata": {"name": "eu"}, "spec": site_spec}
    model = {"model": {"uri": "s3://models/x"}}
    workload = {"apiVersion": names.API_VERSION, "kind": "AIWorkload", "metadata": {"name": name}, "spec": model}
    for manifest in (site, workload):
        cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    key = WorkloadKey("default", name)
    await eventually(lambda: key in watched.cluster.snapshot().workloads and watched.cluster.snapshot().sites)
    return watched.cluster.snapshot().workloads[key]


def manifests(watched: Border, workload: Workload) -> list[dict[str, Any]]:
    site = watched.cluster.snapshot().sites["eu"].spec
    return [deployment(workload, HERE, site, None, "triton:1"), service(workload, HERE, None)]


async def test_what_was_written_is_seen_at_once_and_not_written_again(cluster: ControlPlane) -> None:
    async with border(cluster) as watched:
        workload = await a_workload(cluster, watched, "once")
        for manifest in manifests(watched, workload):
            assert await watched.cluster.apply(manifest)
            assert not await watched.cluster.apply(manifest)
        seen = watched.cluster.snapshot().workloads[workload.key]
        assert [placement.assignment for placement in seen.placements] == [HERE]
        assert seen.service is not None
        assert seen.service.selects == HERE
        # The deployment controller's own writes are no drift either.
        await eventually(lambda: watched.cluster.snapshot().workloads[workload.key].placements[0].pods)
        for manifest in manifests(watched, workload):
            assert not await watched.cluster.apply(manifest)


async def test_what_somebody_else_changed_is_put_right_and_what_we_drop_is_removed(cluster: ControlPlane) -> None:
    async with border(cluster) as watched:
        workload = await a_workload(cluster, watched, "drift")
        wide = service(workload, None, None)
        narrow = service(workload, HERE, None)
        await watched.cluster.apply(narrow)
        assert await watched.cluster.apply(wide)
        live = watched.store.services.get(Key("default", "drift"))
        assert live is not None
        assert live.spec["selector"] == {names.WORKLOAD_LABEL: "drift"}
        assert live.metadata.annotations == {names.EPOCH_ANNOTATION: "7"}


async def test_a_status_is_written_once_and_never_over_news(cluster: ControlPlane) -> None:
    async with border(cluster) as watched:
        workload = await a_workload(cluster, watched, "status")
        await watched.cluster.write_workload_status(workload, AIWorkloadStatus(observed_generation=1))
        again = watched.cluster.snapshot().workloads[workload.key]
        await watched.cluster.write_workload_status(again, AIWorkloadStatus(observed_generation=1))
        assert watched.writes == [("AIWorkload", "apply status")]
        with pytest.raises(Conflict):
            await watched.cluster.write_workload_status(workload, AIWorkloadStatus(observed_generation=2))


async def test_deleting_takes_that_very_object_and_a_gone_one_is_a_success(cluster: ControlPlane) -> None:
    async with border(cluster) as watched:
        workload = await a_workload(cluster, watched, "delete")
        (manifest, _) = manifests(watched, workload)
        await watched.cluster.apply(manifest)
        name, uid = manifest["metadata"]["name"], watched.cluster.snapshot().workloads[workload.key].placements[0].uid
        await watched.cluster.delete("Deployment", "default", name, "00000000-0000-0000-0000-000000000000")
        assert name in cluster.run_kubectl("get", "deployments", "-o", "name")
        await watched.cluster.delete("Deployment", "default", name, uid)
        assert not watched.cluster.snapshot().workloads[workload.key].placements
        await watched.cluster.delete("Deployment", "default", name, uid)


async def test_a_site_is_created_once_and_never_overwritten(cluster: ControlPlane) -> None:
    async with border(cluster) as watched:
        site = {"apiVersion": names.API_VERSION, "kind": "Site", "metadata": {"name": "new"}, "spec": {"tier": "Edge"}}
        assert await watched.cluster.create(site)
        assert not await watched.cluster.create({**site, "spec": {"tier": "Cloud"}})
        assert watched.cluster.snapshot().sites["new"].spec.tier.value == "Edge"


async def test_the_api_servers_refusal_is_its_own_sentence(cluster: ControlPlane) -> None:
    async with border(cluster) as watched:
        bad = {"apiVersion": names.API_VERSION, "kind": "Site", "metadata": {"name": "bad"}, "spec": {"tier": "Space"}}
        with pytest.raises(Refused, match="Unsupported value"):
            await watched.cluster.create(bad)


async def test_without_leadership_nothing_is_written_even_if_it_ends_while_the_request_is_made(
    cluster: ControlPlane,
) -> None:
    asked = 0

    def lost_at_the_last_moment() -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise Fenced("lost")

    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stale"}}
    async with border(cluster) as watched:
        workload = await a_workload(cluster, watched, "fenced")
        with pytest.raises(Fenced):
            await watched.connection.request(
                "POST", "/api/v1/namespaces/default/configmaps", body=body, guard=lost_at_the_last_moment
            )
        watched.fence.close()
        with pytest.raises(Fenced):
            await watched.cluster.apply(service(workload, HERE, None))
    assert "stale" not in cluster.run_kubectl("get", "configmaps", "-o", "name")


@pytest.mark.parametrize("selector", [{"app": "theirs"}, None], ids=["with a selector", "without one"])
async def test_somebody_elses_service_of_the_same_name_is_not_taken_over(
    cluster: ControlPlane, selector: dict[str, str] | None
) -> None:
    name = "taken-with" if selector else "taken-without"
    spec = {"selector": selector, "ports": [{"name": "other", "port": 1234}]}
    theirs = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
    cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(theirs))
    before = json.loads(cluster.run_kubectl("get", "service", name, "-o", "json"))
    async with border(cluster) as watched:
        workload = await a_workload(cluster, watched, name)
        (_, mine) = manifests(watched, workload)
        with pytest.raises(Refused, match=f"Service {name} exists already and is somebody else's"):
            await watched.cluster.apply(mine)
    assert json.loads(cluster.run_kubectl("get", "service", name, "-o", "json")) == before
