# SPDX-License-Identifier: Apache-2.0
"""Nodes: readiness, cordons, taints, devices, room."""

import pytest

from aiworkload.placement.plan import Decision, RejectReason
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from tests.builders import LONG_AGO, a_node, a_placement, a_site, a_snapshot, a_variant, a_workload
from tests.expectations import decided, expect_feasible, expect_rejected, expect_serves_at

ROOM = RejectReason.INSUFFICIENT_RESOURCES
GPU = "nvidia.com/gpu"


def on(*nodes: Node, policy: Policy | None = None, **spec: object) -> Decision:
    return decided(a_snapshot(sites=[a_site("fog")], nodes=nodes, workloads=[a_workload(**spec)]), policy=policy)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (a_node("n", site="fog", ready=False), "n is not ready"),
        (a_node("n", site="fog", cordoned=True), "n is cordoned"),
        (a_node("n", site="fog", taints=[("dedicated", "NoSchedule")]), "n has the taint dedicated:NoSchedule"),
        (a_node("n", site="fog", taints=[("dedicated", "NoExecute")]), "n has the taint dedicated:NoExecute"),
    ],
)
def test_a_node_that_can_take_no_pod_makes_its_only_site_unusable(node: Node, words: str) -> None:
    other = a_site("plant")
    snapshot = a_snapshot(sites=[a_site("fog"), other], nodes=[node], workloads=[a_workload()])
    reason = RejectReason.NODE_NOT_READY if node.ready else RejectReason.SITE_DISCONNECTED
    if node.ready:
        expect_rejected(decided(snapshot), "fog", reason, words)
    else:
        expect_rejected(decided(snapshot), "fog", reason)


@pytest.mark.parametrize(
    "taint",
    [
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoSchedule"),
        ("dedicated", "PreferNoSchedule"),
    ],
)
def test_taints_that_our_pods_tolerate_or_that_only_prefer_exclude_nothing(taint: tuple[str, str]) -> None:
    expect_feasible(on(a_node("n", site="fog", taints=[taint])), "fog")


def test_one_usable_node_is_enough_and_only_its_room_counts() -> None:
    found = on(a_node("a", site="fog", cpu="2"), a_node("b", site="fog", cpu="64", cordoned=True), cpu="4")
    expect_rejected(found, "fog", ROOM, "room for 0 of 1 replicas of 4000 m CPU")


def test_a_site_without_nodes_hosts_nothing() -> None:
    expect_rejected(on(), "fog", RejectReason.NODE_NOT_READY, "fog has no nodes")


def test_a_replica_must_fit_whole_on_one_node() -> None:
    expect_rejected(on(a_node("a", site="fog", cpu="3"), a_node("b", site="fog", cpu="3"), cpu="4"), "fog", ROOM)


def test_all_replicas_must_fit() -> None:
    nodes = [a_node("a", site="fog", cpu="4"), a_node("b", site="fog", cpu="4")]
    expect_feasible(on(*nodes, cpu="1500m", replicas=4), "fog")
    expect_rejected(on(*nodes, cpu="1500m", replicas=5), "fog", ROOM, "room for 4 of 5 replicas")


def test_headroom_is_left_to_the_last_millicore() -> None:
    node = a_node("a", site="fog", cpu="10")
    expect_feasible(on(node, cpu="9"), "fog")
    expect_rejected(on(node, cpu="9001m"), "fog", ROOM, "10 % of CPU and memory left free")
    expect_feasible(on(node, cpu="10", policy=Policy(headroom_percent=0)), "fog")


def test_memory_keeps_headroom_too() -> None:
    expect_rejected(on(a_node("a", site="fog", memory="10Gi"), memory="9500Mi"), "fog", ROOM, "9500 MiB")


def test_what_is_not_asked_for_is_not_missed() -> None:
    expect_feasible(on(a_node("a", site="fog", cpu="1", used_cpu="1")), "fog")


