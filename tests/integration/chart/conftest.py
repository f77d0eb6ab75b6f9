# SPDX-License-Identifier: Apache-2.0
"""Helm, and a real cluster with the chart installed. No kubelet runs, so what counts is the objects, not the pods."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcluster import ControlPlane
from localcluster.binaries import ensure

CHART = Path(__file__).resolve().parents[3] / "charts" / "aiworkload-operator"
NAMESPACE = "aiworkload-system"
RELEASE = ["aiworkload-operator", str(CHART), "--namespace", NAMESPACE]

Helm = Callable[..., str]

_OURS = {"aiworkload.dev/workload": "probe"}
_UNLABELLED_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "probe", "namespace": "default"},
    "spec": {"ports": [{"port": 80}]},
}
_HOST_NETWORK = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "probe", "namespace": "default", "labels": _OURS},
    "spec": {
        "selector": {"matchLabels": _OURS},
        "template": {
            "metadata": {"labels": _OURS},
            "spec": {
                "hostNetwork": True,
                "automountServiceAccountToken": False,
                "containers": [{"name": "c", "image": "i"}],
            },
        },
    },
}


class HelmError(Exception):
    """Helm refused; the message is its own."""


def run_helm(*arguments: str) -> str:
    """Run Helm and return what it printed."""
    answer = subprocess.run([ensure(["helm"])["helm"], *arguments], capture_output=True, encoding="utf-8", check=False)
    if answer.returncode != 0:
        raise HelmError(answer.stderr)
    return answer.stdout


@pytest.fixture(scope="package")
def cluster() -> Iterator[ControlPlane]:
    """A control plane without a scheduler: nothing of the chart is to run here."""
    with ControlPlane.start(scheduler=False) as running:
        yield running


@pytest.fixture(scope="package")
def helm(cluster: ControlPlane) -> Helm:
    """Helm, working on the cluster."""

    def run(*arguments: str) -> str:
        return run_helm(*arguments, "--kubeconfig", str(cluster.kubeconfig))

    return run


def install(cluster: ControlPlane, helm: Helm) -> None:
    """Install the chart with its default values, whatever an earlier test left."""
    helm("upgrade", "--install", *RELEASE, "--create-namespace", "--reset-values")
    cluster.run_kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
    _wait_until_policies_hold(cluster)


def _wait_until_policies_hold(cluster: ControlPlane) -> None:
    """The API server takes its admission policies in a moment after they are written, not at once."""
    operator = cluster.kubeconfig_for(NAMESPACE, "aiworkload-operator")
    command = [cluster.kubectl, "--kubeconfig", operator, "create", "--validate=false", "--dry-run=server", "-f", "-"]
    deadline = time.monotonic() + 30
    for forbidden in (_UNLABELLED_SERVICE, _HOST_NETWORK):
        while True:
            text = json.dumps(forbidden)
            answer = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
            if "ValidatingAdmissionPolicy" in answer.stderr:
                break
            assert time.monotonic() < deadline, f"no admission policy holds: {answer.stdout}{answer.stderr}"
            time.sleep(0.2)


@pytest.fixture(scope="package")
def standing(cluster: ControlPlane, helm: Helm) -> ControlPlane:
    """The cluster with the chart installed, for tests that only look at it."""
    install(cluster, helm)
    return cluster


@pytest.fixture
def installed(cluster: ControlPlane, helm: Helm) -> Iterator[ControlPlane]:
    """The cluster with the chart installed, for tests that change the release; afterwards it is as before."""
    install(cluster, helm)
    yield cluster
    install(cluster, helm)
