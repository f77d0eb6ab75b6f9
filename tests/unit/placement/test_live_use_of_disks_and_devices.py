# SPDX-License-Identifier: Apache-2.0
"""What somebody uses beside Kubernetes is no room for a model, though no request tells of it."""

from dataclasses import replace

from aiworkload.placement.plan import Decision, RejectReason
from tests.builders import a_node, a_site, a_snapshot, a_variant, a_workload
from tests.expectations import decided, expect_feasible, expect_rejected

GIBIBYTE = 2**30
GPU, DISK = "nvidia.com/gpu", "ephemeral-storage"


def on_a_node_with(resource: str, amount: int, *, used: int, **variant: object) -> Decision:
    node = a_node("n", site="fog")
    node = replace(node, allocatable={**node.allocatable, resource: amount}, used={resource: used})
    workload = a_workload(variants=[a_variant("default", **variant)])
    return decided(a_snapshot(sites=[a_site("fog")], nodes=[node], workloads=[workload]))


def with_disk_for_a_model(*, used: int) -> Decision:
    requests = {"cpu": "1", DISK: "20Gi"}
    return on_a_node_with(DISK, 100 * GIBIBYTE, used=used * GIBIBYTE, resources={"requests": requests})


def test_a_model_fits_on_a_disk_that_has_room() -> None:
    expect_feasible(with_disk_for_a_model(used=70), "fog")


def test_a_disk_that_is_full_of_other_things_has_no_room_for_a_model() -> None:
    found = with_disk_for_a_model(used=90)
    expect_rejected(found, "fog", RejectReason.INSUFFICIENT_RESOURCES, "20480 MiB of disk")


def test_a_device_that_another_process_uses_is_not_given_away() -> None:
    expect_feasible(on_a_node_with(GPU, 2, used=1, accelerator=GPU), "fog")
    found = on_a_node_with(GPU, 2, used=2, accelerator=GPU)
    expect_rejected(found, "fog", RejectReason.INSUFFICIENT_RESOURCES)
