# SPDX-License-Identifier: Apache-2.0
"""One small lab for the tests that only use it: a cloud and a plant, each with a node and a client host.

It has a metrics-server, which needs half a minute before it has figures; the other tests of the lab fill that time.
"""

import json
from collections.abc import Iterator
from functools import cache

import pytest

from localcluster.lab import Lab, Topology, requirements
from localcluster.lab.topology import parse
from tests.e2e.asking import serves
from tests.e2e.webserver import archive
from tests.waiting import eventually

# A node falls silent after this long instead of 50 s, so that a test of silence does not take minutes.
GRACE_SECONDS = 15


@cache
def obstacle() -> str | None:
    """Why no lab can run here, found out once, or None."""
    return requirements.obstacle(for_tests=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a lab where none can run, with the reason."""
    for item in items:
        if item.get_closest_marker("lab") and (reason := obstacle()):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud that the lab's tests did not run: a green run must not look like more than it is."""
    if reason := obstacle():
        terminalreporter.section("the tests of the lab did NOT run", red=True, bold=True)
        terminalreporter.line(reason)


@pytest.fixture(scope="session")
def small() -> Topology:
    """Two sites, as far apart as the test sets their link."""
    cloud = {"name": "cloud", "tier": "Cloud", "region": "eu", "nodes": ["cloud-1"], "clients": ["client-c"]}
    plant = {"name": "plant-7", "tier": "Edge", "region": "eu", "nodes": ["edge-1"], "clients": ["client-7"]}
    return parse({"sites": [cloud, plant]})


@pytest.fixture(scope="session")
def lab(small: Topology, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running lab with a web server on each node behind the Service `web`."""
    manager = [f"--node-monitor-grace-period={GRACE_SECONDS}s", "--node-monitor-period=1s"]
    with Lab.start(small, extra_args={"kube-controller-manager": manager}, metrics_server=True) as running:
        running.load_image(archive(tmp_path_factory.mktemp("image")))
        objects = [web_server(node) for node in running.nodes] + [SERVICE]
        running.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        _wait_for_web_servers(running)
        yield running


@pytest.fixture
def plant(lab: Lab) -> Iterator[Lab]:
    """The lab with its links as good as new, before and after."""
    yield lab
    for site in lab.topology.sites:
        lab.link(site.name).heal()
        lab.link(site.name).set(delay_ms=0, jitter_ms=0, loss=0, bandwidth_kbit=0)
    for node in lab.nodes.values():
        node.start()
    lab.wait_ready()
    _wait_for_web_servers(lab)


def _wait_for_web_servers(lab: Lab) -> None:
    """A node is Ready long before the API server knows what became of its pods; so they are asked themselves."""
    for node in lab.nodes:
        eventually(lambda node=node: serves(lab, f"web-{node}"), f"web-{node} serves", seconds=90)


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


def web_server(node: str) -> dict[str, object]:
    """A pod on a node that answers with the node's name."""
    start = f"echo {node} > /tmp/index.html && exec busybox httpd -f -p 8080 -h /tmp"
    container = {
        "name": "web",
        "image": "busybox:lab",
        "imagePullPolicy": "Never",
        "command": ["/bin/sh", "-c", start],
        "readinessProbe": {"httpGet": {"port": 8080, "path": "/"}, "periodSeconds": 1},
        "resources": {"limits": {"cpu": "100m", "memory": "32Mi"}},
    }
    spec = {
        "nodeName": node,
        "terminationGracePeriodSeconds": 0,
        # As the product's own servers do: a silent control plane is no reason to end.
        "tolerations": [{"operator": "Exists", "effect": "NoExecute"}],
        "containers": [container],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"web-{node}", "labels": {"app": "web"}},
        "spec": spec,
    }
