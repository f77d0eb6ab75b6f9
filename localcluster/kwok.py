# SPDX-License-Identifier: Apache-2.0
"""Simulated nodes: one kwok process per group of nodes, each the kubelets of one site.

Each process reaches the API server by the kubeconfig it is given. Let that point at a proxy of its own
(`localcluster.toxiproxy`), and cutting the proxy silences exactly that site's nodes: their leases expire, the control
plane marks them NotReady, their pods go on existing, and healing brings them back.
"""

from pathlib import Path
from typing import Self

from localcluster.binaries import ensure
from localcluster.catalogue import HERE
from localcluster.controlplane import ControlPlane
from localcluster.process import Process
from localcluster.stoppable import Stoppable

READY_SECONDS = 60.0
STAGES = HERE / "stages"
# A kubelet's default. kwok renews after a quarter of it, so it also bounds how fast a healed site is seen.
LEASE_SECONDS = 40
AT_WORK = '"msg":"Watch nodes"'


class Kwok(Stoppable):
    """A running kwok process. Make one with `Kwok.start`; it is a context manager that stops it."""

    def __init__(self, process: Process) -> None:
        """Hold what `start` made."""
        self._process = process

    @classmethod
    def start(
        cls,
        cluster: ControlPlane,
        *,
        node_selector: str,
        kubeconfig: Path | None = None,
        pod_ready_seconds: float = 1.0,
        job_seconds: float = 1.0,
        lease_seconds: int = LEASE_SECONDS,
    ) -> Self:
        """Start kwok for the nodes that a label selector names, those there and those to come.

        Returns when the process watches for them; they become Ready a moment later, so poll for that.

        kwok's own HTTP server is left out. In kwok 0.8.0 it reads, at its start, a map that the first node's event is
        written to at the same time, and Go ends a program that it catches at that.

        Args:
            cluster: The control plane, whose stop also ends this process.
            node_selector: Such as `aiworkload.dev/site=plant-7`. Groups must not overlap.
            kubeconfig: How it reaches the API server; default `kwok_kubeconfig(cluster)`.
            pod_ready_seconds: From a pod's binding to its being Ready.
            job_seconds: How long a Job's pod runs.
            lease_seconds: Duration of the nodes' leases. Keep it at or below the controller manager's
                `--node-monitor-grace-period`, or healthy nodes flap.

        Raises:
            StartError: It did not become ready; the message ends with its log's tail.
        """
        name = f"kwok-{node_selector.replace('/', '_')}"
        config = cluster.folder / f"{name}.yaml"
        config.write_text(_stages(pod_ready_seconds, job_seconds))
        arguments = [
            f"--kubeconfig={kubeconfig or kwok_kubeconfig(cluster)}",
            f"--config={config}",
            "--manage-all-nodes=false",
            f"--manage-nodes-with-label-selector={node_selector}",
            f"--node-lease-duration-seconds={lease_seconds}",
        ]
        kwok = cls(cluster.run(name, ensure(["kwok"])["kwok"], arguments))
        kwok._process.wait_until(lambda: kwok._process.has_logged(AT_WORK), seconds=READY_SECONDS)
        return kwok

    def stop(self, *, kill: bool = False) -> None:
        """End the process: its nodes fall silent. Idempotent."""
        self._process.stop(kill=kill)


def kwok_kubeconfig(cluster: ControlPlane, *, server: str | None = None) -> Path:
    """A kubeconfig for kwok's own service account with just the rights it needs, made when missing.

    Args:
        cluster: The control plane.
        server: Another URL to reach it at, such as a `LinkProxy.url`.
    """
    cluster.run_kubectl("apply", "--filename", str(STAGES / "rbac.json"))
    return cluster.kubeconfig_for("kube-system", "kwok", server=server)


def node_manifest(name: str, *, labels: dict[str, str], cpu: str = "8", memory: str = "16Gi") -> dict[str, object]:
    """The Node object of a simulated node: create it and the kwok that selects its labels makes it Ready."""
    resources = {"cpu": cpu, "memory": memory, "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", **labels}},
        "status": {"allocatable": resources, "capacity": resources},
    }


def _stages(pod_ready_seconds: float, job_seconds: float) -> str:
    values = {"${POD_READY_MILLISECONDS}": pod_ready_seconds, "${JOB_MILLISECONDS}": job_seconds}
    text = "---\n".join((STAGES / name).read_text() for name in ("node.yaml", "pod.yaml"))
    for placeholder, seconds in values.items():
        text = text.replace(f" {placeholder}\n", f" {round(seconds * 1000)}\n")
    return text
