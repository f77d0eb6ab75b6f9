# SPDX-License-Identifier: Apache-2.0
"""One agent of each other site is probed: one that answers, and the same one while it does."""

from aiworkload.api.site import SiteSpec
from aiworkload.api.workload import Tier
from aiworkload.reconcile.inventory import node_reports
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Report, Snapshot

NOW = 1_800_000_000.0


def a_snapshot(*reports: Report, not_ready: tuple[str, ...] = ()) -> Snapshot:
    members = {"plant": ("plant-1",), "fog": ("fog-1", "fog-2")}
    return Snapshot(
        NOW,
        sites={name: Site(name, SiteSpec(tier=Tier.FOG), nodes=nodes) for name, nodes in members.items()},
        nodes={
            node: Node(node, site, uid=f"uid-{node}", ready=node not in not_ready)
            for site, nodes in members.items()
            for node in nodes
        },
        reports={report.node: report for report in reports},
    )


def a_report(node: str, *, age: float = 0.0) -> Report:
    return Report(node, f"uid-{node}", endpoint=f"{node}:9777", observed_at=NOW - age)


def probed_by_the_plant(snapshot: Snapshot) -> list[str]:
    told = {manifest["metadata"]["name"]: manifest["spec"] for manifest in node_reports(snapshot)}
    return [peer["endpoint"] for peer in told["plant-1"]["peers"]]


def test_the_first_agent_by_name_is_probed() -> None:
    assert probed_by_the_plant(a_snapshot(a_report("fog-2"), a_report("fog-1"))) == ["fog-1:9777"]


def test_an_agent_that_fell_silent_is_replaced_by_one_that_reports() -> None:
    assert probed_by_the_plant(a_snapshot(a_report("fog-1", age=31), a_report("fog-2"))) == ["fog-2:9777"]


def test_an_agent_on_a_node_that_is_not_ready_is_second_choice() -> None:
    snapshot = a_snapshot(a_report("fog-1"), a_report("fog-2"), not_ready=("fog-1",))
    assert probed_by_the_plant(snapshot) == ["fog-2:9777"]


def test_a_whole_site_that_is_silent_is_probed_as_before() -> None:
    snapshot = a_snapshot(a_report("fog-1", age=100), a_report("fog-2", age=100), not_ready=("fog-1", "fog-2"))
    assert probed_by_the_plant(snapshot) == ["fog-1:9777"]


def test_what_an_agent_was_told_already_is_not_told_again() -> None:
    told = Report("plant-1", "uid", site="plant", peers=(("fog", "fog-1:9777"),))
    names = {m["metadata"]["name"] for m in node_reports(a_snapshot(a_report("fog-1"), told))}
    assert names == {"fog-1", "fog-2"}
