# SPDX-License-Identifier: Apache-2.0
"""In the lab pods, nodes and client hosts reach each other as they do in life."""

import subprocess

import pytest

from localcluster.lab import Lab
from tests.e2e.asking import ask, ask_from_pod, pod, service_address
from tests.waiting import eventually

pytestmark = pytest.mark.lab


def test_pods_on_different_nodes_reach_each_other(lab: Lab) -> None:
    far = pod(lab, "web-edge-1")["status"]["podIP"]
    assert ask_from_pod(lab, "web-cloud-1", f"{far}:8080") == "edge-1"


def test_a_service_spreads_over_the_nodes_for_pods_and_for_client_hosts(lab: Lab) -> None:
    service = service_address(lab)
    assert {ask_from_pod(lab, "web-edge-1", f"{service}:80") for _ in range(16)} == {"cloud-1", "edge-1"}
    assert {ask(lab.client("plant-7"), service) for _ in range(16)} == {"cloud-1", "edge-1"}


def test_a_node_and_its_pods_reach_the_api_server_by_its_service(lab: Lab) -> None:
    """A certificate good for the Service's address, published endpoints, and kube-proxy: all three are needed."""
    address = lab.kubectl("get", "service", "kubernetes", "--output=jsonpath={.spec.clusterIP}")
    ca = str(lab.folder / "pki/ca.crt")
    assert lab.node("edge-1").run(["curl", "-sS", "--cacert", ca, f"https://{address}/readyz"]) == "ok"
    connect = f"busybox nc -w 5 {address} 443 </dev/null && echo connected"
    assert lab.kubectl("exec", "web-edge-1", "--", "/bin/sh", "-c", connect).strip() == "connected"


def test_nodes_carry_the_labels_by_which_sites_are_discovered(lab: Lab) -> None:
    labels = "aiworkload.dev/tier=edge,topology.kubernetes.io/zone=plant-7,topology.kubernetes.io/region=eu"
    assert lab.kubectl("get", "nodes", f"--selector={labels}", "--output=name").strip() == "node/edge-1"


def test_a_node_counts_its_own_memory_not_the_machine_s(lab: Lab) -> None:
    figures = lab.kubectl("get", "--raw", "/api/v1/nodes/edge-1/proxy/metrics/resource")
    [line] = [line for line in figures.splitlines() if line.startswith("node_memory_working_set_bytes")]
    assert 10e6 < float(line.split()[1]) < 500e6


def test_a_command_that_is_ended_from_outside_has_ended_on_its_host(lab: Lab) -> None:
    """Else every loop of requests that a test stops would go on until the lab's end."""
    client = lab.client("plant-7")
    running = ["pgrep", "--full", "sleep 4242"]
    with client.popen(["sleep", "4242"]) as sleeping:
        eventually(lambda: client.run(running, check=False).returncode == 0, "it runs", seconds=10)
        sleeping.terminate()
    eventually(lambda: client.run(running, check=False).returncode == 1, "it has ended", seconds=10)
    with pytest.raises(subprocess.TimeoutExpired):
        client.run(["sleep", "4242"], timeout=0.5)
    eventually(lambda: client.run(running, check=False).returncode == 1, "the late one has ended", seconds=10)
