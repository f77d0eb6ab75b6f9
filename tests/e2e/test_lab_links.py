# SPDX-License-Identifier: Apache-2.0
"""A link of the lab is as bad as it was set, at once, and a cut one is silent."""

import sys

import pytest

from localcluster.lab import Lab
from tests.e2e.asking import ask, is_ready, ping, pod, restarts
from tests.e2e.conftest import GRACE_SECONDS
from tests.waiting import eventually

pytestmark = pytest.mark.lab

# The kernel and four processes on the way; a machine that runs other tests too takes a millisecond or two more.
OWN_MS = 2.5


@pytest.mark.parametrize("delay_ms", [1, 5, 20, 80, 200])
def test_a_round_trip_takes_as_long_as_was_set(plant: Lab, delay_ms: int) -> None:
    client, far = plant.client("plant-7"), plant.client("cloud").address
    plant.link("plant-7").set(delay_ms=delay_ms)
    assert delay_ms - 0.5 <= ping(client, far).median_ms <= delay_ms * 1.02 + OWN_MS


def test_jitter_is_a_third_of_it_as_standard_deviation(plant: Lab) -> None:
    plant.link("plant-7").set(delay_ms=80, jitter_ms=30)
    seen = ping(plant.client("plant-7"), plant.client("cloud").address, count=200, interval=0.1)
    assert 76 <= seen.median_ms <= 86
    assert 6 <= seen.deviation_ms <= 15


def test_loss_is_lost_in_each_direction(plant: Lab) -> None:
    """10 % there and 10 % back: 19 % of the pings; 3 standard deviations of 1,000 are 3.7 points."""
    plant.link("plant-7").set(loss=10)
    seen = ping(plant.client("plant-7"), plant.client("cloud").address, count=1000, interval=0.005)
    assert 15.3 <= seen.lost_percent <= 22.7


def test_a_narrow_link_carries_no_more_than_it_was_set_to(plant: Lab) -> None:
    plant.link("plant-7").set(bandwidth_kbit=4000)
    rate = megabits(plant, seconds=4)
    assert 2.8 <= rate <= 4.4


def test_uplinks_of_both_ends_add_up(plant: Lab) -> None:
    plant.link("plant-7").set(delay_ms=20)
    plant.link("cloud").set(delay_ms=10)
    assert 29.5 <= ping(plant.client("plant-7"), plant.client("cloud").address).median_ms <= 34


def test_what_is_not_named_stays_as_it_was(plant: Lab) -> None:
    link = plant.link("plant-7")
    link.set(delay_ms=40, loss=1.5)
    link.set(loss=0)
    assert (link.condition.link.delay_ms, link.condition.link.loss) == (40, 0)


def test_a_cut_off_plant_goes_on_by_itself(plant: Lab) -> None:
    """Its node is NotReady for the control plane; its client and its pod do not notice; nothing is started anew."""
    inside, outside = plant.client("plant-7"), plant.client("cloud")
    before = pod(plant, "web-edge-1")
    address = f"{before['status']['podIP']}:8080"
    plant.link("plant-7").cut()
    assert ask(outside, address, seconds=1) == ""
    eventually(lambda: not is_ready(plant, "edge-1"), "the silent node is NotReady", seconds=GRACE_SECONDS + 30)
    assert ask(inside, address) == "edge-1"
    plant.link("plant-7").heal()
    eventually(lambda: is_ready(plant, "edge-1"), "the node is Ready again", seconds=60)
    assert ask(outside, address) == "edge-1"
    after = pod(plant, "web-edge-1")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert restarts(after) == restarts(before)


def test_a_cut_is_silence(plant: Lab) -> None:
    """A client waits for its own time-out; it is not told at once that there is no way, which no WAN tells it."""
    far = plant.client("cloud").address
    plant.link("plant-7").cut()
    done = plant.client("plant-7").run(["curl", "-sS", "-m", "5", f"http://{far}:9"], check=False)
    assert done.returncode == 28, f"curl said {done.stderr}"


def megabits(lab: Lab, *, seconds: int) -> float:
    """What a TCP connection from the plant to the cloud carried, in megabits a second."""
    receive = (
        "import socket, time\n"
        "listener = socket.create_server(('', 5001))\n"
        "print('ready', flush=True)\n"
        "connection, _ = listener.accept()\n"
        "began, got = time.monotonic(), 0\n"
        "while data := connection.recv(65536):\n"
        "    got += len(data)\n"
        "print(got * 8 / (time.monotonic() - began) / 1e6)\n"
    )
    send = (
        "import socket, sys, time\n"
        "connection = socket.create_connection((sys.argv[1], 5001))\n"
        f"end = time.monotonic() + {seconds}\n"
        "while time.monotonic() < end:\n"
        "    connection.sendall(bytes(16384))\n"
    )
    with lab.client("cloud").popen([sys.executable, "-c", receive]) as receiver:
        assert receiver.stdout is not None
        receiver.stdout.readline()
        lab.client("plant-7").run([sys.executable, "-c", send, lab.client("cloud").address])
        return float(receiver.stdout.readline())