def test_the_requests_of_others_count() -> None:
    expect_rejected(on(a_node("a", site="fog", cpu="8", used_cpu="5"), cpu="3"), "fog", ROOM)


def test_a_limit_without_a_request_is_the_request() -> None:
    variant = a_variant("v", resources={"limits": {"cpu": "9"}})
    expect_rejected(on(a_node("a", site="fog", cpu="8"), variants=[variant]), "fog", ROOM)


def test_a_device_that_no_node_has_is_missing_and_one_that_is_taken_is_short() -> None:
    gpu = [a_variant("gpu", accelerator=GPU)]
    expect_rejected(on(a_node("a", site="fog"), variants=gpu), "fog", RejectReason.ACCELERATOR_MISSING, GPU)
    expect_rejected(on(a_node("a", site="fog", gpus=1, used_gpus=1), variants=gpu), "fog", ROOM, f"1 {GPU}")
    expect_feasible(on(a_node("a", site="fog", gpus=1), variants=gpu), "fog")


def test_devices_are_used_to_the_last() -> None:
    expect_feasible(
        on(a_node("a", site="fog", gpus=2), variants=[a_variant("g", accelerator=GPU, acceleratorCount=2)]), "fog"
    )


def test_a_workloads_own_pods_do_not_count_against_it_where_it_stands() -> None:
    node = a_node("fog-1", site="fog", cpu="4", used_cpu="4")
    expect_feasible(on(node, cpu="4", placements=[a_placement("fog")]), "fog")


def test_a_cordon_that_comes_later_does_not_end_what_runs() -> None:
    found = on(a_node("fog-1", site="fog", cordoned=True), placements=[a_placement("fog")])
    expect_feasible(found, "fog")


def test_standing_replicas_that_wait_for_a_node_must_still_fit() -> None:
    waiting = [a_placement("fog", node=None, ready=False)]
    expect_feasible(on(a_node("a", site="fog", cpu="4"), cpu="4", placements=waiting), "fog")
    full = a_node("a", site="fog", cpu="4", used_cpu="1")
    expect_rejected(on(full, cpu="4", placements=waiting), "fog", ROOM, "no room for the replicas that wait")


def test_unready_replicas_on_a_silent_node_of_a_site_in_contact_are_seen() -> None:
    nodes = [a_node("fog-1", site="fog", ready=False), a_node("fog-2", site="fog")]
    found = on(*nodes, placements=[a_placement("fog", ready=False)])
    expect_rejected(found, "fog", RejectReason.NODE_NOT_READY, "fog-1, not ready")


def test_the_older_workload_chooses_first_and_the_younger_sees_what_is_left() -> None:
    sites = [a_site("fog-a"), a_site("fog-b")]
    nodes = [a_node("a", site="fog-a", cpu="4"), a_node("b", site="fog-b", cpu="4")]
    older = a_workload("zebra", cpu="3", created=LONG_AGO - 1)
    younger = a_workload("ant", cpu="3", created=LONG_AGO)
    snapshot = a_snapshot(sites=sites, nodes=nodes, workloads=[younger, older])
    expect_serves_at(decided(snapshot, "zebra"), "fog-a")
    expect_serves_at(decided(snapshot, "ant"), "fog-b")
    expect_rejected(decided(snapshot, "ant"), "fog-a", ROOM)


def test_room_that_standing_replicas_wait_for_is_not_given_to_a_newcomer() -> None:
    nodes = [a_node("a", site="fog", cpu="4")]
    waiting = a_workload("waiting", cpu="3", created=LONG_AGO, placements=[a_placement("fog", node=None, ready=False)])
    older = a_workload("older", cpu="3", created=LONG_AGO - 1)
    snapshot = a_snapshot(sites=[a_site("fog")], nodes=nodes, workloads=[waiting, older])
    expect_rejected(decided(snapshot, "older"), "fog", ROOM)
    expect_feasible(decided(snapshot, "waiting"), "fog")
