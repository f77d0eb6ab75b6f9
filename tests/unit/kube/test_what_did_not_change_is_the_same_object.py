# SPDX-License-Identifier: Apache-2.0
"""A decision sees by identity what is new: only objects whose facts changed are others than before."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from aiworkload.api import names
from aiworkload.kube.assemble import Assembler
from aiworkload.snapshot.snapshot import Snapshot
from tests.unit.kube.clusters import Cluster

OF_W_A = {
    "labels": {names.WORKLOAD_LABEL: "w-a", names.SITE_LABEL: "a", names.VARIANT_LABEL: "default"},
    "ownerReferences": [{"kind": "AIWorkload", "uid": "uid-w-a"}],
}
VIEWS = ("sites", "nodes", "links", "workloads", "reports")


def a_cluster() -> Cluster:
    cluster = Cluster()
    for name in ("a", "b"):
        cluster.site(name, {"zone": name})
        cluster.node(f"{name}1", zone=name)
        cluster.workload(f"w-{name}")
    cluster.report("a1", cpu_percent=50, b=900)
    cluster.report("b1", cpu_percent=50, a=900)
    return cluster


def wait(cluster: Cluster, seconds: float) -> None:
    cluster.now += seconds


def other(before: Snapshot, after: Snapshot) -> dict[str, set[str]]:
    """By mapping: the keys whose object is another than before."""

    def found(one: Mapping[Any, Any], two: Mapping[Any, Any]) -> set[str]:
        return {
            "-".join(key) if isinstance(key, tuple) else key
            for key in {**one, **two}
            if one.get(key) is not two.get(key)
        }

    differing = {view: found(getattr(before, view), getattr(after, view)) for view in VIEWS}
    return {view: keys for view, keys in differing.items() if keys}


CHANGES: tuple[tuple[str, Callable[[Cluster], None], dict[str, set[str]]], ...] = (
    ("time", lambda cluster: wait(cluster, 5), {}),
    ("a relist", lambda cluster: cluster.relist(), {}),
    (
        "a slower link",
        lambda cluster: cluster.report("a1", cpu_percent=50, b=5000),
        {"links": {"a-b"}},
    ),
    ("a busier machine", lambda cluster: cluster.report("a1", cpu_percent=90, b=900), {"nodes": {"a1"}}),
    ("a machine's noise", lambda cluster: cluster.report("a1", cpu_percent=47, b=900), {}),
    ("a pod elsewhere", lambda cluster: cluster.pod("p", "b1", "1"), {"nodes": {"b1"}}),
    (
        "a node that moves",
        lambda cluster: cluster.node("a1", zone="b"),
        {"nodes": {"a1"}, "sites": {"a", "b"}, "links": {"a-b"}},
    ),
    ("a workload", lambda cluster: cluster.workload("w-a", labels={"x": "y"}, generation=2), {"workloads": {"ns-w-a"}}),
    (
        "a Deployment of a workload",
        lambda cluster: cluster.put("Deployment", "d", "ns", metadata=OF_W_A),
        {"workloads": {"ns-w-a"}},
    ),
)


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_only_what_a_change_concerns_is_another_object(
    change: Callable[[Cluster], None], expected: dict[str, set[str]]
) -> None:
    cluster = a_cluster()
    assembler = Assembler(cluster.store)
    before = assembler.snapshot(cluster.now)
    change(cluster)
    assert other(before, assembler.snapshot(cluster.now)) == expected


def test_a_heartbeat_makes_its_own_links_and_its_sites_contact_younger_and_nothing_else() -> None:
    cluster = a_cluster()
    assembler = Assembler(cluster.store)
    before = assembler.snapshot(cluster.now)
    cluster.now += 10
    cluster.report("a1", cpu_percent=50, b=900)
    assert other(before, assembler.snapshot(cluster.now)) == {"links": {"a-b"}, "sites": {"a"}, "reports": {"a1"}}


def test_a_mapping_is_the_same_while_nothing_in_it_changes_and_never_changes_itself() -> None:
    cluster = a_cluster()
    assembler = Assembler(cluster.store)
    before = assembler.snapshot(cluster.now)
    held = {view: dict(getattr(before, view)) for view in VIEWS}
    cluster.node("c1", zone="c")
    cluster.delete("Node", "b1")
    after = assembler.snapshot(cluster.now)
    assert after.workloads is before.workloads
    assert list(after.nodes) == ["a1", "c1"]
    assert {view: getattr(before, view) for view in VIEWS} == held


def test_a_status_alone_leaves_the_spec_the_same_object() -> None:
    cluster = a_cluster()
    assembler = Assembler(cluster.store)
    before = assembler.snapshot(cluster.now).workloads
    cluster.put("AIWorkload", "w-a", "ns", spec={"model": {"uri": "s3://m/x"}}, status={"replicas": 1})
    after = assembler.snapshot(cluster.now).workloads
    (key,) = (key for key in after if after[key] is not before[key])
    assert after[key].spec is before[key].spec
    assert after[key].published is not None


def test_two_assemblers_of_one_store_hear_of_everything() -> None:
    cluster = a_cluster()
    one, two = Assembler(cluster.store), Assembler(cluster.store)
    for assembler in (one, two):
        assembler.snapshot(cluster.now)
    cluster.delete("AIWorkload", "w-a", "ns")
    assert [len(assembler.snapshot(cluster.now).workloads) for assembler in (one, two)] == [1, 1]
