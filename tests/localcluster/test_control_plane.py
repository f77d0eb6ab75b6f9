# SPDX-License-Identifier: Apache-2.0
"""The control plane is a real one: it starts, knows who asks, and writes down what was asked."""

import json
import subprocess
from pathlib import Path

import pytest

from localcluster import ApiError, ControlPlane, KubectlError, StartError

pytestmark = pytest.mark.integration


def as_user(cluster: ControlPlane, kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [cluster.kubectl, f"--kubeconfig={kubeconfig}", *arguments], capture_output=True, text=True, check=False
    )


def test_it_starts_with_every_component(cluster: ControlPlane) -> None:
    assert set(cluster.pids) >= {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    assert cluster.run_kubectl("get", "--raw", "/readyz") == "ok"


def test_the_server_reports_the_version_that_is_pinned(cluster: ControlPlane) -> None:
    version = json.loads(cluster.run_kubectl("version", "--output=json"))
    assert version["serverVersion"]["gitVersion"] == "v1.36.1"


def test_rbac_denies_a_service_account_that_nothing_is_bound_to(cluster: ControlPlane) -> None:
    kubeconfig = cluster.kubeconfig_for("default", "default")
    answer = as_user(cluster, kubeconfig, "get", "nodes")
    assert answer.returncode != 0
    assert 'User "system:serviceaccount:default:default" cannot list resource "nodes"' in answer.stderr


def test_a_token_bound_to_a_node_carries_its_name(cluster: ControlPlane) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "camera-3"}}
    cluster.run_kubectl("create", "--filename=-", stdin=json.dumps(node))
    kubeconfig = cluster.kubeconfig_for("default", "default", bound_node="camera-3")
    review = json.loads(as_user(cluster, kubeconfig, "auth", "whoami", "--output=json").stdout)
    assert review["status"]["userInfo"]["extra"]["authentication.kubernetes.io/node-name"] == ["camera-3"]


def test_a_token_for_a_node_that_is_not_there_is_refused(cluster: ControlPlane) -> None:
    with pytest.raises(ApiError, match="no-such-node") as refused:
        cluster.kubeconfig_for("default", "default", bound_node="no-such-node")
    assert refused.value.status == 404


def test_another_server_name_is_checked_against_the_same_certificate(cluster: ControlPlane) -> None:
    elsewhere = cluster.url.replace("127.0.0.1", "127.0.0.2")
    kubeconfig = cluster.kubeconfig_for("default", "default", server=elsewhere, tls_server_name="localhost")
    config = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]
    assert (config["server"], config["tls-server-name"]) == (elsewhere, "localhost")


def test_the_audit_log_tells_who_wrote_what(cluster: ControlPlane) -> None:
    cluster.run_kubectl("create", "configmap", "audited")
    assert cluster.audit_log is not None
    entries = [json.loads(line) for line in cluster.audit_log.read_text().splitlines()]
    writes = [entry for entry in entries if entry.get("objectRef", {}).get("name") == "audited"]
    assert [(entry["verb"], entry["user"]["username"]) for entry in writes] == [("create", "admin")]


def test_kubectl_errors_are_raised_with_what_kubectl_said(cluster: ControlPlane) -> None:
    with pytest.raises(KubectlError, match="no-such-namespace"):
        cluster.run_kubectl("get", "namespace", "no-such-namespace")


def test_a_wrong_flag_fails_with_the_end_of_the_log() -> None:
    with pytest.raises(StartError, match="unknown flag: --no-such-flag"):
        ControlPlane.start(
            scheduler=False, controller_manager=False, extra_args={"etcd": [], "kube-apiserver": ["--no-such-flag"]}
        )
