# SPDX-License-Identifier: Apache-2.0
"""A simulated site behind a link: cutting the link silences it, healing brings it back as it was."""

import json
import time
from collections.abc import Iterator

import pytest

from localcluster import ControlPlane
from localcluster.kwok import Kwok, kwok_kubeconfig, node_manifest
from localcluster.toxiproxy import LinkProxy, Toxiproxy
from tests.waiting import eventually

pytestmark = pytest.mark.integration

SITE = "aiworkload.dev/site"
# Longer than the time after which a kubelet's connection notices that it is dead (a ping after 30 s, 15 s for it).
CUT_SECONDS = 60
STAYS = [{"operator": "Exists", "key": f"node.kubernetes.io/{reason}"} for reason in ("unreachable", "not-ready")]


@pytest.fixture(scope="module")
def link(cluster: ControlPlane) -> Iterator[LinkProxy]:
    """The link of plant-7, whose two nodes reach the API server over nothing else."""
    with Toxiproxy.start() as server:
        link = server.proxy("plant-7", cluster.url)
        kubeconfig = kwok_kubeconfig(cluster, server=link.url)
        with Kwok.start(cluster, node_selector=f"{SITE}=plant-7", kubeconfig=kubeconfig, lease_seconds=8):
            for name in ("press-1", "press-2"):
                create(cluster, node_manifest(name, labels={SITE: "plant-7"}))
            yield link
        cluster.run_kubectl("delete", "nodes", "--selector", f"{SITE}=plant-7")


def test_its_nodes_become_ready_and_run_pods(cluster: ControlPlane, link: LinkProxy) -> None:
    assert not link.is_cut
    create(cluster, deployment("runs"))
    eventually(lambda: node_readiness(cluster) == ["True", "True"], "both nodes are Ready", seconds=30)
    eventually(lambda: len(ready_pods(cluster, "runs")) == 2, "both pods are Ready", seconds=30)


def test_a_cut_silences_its_nodes_and_healing_brings_back_the_same_pods(cluster: ControlPlane, link: LinkProxy) -> None:
    create(cluster, deployment("stays"))
    eventually(lambda: len(ready_pods(cluster, "stays")) == 2, "both pods are Ready", seconds=60)
    before = ready_pods(cluster, "stays")
    healing_time = time.monotonic() + CUT_SECONDS
    link.cut()
    eventually(lambda: node_readiness(cluster) == ["Unknown", "Unknown"], "both nodes are silent", seconds=40)
    eventually(lambda: not ready_pods(cluster, "stays"), "their pods are marked not Ready", seconds=10)
    eventually(lambda: time.monotonic() > healing_time, "the cut has lasted long", seconds=CUT_SECONDS)
    assert node_readiness(cluster) == ["Unknown", "Unknown"]
    link.heal()
    eventually(lambda: node_readiness(cluster) == ["True", "True"], "both nodes are Ready again", seconds=60)
    eventually(lambda: ready_pods(cluster, "stays") == before, "the same pods are Ready again", seconds=30)


def test_a_delay_is_added_to_the_round_trip_of_open_connections(cluster: ControlPlane) -> None:
    with Toxiproxy.start() as server:
        link = server.proxy("slow", cluster.url)
        kubeconfig = cluster.kubeconfig_for("kube-system", "default", server=link.url)
        quick = seconds_of_a_request(cluster, str(kubeconfig))
        link.set(latency_ms=400)
        slow = seconds_of_a_request(cluster, str(kubeconfig))
        link.set()
        assert slow > 0.4
        assert seconds_of_a_request(cluster, str(kubeconfig)) < slow
        assert quick < slow


def seconds_of_a_request(cluster: ControlPlane, kubeconfig: str) -> float:
    began = time.monotonic()
    cluster.run_kubectl("--kubeconfig", kubeconfig, "get", "--raw", "/livez")
    return time.monotonic() - began


def create(cluster: ControlPlane, manifest: dict[str, object]) -> None:
    cluster.run_kubectl("create", "--filename=-", stdin=json.dumps(manifest))


def deployment(name: str) -> dict[str, object]:
    pod = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "containers": [{"name": "server", "image": "server"}],
            "tolerations": STAYS,
            "nodeSelector": {SITE: "plant-7"},
        },
    }
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def node_readiness(cluster: ControlPlane) -> list[str]:
    path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
    return cluster.run_kubectl("get", "nodes", f"--selector={SITE}=plant-7", "--output", path).split()


def ready_pods(cluster: ControlPlane, app: str) -> set[str]:
    pods = json.loads(cluster.run_kubectl("get", "pods", f"--selector=app={app}", "--output=json"))["items"]
    return {pod["metadata"]["uid"] for pod in pods if is_ready(pod)}


def is_ready(pod: dict[str, dict[str, list[dict[str, str]]]]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
