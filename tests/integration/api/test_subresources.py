# SPDX-License-Identifier: Apache-2.0
"""Spec and status are written apart, and kubectl's own commands (scale, wait, get) understand the kinds."""

import json
from typing import Any

import pytest

from localcluster import ControlPlane
from localcluster.errors import KubectlError
from tests.integration.api.conftest import Create
from tests.integration.api.manifests import CLIENTS, a_site, a_workload

pytestmark = pytest.mark.integration

NOW = "2026-11-23T12:00:00Z"
READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Serving",
    "message": "",
    "lastTransitionTime": NOW,
    # kubectl wait takes a condition of an older generation for unmet.
    "observedGeneration": 1,
}


def patch_status(cluster: ControlPlane, what: str, status: dict[str, Any]) -> None:
    cluster.run_kubectl("patch", what, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


def kept(cluster: ControlPlane, what: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(cluster.run_kubectl("get", what, "-o", "json"))
    return answer


def test_a_user_cannot_write_the_status_with_the_object(create: Create, fresh_name: str) -> None:
    made = create(a_workload(fresh_name) | {"status": {"replicas": 7}})
    assert "status" not in made


def test_the_status_door_does_not_change_the_spec(api_server: ControlPlane, create: Create, fresh_name: str) -> None:
    create(a_workload(fresh_name))
    both = json.dumps({"spec": {"scaling": {"minReplicas": 9}}, "status": {"replicas": 2}})
    api_server.run_kubectl("patch", f"aiw/{fresh_name}", "--subresource=status", "--type=merge", "-p", both)
    after = kept(api_server, f"aiw/{fresh_name}")
    assert (after["spec"]["scaling"]["minReplicas"], after["status"]["replicas"]) == (1, 2)
    assert after["metadata"]["generation"] == 1


def test_kubectl_scale_sets_min_replicas(api_server: ControlPlane, create: Create, fresh_name: str) -> None:
    create(a_workload(fresh_name))
    api_server.run_kubectl("scale", f"aiw/{fresh_name}", "--replicas=3")
    assert kept(api_server, f"aiw/{fresh_name}")["spec"]["scaling"]["minReplicas"] == 3


def test_the_scale_subresource_tells_replicas_and_selector(
    api_server: ControlPlane, create: Create, fresh_name: str
) -> None:
    create(a_workload(fresh_name))
    selector = f"aiworkload.dev/workload={fresh_name}"
    patch_status(api_server, f"aiw/{fresh_name}", {"replicas": 2, "selector": selector})
    path = f"/apis/aiworkload.dev/v1alpha1/namespaces/default/aiworkloads/{fresh_name}/scale"
    assert json.loads(api_server.run_kubectl("get", "--raw", path))["status"] == {"replicas": 2, "selector": selector}


def test_kubectl_scale_cannot_go_below_one(api_server: ControlPlane, create: Create, fresh_name: str) -> None:
    create(a_workload(fresh_name))
    with pytest.raises(KubectlError, match="should be greater than or equal to 1"):
        api_server.run_kubectl("scale", f"aiw/{fresh_name}", "--replicas=0")


def test_kubectl_wait_sees_the_ready_condition(api_server: ControlPlane, create: Create, fresh_name: str) -> None:
    create(a_workload(fresh_name))
    patch_status(api_server, f"aiw/{fresh_name}", {"conditions": [READY]})
    api_server.run_kubectl("wait", "--for=condition=Ready", f"aiw/{fresh_name}", "--timeout=10s")


def test_a_condition_that_contradicts_itself_is_refused(
    api_server: ControlPlane, create: Create, fresh_name: str
) -> None:
    create(a_workload(fresh_name))
    with pytest.raises(KubectlError, match="Duplicate value"):
        patch_status(api_server, f"aiw/{fresh_name}", {"conditions": [READY, READY | {"status": "False"}]})


def test_kubectl_get_shows_where_it_runs_and_how_fast(
    api_server: ControlPlane, create: Create, fresh_name: str
) -> None:
    create(a_workload(fresh_name, requirements=CLIENTS))
    standing = {"site": "plant-7", "variant": "int8", "tier": "Edge", "state": "Serving"}
    status = {
        "conditions": [READY],
        "sites": "plant-7",
        "placements": [standing],
        "readyReplicas": 1,
        "latency": {"totalP95Milliseconds": 12},
        "cost": {"estimatedPerHour": "0.08"},
    }
    patch_status(api_server, f"aiw/{fresh_name}", status)
    header, row = api_server.run_kubectl("get", "aiw", fresh_name, "-o", "wide").splitlines()
    columns = dict(zip(header.split(), row.split(), strict=False))
    assert {"READY": "True", "SITES": "plant-7", "TIER": "Edge", "REPLICAS": "1"}.items() <= columns.items()
    assert (columns["P95-MS"], columns["TARGET-MS"], columns["REASON"]) == ("12", "50", "Serving")
    assert header.split()[-1] == "AGE"
    assert "int8" in row
    assert "0.08" in row


def test_kubectl_get_inference_lists_all_kinds(api_server: ControlPlane, create: Create, fresh_name: str) -> None:
    create(a_workload(fresh_name))
    create(a_site(fresh_name))
    listed = api_server.run_kubectl("get", "inference", "-o", "name")
    assert f"aiworkload.aiworkload.dev/{fresh_name}" in listed
    assert f"site.aiworkload.dev/{fresh_name}" in listed
