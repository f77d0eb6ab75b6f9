# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import MISSING, fields, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.api.site import Connectivity
from aiworkload.api.timestamps import to_epoch
from aiworkload.snapshot.document.snapshot import from_document, to_document
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.node import Node, Taint
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import MoveIntent, Placement, Pod, Service, Workload
from tests.builders import (
    LONG_AGO,
    NOW,
    a_link,
    a_move,
    a_node,
    a_placement,
    a_site,
    a_snapshot,
    a_spec,
    a_status,
    a_variant,
    a_workload,
    an_intent,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LEFT_OUT = {
    (Snapshot, "reports"),  # the agents' own objects: their measurements are the links
    (Snapshot, "unreadable"),  # what cannot be read cannot be written
    (Snapshot, "pulses"),  # heard by a running operator only; in a file two witnesses must do
    (Snapshot, "coordinates"),  # the operator's own; what follows from them are links
    (Site, "contested_nodes"),  # said in a condition; the node stands where it stands
    (Site, "connectivity"),  # derived anew by `decide`, from what was published
    (Site, "connectivity_since"),  # the same
}
"""No decision reads these."""
SITES = ("plant-7", "fog-1", "cloud")
STRANGE = 0.137
"""Milliseconds that no default has."""

names = st.sampled_from(SITES)
counts = st.integers(0, 10**12)
times = st.integers(0, 4_000_000_000_000).map(lambda thousandths: thousandths / 1000)
intents = st.builds(an_intent, names, names, st.just("Failback"), start=times, switched=st.none() | times)
amounts = st.dictionaries(st.sampled_from(["cpu", "memory", "nvidia.com/gpu", "pods"]), counts)
pods = st.builds(
    Pod,
    st.text("abc", min_size=1),
    uid=st.text("u1"),
    node=st.none() | names,
    ready=st.booleans(),
    terminating=st.booleans(),
    requests=amounts,
)
placements = st.builds(
    Placement,
    site=names,
    variant=st.sampled_from(["default", "int8"]),
    name=st.sampled_from(["detector-fog-1-default", "other"]),
    created_at=times,
    uid=st.text("u1"),
    replicas=st.integers(0, 9),
    ready_replicas=st.integers(0, 9),
    current=st.booleans(),
    deleting=st.booleans(),
    intent=st.none() | intents,
    pods=st.lists(pods, max_size=2).map(tuple),
)
nodes = st.builds(
    Node,
    st.text("n1", min_size=1),
    st.none() | names,
    ready=st.booleans(),
    unschedulable=st.booleans(),
    taints=st.sampled_from([(), (Taint("gpu", "only", "NoSchedule"),)]),
    labels=st.dictionaries(st.text("k", min_size=1), st.text("v")),
    allocatable=amounts.map(lambda found: {"pods": 110, **found}),
    requested=amounts,
    used=amounts,
)
micros = st.none() | st.integers(0, 60_000_000)
links = st.builds(
    Link,
    names,
    st.sampled_from(["depot", "harbour"]),
    micros,
    st.integers(0, 60_000_000),
    jitter_microseconds=st.integers(0, 60_000_000),
    loss_basis_points=st.integers(0, 10_000),
    consecutive_losses=st.integers(0, 9),
    bandwidth_kilobits=st.none() | st.integers(0, 10**9),
    observed_at=times,
    valid_seconds=times.map(lambda seconds: min(seconds, 1e6)),
)


def assembled(site: Site) -> Site:
    """As a snapshot is taken of a live cluster: connectivity as published."""
    since = site.published and site.published.connectivity_since_time
    state = (site.published and site.published.connectivity) or Connectivity.CONNECTED
    return replace(site, connectivity=state, connectivity_since=to_epoch(since) if since else 0.0)


def through_a_file(snapshot: Snapshot) -> Snapshot:
    return from_document(json.loads(json.dumps(to_document(snapshot))))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    now = draw(times)
    heard = draw(st.none() | times)
    sites = [assembled(a_site(name, last_report_at=heard, published=draw(st.booleans()))) for name in SITES]
    standing = draw(st.lists(placements, max_size=2))
    workload = a_workload(
        target=draw(st.integers(1, 100)), clients=["plant-7"], placements=standing, created=draw(times)
    )
    selected = draw(st.none() | st.builds(Service, st.just("detector"), st.none(), st.none() | intents))
    return a_snapshot(
        now=now,
        sites=sites,
        nodes={node.name: node for node in draw(st.lists(nodes, max_size=4))}.values(),
        links=draw(st.lists(links, max_size=4)),
        workloads=[replace(workload, service=selected, priority=draw(st.integers(-5, 5)))],
    )


@settings(deadline=None)
@given(snapshots())
def test_every_snapshot_comes_back_from_its_file_as_it_was(snapshot: Snapshot) -> None:
    assert through_a_file(snapshot) == snapshot


def a_full_snapshot() -> Snapshot:
    """Every field that decisions read has a value that is not its default."""
    site = a_site("plant-7", labels={"line": "3"}, since=LONG_AGO, last_report_at=NOW - STRANGE)
    node = a_node("plant-7-1", site="plant-7", used_cpu="1500m", gpus=1, ready=False, cordoned=True)
    node = replace(
        node, uid="u", labels={"a": "b"}, taints=(Taint("gpu", "only", "NoSchedule"),), used={"cpu": 1700, "memory": 5}
    )
    link = a_link("plant-7", "fog-1", 12.345, age=STRANGE, jitter=1, loss_percent=0.5, losses=2)
    link = replace(link, bandwidth_kilobits=100_000, valid_seconds=45.5)
    by_word = Link("fog-1", "cloud", 7000, 8000, bandwidth_kilobits=5, source=a_link("a", "b", 1, declared=True).source)
    pod = Pod("p", "u", "plant-7-1", ready=False, terminating=True, requests={"cpu": 250, "memory": 2**30, "pods": 1})
    intent = an_intent("cloud", "plant-7", "Manual", start=NOW - 60.25, switched=NOW - STRANGE)
    placement = replace(
        a_placement("plant-7", "int8", created=NOW - 99, replicas=3, ready=False, intent=intent, deleting=True),
        current=False,
        ready_replicas=2,
        pods=(pod,),
    )
    status = a_status(
        challenger=("fog-1", NOW - 40), missed_since=NOW - 30, moves=[a_move("cloud", "fog-1", ended=NOW)]
    )
    spec = a_spec(target=50, clients=[("plant-7", 20)], variants=[a_variant("int8", accelerator="nvidia.com/gpu")])
    workload = a_workload(spec=spec, placements=[placement], switch=intent, status=status, approved="fog-1")
    workload = replace(workload, generation=7, resource_version="99", deleting=True, priority=1000)
    full = replace(assembled(site), generation=3, report_valid_seconds=75.0)
    return a_snapshot(sites=[full], nodes=[node], links=[link, by_word], workloads=[workload], now=NOW + STRANGE)


def values_of(snapshot: Snapshot) -> "list[DataclassInstance]":
    [site], [node], [workload] = (list(part.values()) for part in (snapshot.sites, snapshot.nodes, snapshot.workloads))
    [placement] = workload.placements
    measured = snapshot.links["plant-7", "fog-1"]
    return [snapshot, site, node, measured, workload, placement, *placement.pods, workload.service, placement.intent]


@pytest.mark.parametrize("value", values_of(a_full_snapshot()), ids=lambda value: type(value).__name__)
def test_no_field_of_a_value_was_forgotten(value: "DataclassInstance") -> None:
    kinds = {Snapshot, Site, Node, Link, Workload, Placement, Pod, Service, MoveIntent}
    assert type(value) in kinds
    for one in fields(value):
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        declared_one = (type(value), one.name) == (Link, "source")
        assert (type(value), one.name) in LEFT_OUT or declared_one or getattr(value, one.name) != default, one.name


def test_the_full_snapshot_comes_back_too() -> None:
    assert through_a_file(a_full_snapshot()) == a_full_snapshot()


def test_what_is_left_out_by_hand_is_taken_to_be_well() -> None:
    workload = {
        "metadata": {"name": "detector"},
        "spec": {"model": {"uri": "s3://models/m"}},
        "placements": [{"site": "plant-7"}, {"site": "fog-1"}],
    }
    snapshot = from_document(
        {
            "apiVersion": "aiworkload.dev/v1alpha1",
            "kind": "Snapshot",
            "takenTime": "2027-01-15T08:00:00Z",
            "sites": [{"metadata": {"name": "plant-7"}, "spec": {"tier": "Edge", "nodeSelector": {"hall": "7"}}}],
            "nodes": [{"name": "a", "labels": {"hall": "7"}}],
            "workloads": [workload],
        }
    )
    [found] = snapshot.workloads.values()
    assert [placement.assignment for placement in found.serving] == [("plant-7", "default")]
    assert all(placement.ready and placement.created_at == 0 for placement in found.placements)
    assert snapshot.sites["plant-7"].nodes == ("a",)
    assert snapshot.nodes["a"].free("pods") == 110
