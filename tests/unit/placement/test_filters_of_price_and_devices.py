# SPDX-License-Identifier: Apache-2.0
"""What a candidate may cost, the memory of its devices, and what machines really use."""

from aiworkload.placement.plan import Decision, RejectReason
from aiworkload.snapshot.node import Node
from tests.builders import a_link, a_node, a_placement, a_site, a_snapshot, a_variant, a_workload
from tests.expectations import decided, expect_feasible, expect_rejected, expect_serves_at

GPU = "nvidia.com/gpu"
COST = RejectReason.BUDGET_EXCEEDED
ROOM = RejectReason.INSUFFICIENT_RESOURCES
DEVICE = RejectReason.ACCELERATOR_MISSING


def on(*nodes: Node, price: str = "0", **spec: object) -> Decision:
    site = a_site("fog", tier="Fog", per_hour=price)
    return decided(a_snapshot(sites=[site], nodes=nodes, workloads=[a_workload(**spec)]))


def test_a_price_that_equals_the_ceiling_is_allowed_and_a_grain_more_is_not() -> None:
    half = a_node("a", site="fog", cpu="8")
    expect_feasible(on(half, price="0.2", cpu="4", max_cost="0.1"), "fog")
    found = expect_rejected(on(half, price="0.200002", cpu="4", max_cost="0.1"), "fog", COST)
    assert found.message == "fog would cost 0.100001 per hour, above requirements.cost.maxPerHour 0.1"


def test_all_replicas_count_towards_the_ceiling() -> None:
    nodes = [a_node("a", site="fog", cpu="8"), a_node("b", site="fog", cpu="8")]
    expect_feasible(on(*nodes, price="0.2", cpu="4", max_cost="0.2", replicas=2), "fog")
    expect_rejected(on(*nodes, price="0.2", cpu="4", max_cost="0.19", replicas=2), "fog", COST, "would cost 0.2")


def test_egress_counts_towards_the_ceiling() -> None:
    sites = [a_site("plant", hosts=False), a_site("cloud", tier="Cloud", egress="0.05")]
    workload = a_workload(target=500, clients=[("plant", 10)], kibibytes=1024, max_cost="1.75")
    found = decided(a_snapshot(sites=sites, links=[a_link("plant", "cloud", 20)], workloads=[workload]))
    expect_rejected(found, "cloud", COST, "1.757813")


def test_a_ceiling_holds_for_what_stands_too() -> None:
    nodes = [a_node("fog-1", site="fog", cpu="8")]
    found = on(*nodes, price="0.4", cpu="4", max_cost="0.1", placements=[a_placement("fog")])
    expect_rejected(found, "fog", COST)
    expect_serves_at(found, "fog")


def test_a_gpu_whose_memory_the_labels_tell_must_hold_the_model() -> None:
    model = [a_variant("big", accelerator=GPU, sizeMebibytes=20_000)]
    expect_feasible(on(a_node("a", site="fog", gpus=1, gpu_memory=20_000), variants=model), "fog")
    found = expect_rejected(on(a_node("a", site="fog", gpus=1, gpu_memory=19_999), variants=model), "fog", DEVICE)
    assert found.message == "each nvidia.com/gpu of fog has at most 19999 MiB, and variant big needs 20000 MiB"


def test_a_gpu_whose_memory_nobody_told_is_tried() -> None:
    model = [a_variant("big", accelerator=GPU, sizeMebibytes=20_000)]
    expect_feasible(on(a_node("a", site="fog", gpus=1), variants=model), "fog")


def test_several_devices_share_a_model() -> None:
    node = a_node("a", site="fog", gpus=2, gpu_memory=16_000)
    expect_rejected(on(node, variants=[a_variant("v", accelerator=GPU, sizeMebibytes=20_000)]), "fog", DEVICE)
    both = a_variant("v", accelerator=GPU, acceleratorCount=2, sizeMebibytes=20_000)
    expect_feasible(on(node, variants=[both]), "fog")


