# SPDX-License-Identifier: Apache-2.0
"""A pod's requests are computed as kube-scheduler does, and each node's sum follows its pods."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.kube.projection.pod import PodFact
from aiworkload.kube.requested import RequestedSums


def needing(cpu: str, *, sidecar: bool = False) -> dict[str, Any]:
    policy = {"restartPolicy": "Always"} if sidecar else {}
    return {"name": "c", "resources": {"requests": {"cpu": cpu}}, **policy}


def pod(name: str = "p", node: str | None = "n", **spec: object) -> PodFact:
    return PodFact.model_validate({"metadata": {"name": name, "uid": name}, "spec": {"nodeName": node, **spec}})


def test_containers_add_up_and_the_pod_itself_counts() -> None:
    assert pod(containers=[needing("100m"), needing("200m")]).requests == {"cpu": 300, "pods": 1}


def test_a_large_init_container_counts_instead_of_the_containers() -> None:
    assert pod(containers=[needing("100m")], initContainers=[needing("1")]).requests["cpu"] == 1000


def test_a_sidecar_runs_beside_the_containers_and_beside_later_init_containers() -> None:
    init = [needing("50m", sidecar=True), needing("400m")]
    assert pod(containers=[needing("100m")], initContainers=init).requests["cpu"] == 450


def test_overhead_is_added_and_pod_level_requests_replace_the_sum() -> None:
    found = pod(containers=[needing("100m")], overhead={"cpu": "10m"}, resources={"requests": {"cpu": "1"}})
    assert found.requests["cpu"] == 1010


cpus = st.sampled_from(["0", "1", "250m"])
places = st.sampled_from([None, "n", "m"])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.tuples(places, cpus))))
def test_the_running_sum_is_the_sum_of_the_pods_that_are_there(changes: list[tuple[str, Any]]) -> None:
    sums, there = RequestedSums(), dict[str, PodFact]()
    for name, change in changes:
        new = change and pod(name, change[0], containers=[needing(change[1])])
        sums.change(there.pop(name, None), new)
        there |= {name: new} if new else {}
    for node in ("n", "m"):
        bound = [p.requests for p in there.values() if p.node == node]
        total = {"cpu": sum(r["cpu"] for r in bound), "pods": len(bound)}
        assert dict(sums.of(node)) == {resource: amount for resource, amount in total.items() if amount}
