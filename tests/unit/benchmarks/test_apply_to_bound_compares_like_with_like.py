# SPDX-License-Identifier: Apache-2.0
from typing import Any

from aiworkload.api.workload import AIWorkloadSpec
from benchmarks.apply_to_bound import Series, bound, direct, workload
from demo import topology
from demo.world import World

WRITTEN: dict[str, Any] = {
    "metadata": {"name": "bench-0-fog-1-default", "labels": {"aiworkload.dev/workload": "bench-0"}},
    "spec": {
        "selector": {"matchLabels": {"aiworkload.dev/workload": "bench-0"}},
        "template": {
            "metadata": {"labels": {"aiworkload.dev/workload": "bench-0"}},
            "spec": {"affinity": {"nodeAffinity": {}}, "containers": [{"name": "server"}]},
        },
    },
}


def test_the_twin_has_the_same_pod_and_no_label_that_the_operator_watches() -> None:
    twin = direct(WRITTEN, "direct-0")
    assert twin["spec"]["template"]["spec"] == WRITTEN["spec"]["template"]["spec"]
    assert "aiworkload.dev" not in str(twin)
    assert "ownerReferences" not in twin["metadata"]
    assert WRITTEN["spec"]["selector"]["matchLabels"] == {"aiworkload.dev/workload": "bench-0"}


def test_workloads_go_round_all_sites_and_each_may_stand_at_one_only() -> None:
    allowed = [
        AIWorkloadSpec.model_validate(workload(number)["spec"]).requirements.privacy.sites for number in range(4)
    ]
    assert allowed == [(name,) for name in topology.NAMES]


def test_a_pod_bound_at_another_site_does_not_count() -> None:
    world = World()
    pod = {
        "metadata": {"namespace": "default", "name": "p", "labels": {"a": "b"}},
        "spec": {"nodeName": "fog-1-node-1"},
    }
    world.put("Pod", pod)
    assert bound(world, {"a": "b"}, "fog-1")
    assert not bound(world, {"a": "b"}, "plant-7")
    assert not bound(world, {"a": "c"}, "fog-1")


def test_percentiles_are_those_of_the_samples() -> None:
    series = Series(tuple(float(number) for number in range(101)))
    assert (series.percentile(50), series.percentile(95)) == (50.0, 95.0)
