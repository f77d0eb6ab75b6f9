# SPDX-License-Identifier: Apache-2.0
"""Helm, and a real cluster with the chart installed. No kubelet runs, so what counts is the objects, not the pods."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcluster import ControlPlane
from localcluster.binaries import ensure

CHART = Path(__file__).resolve().parents[3] / "charts" / "aiworkload-operator"
NAMESPACE = "aiworkload-system"
RELEASE = ["aiworkload-operator", str(CHART), "--namespace", NAMESPACE]

Helm = Callable[..., str]


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
