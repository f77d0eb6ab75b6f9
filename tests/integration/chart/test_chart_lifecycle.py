# SPDX-License-Identifier: Apache-2.0
"""Install, upgrade, uninstall: what users made stays."""

import json
from typing import Any

import pytest

from localcluster import ControlPlane
from tests.integration.chart.conftest import CHART, NAMESPACE, RELEASE, Helm

pytestmark = pytest.mark.integration

WORKLOAD = {
    "apiVersion": "aiworkload.dev/v1alpha1",
    "kind": "AIWorkload",
    "metadata": {"name": "detector", "namespace": "default"},
    "spec": {"model": {"uri": "s3://models/detector"}},
}


def get(cluster: ControlPlane, *what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cluster.run_kubectl("get", *what, "-o", "json"))
    return found


def test_install_brings_the_operator_and_the_agents(standing: ControlPlane) -> None:
    operator = get(standing, "-n", NAMESPACE, "deployment/aiworkload-operator")
    agent = get(standing, "-n", NAMESPACE, "daemonset/aiworkload-agent")
    assert operator["spec"]["replicas"] == 1
    images = {it["spec"]["template"]["spec"]["containers"][0]["image"] for it in (operator, agent)}
    assert len(images) == 1


def test_install_tells_the_next_step(standing: ControlPlane, helm: Helm) -> None:
    del standing
    notes = helm("get", "notes", "aiworkload-operator", "--namespace", NAMESPACE)
    assert "docker build -f operator/Dockerfile" in notes
    assert "kubectl apply -f -" in notes
    assert "kubectl aiworkload explain" in notes


def test_its_pods_are_admitted_under_pod_security_restricted(standing: ControlPlane, helm: Helm) -> None:
    standing.run_kubectl(
        "label", "--overwrite", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted"
    )
    for name in ("deployment/aiworkload-operator", "daemonset/aiworkload-agent"):
        pod = get(standing, "-n", NAMESPACE, name)["spec"]["template"]
        manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "trial"}, "spec": pod["spec"]}
        standing.run_kubectl("create", "-n", NAMESPACE, "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))
    assert "deployed" in helm("status", "aiworkload-operator", "--namespace", NAMESPACE)


def test_upgrade_changes_what_was_asked_for_and_leaves_the_rest(installed: ControlPlane, helm: Helm) -> None:
    before = get(installed, "crd/aiworkloads.aiworkload.dev")["metadata"]["uid"]
    key = get(installed, "-n", NAMESPACE, "secret/aiworkload-agent-key")["data"]["key"]
    helm("upgrade", *RELEASE, "--set", "operator.replicas=2,settings.loop.resyncSeconds=60")
    operator = get(installed, "-n", NAMESPACE, "deployment/aiworkload-operator")["spec"]
    variables = {it["name"]: it.get("value") for it in operator["template"]["spec"]["containers"][0]["env"]}
    assert operator["replicas"] == 2
    assert variables["AIWORKLOAD_LOOP_RESYNC_SECONDS"] == "60"
    assert get(installed, "-n", NAMESPACE, "secret/aiworkload-agent-key")["data"]["key"] == key
    assert get(installed, "-n", NAMESPACE, "pdb/aiworkload-operator")["spec"]["minAvailable"] == 1
    assert get(installed, "crd/aiworkloads.aiworkload.dev")["metadata"]["uid"] == before


def test_uninstall_keeps_crds_workloads_and_what_serves(installed: ControlPlane, helm: Helm) -> None:
    installed.run_kubectl("apply", "-f", "-", stdin=json.dumps(WORKLOAD))
    serving = ("create", "deployment", "detector-plant-7", "--image=triton", "--dry-run=client", "-o", "json")
    installed.run_kubectl("apply", "-f", "-", stdin=installed.run_kubectl(*serving))
    uid = get(installed, "aiworkload/detector")["metadata"]["uid"]

    helm("uninstall", "aiworkload-operator", "--namespace", NAMESPACE, "--wait")

    assert "aiworkload-operator" not in installed.run_kubectl("get", "deployments,clusterroles", "-A", "-o", "name")
    assert get(installed, "aiworkload/detector")["metadata"]["uid"] == uid
    assert get(installed, "deployment/detector-plant-7")["spec"]["replicas"] == 1

    helm("install", *RELEASE)
    assert get(installed, "aiworkload/detector")["metadata"]["uid"] == uid


def test_the_plain_manifest_installs_the_same(standing: ControlPlane) -> None:
    manifest = CHART.parents[1] / "manifests" / "install.yaml"
    applied = standing.run_kubectl(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", str(manifest)
    )
    assert f"namespace/{NAMESPACE} serverside-applied" in applied
    assert "deployment.apps/aiworkload-operator serverside-applied" in applied
