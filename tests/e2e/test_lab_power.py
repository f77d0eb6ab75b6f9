# SPDX-License-Identifier: Apache-2.0
"""A machine of the lab can lose its power and get it back, and a new one can take its place."""

from pathlib import Path

import pytest

from localcluster.lab import Lab, LabError
from tests.e2e.asking import ask, is_ready, pod
from tests.e2e.conftest import GRACE_SECONDS
from tests.e2e.webserver import archive
from tests.waiting import eventually

pytestmark = pytest.mark.lab


def test_a_stopped_node_is_dead_at_once_and_its_neighbours_are_not(plant: Lab) -> None:
    edge = plant.node("edge-1")
    address = f"{pod(plant, 'web-edge-1')['status']['podIP']}:8080"
    pid = edge.machine.pid
    edge.stop()
    assert (pid is not None, edge.on) == (True, False)
    assert ask(plant.client("plant-7"), address, seconds=1) == ""
    with pytest.raises(LabError, match="edge-1 is switched off; start it first"):
        edge.run(["true"])
    assert plant.client("plant-7").run(["hostname"]).stdout == "client-7\n"
    eventually(lambda: not is_ready(plant, "edge-1"), "the dead node is NotReady", seconds=GRACE_SECONDS + 30)


def test_a_rebooted_node_comes_back_with_its_pods_and_images(plant: Lab) -> None:
    """As a real one does: a new boot id, the same pod, its container started anew."""
    edge = plant.node("edge-1")
    boot, uid = edge.machine.boot_id, pod(plant, "web-edge-1")["metadata"]["uid"]
    edge.reboot()
    plant.wait_ready("edge-1")
    assert edge.machine.boot_id != boot
    eventually(
        lambda: (
            (status := pod(plant, "web-edge-1")["status"])["containerStatuses"][0]["restartCount"] > 0
            and "podIP" in status
            and ask(plant.client("plant-7"), f"{status['podIP']}:8080") == "edge-1"
        ),
        "the pod's container runs again",
        seconds=90,
    )
    assert pod(plant, "web-edge-1")["metadata"]["uid"] == uid


def test_starting_what_is_on_and_stopping_what_is_off_is_harmless(plant: Lab) -> None:
    edge = plant.node("edge-1")
    pid = edge.machine.pid
    edge.start()
    assert edge.machine.pid == pid
    edge.stop()
    edge.stop()
    edge.start()
    assert edge.on


def test_a_machine_that_was_replaced_has_the_name_of_the_old_one_and_nothing_else(plant: Lab, tmp_path: Path) -> None:
    """Its pods start anew once their image is there again."""
    edge = plant.node("edge-1")
    assert "busybox:lab" in edge.run(["ctr", "--namespace=k8s.io", "images", "ls", "--quiet"])
    edge.replace()
    edge.start()
    plant.wait_ready("edge-1")
    assert "busybox:lab" not in edge.run(["ctr", "--namespace=k8s.io", "images", "ls", "--quiet"])
    plant.load_image(archive(tmp_path), ["edge-1"])
    plant.kubectl("wait", "--for=condition=Ready", "pod/web-edge-1", "--timeout=90s")
