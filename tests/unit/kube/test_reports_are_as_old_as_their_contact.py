# SPDX-License-Identifier: Apache-2.0
"""A report's time is when it was seen to change, never what its node's clock says."""

from typing import Any

import orjson

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.kube.assemble import Assembler
from aiworkload.kube.store import Store
from aiworkload.snapshot.link import Link

NOW = 1_800_000_000.0


class Stage:
    """A store with one site of one node, and a clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.store = Store(lambda: self.now)
        self.version = 10
        self.list("Node", {"metadata": {"name": "n", "uid": "n", "resourceVersion": "1", "labels": {"zone": "a"}}})
        spec = {"tier": "Edge", "nodeSelector": {"zone": "a"}}
        self.list("Site", {"metadata": {"name": "plant", "uid": "s", "resourceVersion": "1"}, "spec": spec})

    def list(self, kind: str, *items: dict[str, Any]) -> None:
        table = self.store.table(kind)
        _, facts = table.decoder.page(orjson.dumps({"metadata": {"resourceVersion": "5"}, "items": list(items)}))
        table.replace("5", facts)

    def watch(self, report: dict[str, Any]) -> None:
        table = self.store.reports
        table.observe(table.decoder.line(orjson.dumps({"type": "MODIFIED", "object": report})))

    def report(
        self, node_clock: float, *, written_at: float = 0.0, link_age: float = 0.0, rtt: int = 900
    ) -> dict[str, Any]:
        self.version += 1
        link = {"site": "cloud", "rttP50Microseconds": rtt, "rttP95Microseconds": rtt}
        link["observedTime"] = to_rfc3339(node_clock - link_age)
        managed = [{"manager": "agent", "subresource": "status", "time": to_rfc3339(written_at)}]
        return {
            "metadata": {"name": "n", "uid": "r", "resourceVersion": str(self.version), "managedFields": managed},
            "status": {"observedTime": to_rfc3339(node_clock), "validSeconds": 30, "links": [link]},
        }

    def link(self) -> Link:
        return Assembler(self.store).snapshot(self.now).links["plant", "cloud"]


def test_a_report_seen_by_the_watch_is_as_fresh_as_the_moment_whatever_its_nodes_clock_says() -> None:
    stage = Stage()
    for wrong in (NOW - 86_400, NOW + 86_400):
        stage.watch(stage.report(wrong))
        assert stage.link().age(stage.now) == 0


def test_after_a_restart_an_old_report_is_as_old_as_its_last_write() -> None:
    stage = Stage()
    stage.list("NodeReport", stage.report(NOW, written_at=NOW - 300))
    assert stage.link().is_stale(stage.now)


def test_a_links_own_age_within_the_report_is_added() -> None:
    stage = Stage()
    stage.watch(stage.report(NOW - 86_400, link_age=12))
    assert stage.link().age(stage.now) == 12


def test_a_relist_does_not_make_a_silent_node_look_alive() -> None:
    stage = Stage()
    silent = stage.report(NOW, written_at=NOW)
    stage.watch(silent)
    stage.now += 100
    stage.list("NodeReport", silent)
    assert stage.link().age(stage.now) == 100


def test_a_heartbeat_that_says_nothing_new_wakes_nobody_but_keeps_the_link_fresh() -> None:
    stage = Stage()
    stage.watch(stage.report(NOW))
    stage.store.changed.clear()
    stage.now += 10
    stage.watch(stage.report(NOW + 10))
    assert not stage.store.changed.is_set()
    assert stage.link().age(stage.now) == 0


def test_a_slower_link_wakes_the_loop() -> None:
    stage = Stage()
    stage.watch(stage.report(NOW))
    stage.store.changed.clear()
    stage.watch(stage.report(NOW + 1, rtt=5000))
    assert stage.store.changed.is_set()


def test_a_report_after_a_silence_wakes_the_loop_even_if_it_says_nothing_new() -> None:
    stage = Stage()
    stage.watch(stage.report(NOW))
    stage.store.changed.clear()
    stage.now += 60
    stage.watch(stage.report(NOW + 60))
    assert stage.store.changed.is_set()
