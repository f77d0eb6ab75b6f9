# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

from rich.console import Console

from aiworkload.cli.changes import Cluster, plan_document
from aiworkload.cli.dry_run import Submitted
from aiworkload.cli.plan_page import plan_page
from aiworkload.placement.decide import decide
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_workload

STANDING = a_workload("standing", placements=[a_placement("plant-7")], serving="plant-7")


def cluster(*workloads: Workload, cpu: str = "8") -> Snapshot:
    sites = [a_site("plant-7")]
    return a_snapshot(sites=sites, nodes=[a_node("plant-7-1", site="plant-7", cpu=cpu)], workloads=workloads)


def decided(snapshot: Snapshot) -> Cluster:
    return snapshot, decide(snapshot, Policy(), snapshot.taken_at)


def submitted(name: str, *, exists: bool, changed: bool) -> Submitted:
    return Submitted("AIWorkload", "factory", name, exists, changed)


def test_a_new_workload_is_a_change_with_the_place_it_would_get() -> None:
    new = a_workload("new", created=NOW)
    document = plan_document(
        [submitted("new", exists=False, changed=True)],
        before=decided(cluster(STANDING)),
        after=decided(cluster(STANDING, new)),
    )
    assert document["changes"] is True
    assert document["objects"] == [
        {"kind": "AIWorkload", "namespace": "factory", "name": "new", "action": "Create"},
    ]
    [shown] = document["workloads"]
    assert (shown["name"], shown["from"], shown["to"]) == ("new", [], [{"site": "plant-7", "variant": "default"}])
    assert shown["candidates"]


def test_an_unchanged_file_changes_nothing() -> None:
    same = decided(cluster(STANDING))
    document = plan_document([submitted("standing", exists=True, changed=False)], before=same, after=same)
    assert document["changes"] is False
    [shown] = document["workloads"]
    assert shown["inFile"] is True
    assert shown["changes"] is False


def test_another_workload_that_would_lose_its_place_is_shown() -> None:
    waiting = a_workload("waiting", created=NOW, cpu="6")
    rival = a_workload("rival", created=NOW - 100, cpu="6")
    document = plan_document(
        [submitted("rival", exists=False, changed=True)],
        before=decided(cluster(waiting)),
        after=decided(cluster(waiting, rival)),
    )
    shown = {workload["name"]: workload for workload in document["workloads"]}
    assert shown["rival"]["to"]
    assert shown["waiting"]["inFile"] is False
    assert shown["waiting"]["to"] == []


def test_a_changed_site_is_a_change_even_if_nothing_moves() -> None:
    same = decided(cluster(STANDING))
    site = Submitted("Site", "", "plant-7", exists=True, changed=True)
    document = plan_document([site], before=same, after=same)
    assert document["changes"] is True
    assert document["objects"] == [{"kind": "Site", "namespace": None, "name": "plant-7", "action": "Change"}]
    assert document["workloads"] == []


def test_a_spec_that_fits_nowhere_says_so() -> None:
    huge = a_workload("huge", created=NOW, cpu="64")
    document = plan_document(
        [submitted("huge", exists=False, changed=True)], before=decided(cluster()), after=decided(cluster(huge))
    )
    [shown] = document["workloads"]
    assert shown["reason"] == "Infeasible"
    assert "InsufficientResources" in shown["message"]


def test_a_target_that_would_be_missed_is_told_though_its_window_holds_the_move_back() -> None:
    slow = plan_document([], before=decided(two_sites(5)), after=decided(two_sites(120)))
    assert slow["changes"] is False
    [shown] = slow["workloads"]
    assert (shown["name"], shown["latencyMet"], shown["to"]) == ("detector", False, shown["from"])
    assert "violationSeconds" in shown["heldBack"]
    console = Console(width=200)
    with console.capture() as captured:
        console.print(plan_page(slow))
    assert captured.get().startswith("Nothing would change at once; one workload would be affected where it stays.")

    same = plan_document([], before=decided(two_sites(5)), after=decided(two_sites(5)))
    assert same["workloads"] == []


def test_whoever_is_listed_below_is_counted_above() -> None:
    site = Submitted("Site", "", "fog", exists=True, changed=True)
    document = plan_document([site], before=decided(two_sites(5)), after=decided(two_sites(120)))
    console = Console(width=200)
    with console.capture() as captured:
        console.print(plan_page(document))
    assert captured.get().startswith("Would change Site fog; 1 other workloads would be affected.")


def two_sites(milliseconds: float) -> Snapshot:
    """A detector serves at fog for plant-7, this far away; the cloud is 20 ms away."""
    sites = [a_site("plant-7", hosts=False), a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")]
    return a_snapshot(
        sites=sites,
        nodes=[a_node(f"{site}-1", site=site) for site in ("fog", "cloud")],
        links=[a_link("plant-7", "fog", milliseconds), a_link("plant-7", "cloud", 20)],
        workloads=[a_workload(clients=["plant-7"], target=50, placements=[a_placement("fog")], serving="fog")],
    )


def test_the_page_says_it_first() -> None:
    new = replace(a_workload("new"), created_at=NOW)
    document = plan_document(
        [submitted("new", exists=False, changed=True)],
        before=decided(cluster(STANDING)),
        after=decided(cluster(STANDING, new)),
    )
    console = Console(width=200)
    with console.capture() as captured:
        console.print(plan_page(document))
    assert captured.get().startswith("Would create AIWorkload new; no other workload would be affected.")
    assert "factory/new" in captured.get()
