# SPDX-License-Identifier: Apache-2.0
"""Lists are the truth, watches go on from them, and our own writes are seen at once."""

from typing import Any

import orjson

from aiworkload.kube.projection.base import Key
from aiworkload.kube.projection.node import NodeFact
from aiworkload.kube.table import Table

N = Key("", "n")


def live(name: str = "n", version: int = 1, uid: str = "u1", **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": uid, "resourceVersion": str(version), "labels": labels}}


def fact(**of: object) -> NodeFact:
    return NodeFact.model_validate(live(**of))


class Heard:
    """Remembers what the table told."""

    def __init__(self) -> None:
        self.calls: list[tuple[bool, bool, bool]] = []

    def __call__(self, old: NodeFact | None, new: NodeFact | None, *, listed: bool) -> None:
        self.calls.append((old is not None, new is not None, listed))


def table() -> Table[NodeFact]:
    return Table(NodeFact, Heard())


def observe(into: Table[NodeFact], type_: str, **of: object) -> None:
    into.observe(into.decoder.line(orjson.dumps({"type": type_, "object": live(**of)})))


def test_what_a_list_does_not_name_is_gone() -> None:
    nodes = table()
    nodes.replace("5", [fact(name="n"), fact(name="m")])
    assert nodes.replace("9", [fact(name="m")]) == 1
    assert nodes.get(N) is None


def test_our_own_write_survives_an_older_list_and_an_older_event() -> None:
    nodes = table()
    nodes.wrote(live(version=8, written="yes"))
    nodes.replace("5", [])
    observe(nodes, "MODIFIED", version=7)
    found = nodes.get(N)
    assert found is not None
    assert found.metadata.labels == {"written": "yes"}


def test_a_newer_event_replaces_our_own_write() -> None:
    nodes = table()
    nodes.wrote(live(version=8))
    observe(nodes, "MODIFIED", version=9, by="other")
    found = nodes.get(N)
    assert found is not None
    assert found.metadata.labels == {"by": "other"}


def test_an_answer_that_comes_after_newer_news_changes_nothing() -> None:
    nodes = table()
    observe(nodes, "ADDED", version=9)
    nodes.wrote(live(version=8, late="yes"))
    found = nodes.get(N)
    assert found is not None
    assert found.metadata.labels == {}


def test_an_object_that_we_deleted_does_not_come_back_by_old_news() -> None:
    nodes = table()
    observe(nodes, "ADDED", version=1)
    nodes.deleted(N, "u1")
    observe(nodes, "MODIFIED", version=2)
    assert nodes.get(N) is None
    observe(nodes, "DELETED", version=3)
    observe(nodes, "ADDED", version=4, uid="u2")
    assert nodes.get(N) is not None


def test_deleting_by_another_uid_forgets_nothing() -> None:
    nodes = table()
    observe(nodes, "ADDED", version=1)
    nodes.deleted(N, "u0")
    assert nodes.get(N) is not None


def test_the_old_news_of_a_predecessor_do_not_remove_what_we_created_in_its_place() -> None:
    nodes = table()
    nodes.wrote(live(version=8, uid="u2"))
    observe(nodes, "DELETED", version=6, uid="u1")
    assert nodes.get(N) is not None


def test_a_bookmark_changes_nothing() -> None:
    nodes = table()
    line = nodes.decoder.line(b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"12"}}}')
    nodes.observe(line)
    assert (line.resource_version, len(nodes)) == ("12", 0)
