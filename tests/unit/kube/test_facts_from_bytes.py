# SPDX-License-Identifier: Apache-2.0
"""Raw bytes become slim facts; what cannot be read is a value or a gap with a word in the log, never a crash."""

import time
from typing import Any

import orjson
import pytest

from aiworkload.api import names
from aiworkload.kube.assemble import Assembler
from aiworkload.kube.errors import Expired
from aiworkload.kube.projection.base import Decoder
from aiworkload.kube.projection.node import NodeFact
from aiworkload.kube.store import Store
from aiworkload.reconcile.ports import ClusterError
from aiworkload.snapshot.workload import WorkloadKey

KEY = WorkloadKey("ns", "w")


def metadata(name: str, namespace: str = "", **more: object) -> dict[str, Any]:
    fields = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": "5"}
    return {**fields, "creationTimestamp": "2026-11-23T10:00:00Z", **more}


def page(*items: dict[str, Any]) -> bytes:
    return orjson.dumps({"metadata": {"resourceVersion": "9"}, "items": list(items)})


def fill(store: Store, kind: str, *items: dict[str, Any]) -> None:
    table = store.table(kind)
    head, facts = table.decoder.page(page(*items))
    table.replace(head.resource_version, facts)


def workload(spec: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"metadata": metadata("w", "ns", generation=3), "spec": spec, **more}


def test_a_stored_object_that_the_models_cannot_read_is_a_value_with_a_sentence() -> None:
    store = Store(time.time)
    fill(store, "AIWorkload", workload({"model": {"uri": "gopher://x"}}))
    snapshot = Assembler(store).snapshot(0.0)
    (found,) = snapshot.unreadable
    assert (found.key, found.generation, found.reported) == (KEY, 3, False)
    assert "model.uri" in found.error
    assert not snapshot.workloads


def test_it_is_reported_once_its_condition_says_so() -> None:
    store = Store(time.time)
    fill(store, "AIWorkload", workload({"model": {"uri": "gopher://x"}}))
    (found,) = Assembler(store).snapshot(0.0).unreadable
    fill(
        store,
        "AIWorkload",
        workload({"model": {"uri": "gopher://x"}}, status={"conditions": [{"message": found.error}]}),
    )
    assert Assembler(store).snapshot(0.0).unreadable[0].reported


def test_the_next_good_object_works() -> None:
    store = Store(time.time)
    assembler = Assembler(store)
    fill(store, "AIWorkload", workload({"model": None}))
    assert assembler.snapshot(0.0).unreadable
    fill(store, "AIWorkload", workload({"model": {"uri": "s3://m/x"}}))
    assert KEY in assembler.snapshot(0.0).workloads
    assert not assembler.snapshot(0.0).unreadable


def test_one_unreadable_node_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    good, bad = {"metadata": metadata("good")}, {"metadata": metadata("bad"), "spec": {"taints": "none"}}
    _, facts = Decoder(NodeFact).page(page(good, bad))
    assert [fact.metadata.name for fact in facts] == ["good"]
    assert "bad" in caplog.text


def test_a_site_that_cannot_be_read_counts_as_absent_and_says_why_once(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(time.time)
    fill(store, "Site", {"metadata": metadata("s"), "spec": {"tier": "Space"}})
    assembler = Assembler(store)
    assert not assembler.snapshot(0.0).sites
    assert not assembler.snapshot(1.0).sites
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["Site s counts as absent"]


def test_the_end_of_a_watch_is_our_own_error() -> None:
    line = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}
    with pytest.raises(Expired, match="too old"):
        Decoder(NodeFact).line(orjson.dumps(line))
    with pytest.raises(ClusterError):
        Decoder(NodeFact).line(b'{"type":"ADDED","object":{"metad')


def test_a_service_or_deployment_of_a_namesake_that_is_gone_is_not_the_workloads() -> None:
    store = Store(time.time)
    fill(store, "AIWorkload", workload({"model": {"uri": "s3://m/x"}}))
    labels = {names.WORKLOAD_LABEL: "w", names.SITE_LABEL: "s", names.VARIANT_LABEL: "default"}
    for uid, expected in (("uid-old", 0), ("uid-w", 1)):
        owners = [{"uid": uid, "kind": "AIWorkload"}]
        fill(store, "Deployment", {"metadata": metadata("d", "ns", labels=labels, ownerReferences=owners)})
        assert len(Assembler(store).snapshot(0.0).workloads[KEY].placements) == expected
