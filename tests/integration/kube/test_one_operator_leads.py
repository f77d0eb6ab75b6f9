# SPDX-License-Identifier: Apache-2.0
"""Real operator processes: who leads after a clean end, a crash and a pause, and that a paused one writes nothing."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcluster import ControlPlane
from tests.integration.kube.operators import Operator, writes_by
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(200)]
PAUSE_SECONDS = 40.0
LEADS_SECONDS = 60.0
"""Longer than the rest of a Lease whose holder the test before killed, and a start, on a machine that is busy."""
USER = "system:serviceaccount:aiworkload-system:aiworkload-operator"
Start = Callable[[], Operator]


@pytest.fixture
def start(cluster: ControlPlane, tmp_path: Path) -> Iterator[Start]:
    started: list[Operator] = []

    def one() -> Operator:
        started.append(Operator(cluster, tmp_path / f"operator-{len(started)}.log"))
        return started[-1]

    yield one
    for operator in started:
        operator.end()


def epoch(cluster: ControlPlane) -> int:
    path = "{.spec.leaseTransitions}"
    arguments = ("get", "lease", "aiworkload-operator", "-n", "aiworkload-system", f"-o=jsonpath={path}")
    return int(cluster.run_kubectl(*arguments))


def a_pair(start: Start) -> tuple[Operator, Operator]:
    leader = start()
    eventually(leader.leads, "the first operator leads", seconds=LEADS_SECONDS)
    follower = start()
    eventually(follower.ready, "the second operator is ready", seconds=LEADS_SECONDS)
    assert not follower.leads()
    return leader, follower


def test_a_leader_that_is_told_to_stop_hands_over_within_three_seconds(cluster: ControlPlane, start: Start) -> None:
    leader, follower = a_pair(start)
    before = epoch(cluster)
    leader.process.send_signal(signal.SIGTERM)
    assert eventually(follower.leads, "the follower leads", seconds=10) < 3
    assert leader.process.wait(5) == 0
    assert epoch(cluster) == before + 1


def test_a_leader_that_was_killed_is_replaced_within_twenty_seconds(start: Start) -> None:
    leader, follower = a_pair(start)
    leader.process.kill()
    assert eventually(follower.leads, "the follower leads", seconds=30) < 20


def test_a_leader_that_was_paused_writes_nothing_when_it_goes_on(cluster: ControlPlane, start: Start) -> None:
    leader, follower = a_pair(start)
    leader.process.send_signal(signal.SIGSTOP)
    paused_at = time.monotonic()
    eventually(follower.leads, "the follower leads", seconds=30)
    # Work that both would do: the paused one finds it in its watches when it wakes.
    labels = {"topology.kubernetes.io/zone": "late"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": labels}}
    cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(node))
    eventually(
        lambda: "late" in cluster.run_kubectl("get", "sites", "-o", "name"), "the follower creates the site", seconds=10
    )
    time.sleep(max(0.0, PAUSE_SECONDS - (time.monotonic() - paused_at)))  # the length of the pause is the subject
    follower.end()
    before = len(writes_by(cluster, USER))
    leader.process.send_signal(signal.SIGCONT)
    assert leader.process.wait(10) == 3
    assert len(writes_by(cluster, USER)) == before
    cluster.run_kubectl("delete", "node/n", "site/late")  # of a silent one there is news for minutes, in other tests


def test_an_idle_operator_writes_nothing_but_its_lease(cluster: ControlPlane, start: Start) -> None:
    operator = start()
    eventually(operator.leads, "it leads", seconds=LEADS_SECONDS)
    before: list[dict[str, str]] | None = None

    def settled() -> bool:
        nonlocal before
        last, before = before, writes_by(cluster, USER)
        return before == last

    eventually(settled, "it has written what it found", seconds=30, every=3)
    time.sleep(35)  # longer than a resync
    assert writes_by(cluster, USER) == before
    assert operator.page("/healthz") == "ok\n"


def test_an_api_server_that_is_away_costs_no_cpu_and_is_found_again(cluster: ControlPlane, start: Start) -> None:
    operator = start()
    eventually(operator.leads, "it leads", seconds=LEADS_SECONDS)
    follower = start()
    eventually(follower.ready, "it is ready", seconds=LEADS_SECONDS)
    cluster.stop_apiserver()
    time.sleep(2)  # the first broken connections
    began = follower.cpu_seconds()
    assert operator.process.wait(20) == 3  # it could not renew in time
    time.sleep(8)
    assert follower.cpu_seconds() - began < 0.5
    cluster.restart_apiserver()
    eventually(follower.leads, "the follower has found the API server and leads", seconds=45)