def test_a_family_needs_more_gpu_memory_than_its_weights() -> None:
    node = a_node("a", site="fog", cpu="16", memory="64Gi", gpus=1, gpu_memory=11_000)
    model = [a_variant("v", accelerator=GPU, sizeMebibytes=10_000)]
    expect_feasible(on(node, variants=model), "fog")
    expect_rejected(on(node, variants=model, family="Transformer"), "fog", DEVICE, "12")


def test_devices_on_two_nodes_do_not_add_up_for_one_replica() -> None:
    nodes = [a_node("a", site="fog", gpus=1), a_node("b", site="fog", gpus=1)]
    pair = [a_variant("v", accelerator=GPU, acceleratorCount=2)]
    expect_rejected(on(*nodes, variants=pair), "fog", ROOM, "0 of 1 replicas", f"2 {GPU}")
    single = [a_variant("v", accelerator=GPU)]
    expect_feasible(on(*nodes, variants=single, replicas=2), "fog")
    expect_rejected(on(*nodes, variants=single, replicas=3), "fog", ROOM, "2 of 3 replicas")


def test_a_node_must_have_the_device_and_the_memory_at_once() -> None:
    nodes = [a_node("a", site="fog", gpus=1, memory="2Gi"), a_node("b", site="fog", memory="64Gi")]
    model = [a_variant("v", accelerator=GPU, resources={"requests": {"memory": "8Gi"}})]
    expect_rejected(on(*nodes, variants=model), "fog", ROOM)


def test_what_a_machine_really_uses_lowers_what_is_free() -> None:
    expect_feasible(on(a_node("a", site="fog", cpu="8"), cpu="4"), "fog")
    expect_rejected(on(a_node("a", site="fog", cpu="8", live_cpu="4"), cpu="4"), "fog", ROOM)
    expect_rejected(on(a_node("a", site="fog", memory="16Gi", live_memory="10Gi"), memory="8Gi"), "fog", ROOM)


def test_what_is_promised_and_what_is_used_are_not_counted_twice() -> None:
    node = a_node("a", site="fog", cpu="8", used_cpu="3", live_cpu="2")
    expect_feasible(on(node, cpu="4"), "fog")
    expect_rejected(on(node, cpu="4300m"), "fog", ROOM)


def test_a_family_asks_for_its_usual_resources_when_its_owner_says_nothing() -> None:
    small = a_node("a", site="fog", cpu="2", memory="16Gi")
    expect_feasible(on(small), "fog")
    expect_rejected(on(small, family="Transformer"), "fog", ROOM, "2000 m CPU, 760 MiB")
    expect_feasible(on(small, family="Transformer", cpu="1"), "fog")


def test_a_family_on_a_small_cpu_is_expected_to_be_slow_unless_its_owner_knows_better() -> None:
    edge = a_node("a", site="fog", cpu="4", memory="16Gi")
    slow = on(edge, family="Transformer", cpu="1", target=50)
    expect_rejected(slow, "fog", RejectReason.LATENCY_UNREACHABLE, "it computes")
    expect_feasible(on(edge, family="Transformer", cpu="1", target=50, compute=20), "fog")


def test_the_higher_priority_chooses_first_where_room_is_scarce_whoever_is_older() -> None:
    sites = [a_site("fog", tier="Fog", per_hour="0.1"), a_site("cloud", tier="Cloud", per_hour="9")]
    nodes = [a_node("f", site="fog", cpu="4"), a_node("c", site="cloud", cpu="64")]
    older = a_workload("older", cpu="3", created=1.0)
    urgent = a_workload("urgent", cpu="3", created=2.0, priority=1000)
    snapshot = a_snapshot(sites=sites, nodes=nodes, workloads=[older, urgent])
    expect_serves_at(decided(snapshot, "urgent"), "fog")
    expect_serves_at(decided(snapshot, "older"), "cloud")
