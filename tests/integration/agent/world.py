# SPDX-License-Identifier: Apache-2.0
"""Agents as processes under their own account, and the operator's part played by the test."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localcluster import ControlPlane
from localcluster.ports import free_ports

ROOT = Path(__file__).parents[3]
NAMESPACE = "aiworkload-system"
FAST = ("--interval=0.1", "--min-write-seconds=0.5", "--heartbeat=1")


PROGRAM = """
import time
true_time = time.time
time.time = lambda: true_time() + {clock_off}
from aiworkload.agent import bandwidth_rounds, main, pressure
bandwidth_rounds.FIRST_SECONDS = (0.5, 1.0)
pressure.STALLED_PERCENT = {{kind: pressure.Threshold(101, 101) for kind in pressure.STALLED_PERCENT}}
main.main()
"""
"""The agent on a wall clock that is so many seconds off, with its first bursts sooner than in life, and under no
pressure: the tests keep this machine so busy that probing would pause."""


class AgentProcess:
    """One agent that runs, what it said, and what the system says of it."""

    def __init__(self, arguments: Sequence[str], log: Path, endpoint: str, *, clock_off: float) -> None:
        self.endpoint = endpoint
        self._log = log
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM.format(clock_off=clock_off), *arguments],
                stderr=stream,
                env={**os.environ, "PYTHONPATH": str(ROOT / "operator")},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def resident_mebibytes(self) -> float:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found[1]) / 1024

    def terminate(self) -> int:
        """Ask it to end, and return its exit code; fails when it takes longer than a second."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=1.0)

    def fall_silent(self) -> None:
        """Let its connections stand and answer nothing, as a machine without power does: one that ends closes them."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class World:
    """The cluster in the words of these tests."""

    def __init__(self, cluster: ControlPlane, folder: Path) -> None:
        self.cluster = cluster
        self._folder = folder
        self._agents: list[AgentProcess] = []

    def node(self, name: str, *, report: bool = True, **labels: str) -> None:
        """A Node, and the NodeReport that the operator makes for it."""
        self._apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
        if report:
            self.report(name)

    def report(self, name: str, **peers: str) -> None:
        """The NodeReport as the operator writes it: whom to probe, by site."""
        spec = {"peers": [{"site": site, "endpoint": endpoint} for site, endpoint in peers.items()]}
        self._apply(
            {"apiVersion": "aiworkload.dev/v1alpha1", "kind": "NodeReport", "metadata": {"name": name}, "spec": spec}
        )

    def status(self, name: str) -> dict[str, Any]:
        """The NodeReport's status; empty before the first report."""
        found = json.loads(self.cluster.run_kubectl("get", "nodereport", name, "-o", "json"))
        return dict(found.get("status", {}))

    @property
    def key_file(self) -> Path:
        """The cluster's key, as the chart mounts it."""
        path = self._folder / "key"
        path.write_text("the key of this test's cluster\n")
        return path

    def listed(self, path: str) -> bytes:
        """A list of objects as the API server sends it."""
        return self.cluster.run_kubectl("get", "--raw", path).encode()

    def size(self, name: str) -> None:
        """What a kubelet would say that the node has."""
        amounts = {"cpu": "4", "memory": "8Gi"}
        patch = json.dumps({"status": {"capacity": amounts, "allocatable": amounts}})
        self.cluster.run_kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", patch)

    def site(self, name: str, **node_labels: str) -> None:
        """A Site that selects nodes by these labels."""
        spec = {"tier": "Edge", "nodeSelector": node_labels}
        self._apply({"apiVersion": "aiworkload.dev/v1alpha1", "kind": "Site", "metadata": {"name": name}, "spec": spec})

    def links(self, name: str) -> dict[str, dict[str, Any]]:
        """The reported links by site."""
        return {link["site"]: link for link in self.status(name).get("links", [])}

    def agent(self, node: str, *flags: str, as_node: str | None = None, clock_off: float = 0.0) -> AgentProcess:
        """Start an agent for the node, with a token bound to it, or to another, and a clock so many seconds off."""
        kubeconfig = self.cluster.kubeconfig_for(NAMESPACE, "aiworkload-agent", bound_node=as_node or node)
        endpoint = f"127.0.0.1:{free_ports(1)[0]}"
        arguments = [f"--node-name={node}", f"--kubeconfig={kubeconfig}", f"--listen={endpoint}", *FAST, *flags]
        log = self._folder / f"{node}-{len(self._agents)}.log"
        started = AgentProcess(arguments, log, endpoint, clock_off=clock_off)
        self._agents.append(started)
        return started

    def stop_agents(self) -> None:
        for agent in self._agents:
            agent.kill()

    def _apply(self, manifest: dict[str, Any]) -> None:
        self.cluster.run_kubectl(
            "apply", "--server-side", "--field-manager=aiworkload-operator", "-f", "-", stdin=json.dumps(manifest)
        )
