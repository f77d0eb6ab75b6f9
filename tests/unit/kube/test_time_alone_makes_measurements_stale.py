# SPDX-License-Identifier: Apache-2.0
"""Nothing is heard, and yet what counts changes at the very moment at which a report turns stale."""

from aiworkload.kube.assemble import Assembler
from aiworkload.kube.expiries import Expiries
from aiworkload.snapshot.link import Link
from tests.unit.kube.clusters import START, Cluster


def a_plant() -> Cluster:
    cluster = Cluster()
    cluster.site("plant", {"zone": "plant"})
    for name in ("n1", "n2"):
        cluster.node(name, zone="plant")
    return cluster


def to_cloud(assembler: Assembler, now: float) -> Link:
    return assembler.snapshot(now).links["plant", "cloud"]


def test_the_slower_of_two_measurements_counts_until_it_is_stale() -> None:
    cluster = a_plant()
    cluster.report("n1", valid=10, cloud=5000)
    cluster.report("n2", valid=30, cloud=900)
    assembler = Assembler(cluster.store)
    assert to_cloud(assembler, START).rtt_p95_microseconds == 5000
    assert to_cloud(assembler, START + 10).rtt_p95_microseconds == 5000
    assert to_cloud(assembler, START + 10.1).rtt_p95_microseconds == 900


def test_a_shorter_validity_than_before_counts_at_once() -> None:
    cluster = a_plant()
    cluster.report("n1", valid=60, cloud=5000)
    cluster.report("n2", valid=60, cloud=900)
    assembler = Assembler(cluster.store)
    assembler.snapshot(START)
    cluster.report("n1", valid=10, cloud=4000)
    assert to_cloud(assembler, START + 1).rtt_p95_microseconds == 4000
    assert to_cloud(assembler, START + 11).rtt_p95_microseconds == 900


def test_a_heartbeat_keeps_it() -> None:
    cluster = a_plant()
    cluster.report("n1", valid=10, cloud=5000)
    cluster.report("n2", valid=60, cloud=900)
    assembler = Assembler(cluster.store)
    for _ in range(4):
        assert to_cloud(assembler, cluster.now).rtt_p95_microseconds == 5000
        cluster.now += 6
        cluster.report("n1", valid=10, cloud=5000)
    assert to_cloud(assembler, cluster.now + 11).rtt_p95_microseconds == 900


def test_of_the_alarms_of_one_node_the_soonest_rings_and_rings_once() -> None:
    expiries = Expiries()
    for at in (30.0, 10.0, 20.0):
        expiries.arm("n", at)
    assert [expiries.passed(now) for now in (9.0, 10.0, 20.0, 30.0)] == [set(), {"n"}, set(), set()]
