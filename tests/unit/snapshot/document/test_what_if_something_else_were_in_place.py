# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from typing import Any

from aiworkload.snapshot.document.reading import read
from aiworkload.snapshot.document.site import SitePart
from aiworkload.snapshot.document.what_if import with_link, with_site, with_workload
from aiworkload.snapshot.document.workload import WorkloadPart
from aiworkload.snapshot.link import LinkSource
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_status, a_workload

PLANT = replace(a_node("plant-7-1", site="plant-7"), labels={"site": "plant-7"})
FREE = replace(a_node("free-1", site=None), labels={"hall": "9"})


def cluster(**parts: Any) -> Snapshot:  # noqa: ANN401 - builders' values
    return a_snapshot(**{"sites": [a_site("plant-7"), a_site("fog-1", tier="Fog")], "nodes": [PLANT, FREE], **parts})


def a_site_part(name: str, **spec: object) -> SitePart:
    return read(SitePart, {"metadata": {"name": name, "labels": {"a": "b"}}, "spec": {"tier": "Edge", **spec}})


def a_workload_part(name: str, uri: str = "s3://models/m", **metadata: object) -> WorkloadPart:
    return read(
        WorkloadPart,
        {"metadata": {"name": name, "namespace": "factory", **metadata}, "spec": {"model": {"uri": uri}}},
    )


def test_a_link_is_as_if_just_measured_from_both_ends_and_keeps_its_bandwidth() -> None:
    stale = replace(a_link("plant-7", "fog-1", 90, age=99, jitter=5, losses=3), bandwidth_kilobits=7)
    after = with_link(cluster(links=[stale]), "fog-1", "plant-7", 40_000)
    found = after.link("plant-7", "fog-1")
    assert found is not None
    assert (found.rtt_p95_microseconds, found.rtt_p50_microseconds) == (40_000, 40_000)
    assert (found.jitter_microseconds, found.consecutive_losses, found.age(NOW)) == (0, 0, 0)
    assert after.links["plant-7", "fog-1"].bandwidth_kilobits == 7
    assert after.links["fog-1", "plant-7"].rtt_p95_microseconds == 40_000


def test_a_new_workload_is_as_old_as_the_snapshot() -> None:
    after = with_workload(cluster(), a_workload_part("new"))
    assert after.workloads[WorkloadKey("factory", "new")].created_at == NOW


def test_an_applied_workload_keeps_what_stands_of_it_and_its_history() -> None:
    standing = a_workload(placements=[a_placement("plant-7")], status=a_status(), approved="fog-1")
    [after] = with_workload(cluster(workloads=[standing]), a_workload_part("detector")).workloads.values()
    assert after.spec.model.uri == "s3://models/m"
    assert after.generation == standing.generation + 1
    assert replace(after, spec=standing.spec, generation=1) == standing


def test_the_same_spec_again_is_the_same_generation_and_an_approval_counts() -> None:
    key = "aiworkload.dev/approve-move-to"
    standing = replace(a_workload(), spec=a_workload_part("detector").spec)
    part = a_workload_part("detector", annotations={key: "plant-7"})
    [after] = with_workload(cluster(workloads=[standing]), part).workloads.values()
    assert (after.generation, after.approved_site) == (standing.generation, "plant-7")


def test_a_new_site_takes_free_nodes_only() -> None:
    after = with_site(cluster(), a_site_part("hall-9", nodeSelector={"hall": "9"}))
    assert after.sites["hall-9"].nodes == ("free-1",)
    assert after.nodes["free-1"].site == "hall-9"
    rival = with_site(cluster(), a_site_part("rival", nodeSelector={"site": "plant-7"}))
    assert (rival.sites["rival"].nodes, rival.sites["plant-7"].nodes) == ((), ("plant-7-1",))


def test_a_site_that_selects_others_lets_its_nodes_go() -> None:
    after = with_site(cluster(), a_site_part("plant-7", nodeSelector={"hall": "9"}))
    assert after.sites["plant-7"].nodes == ("free-1",)
    assert after.nodes["plant-7-1"].site is None
    assert (after.sites["plant-7"].generation, after.sites["plant-7"].labels) == (2, {"a": "b"})


def test_a_site_that_selects_as_before_keeps_nodes_that_were_only_said_to_be_its_own() -> None:
    unlabelled = a_node("plant-7-2", site="plant-7")
    same = a_site("plant-7").spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    part = read(SitePart, {"metadata": {"name": "plant-7"}, "spec": same})
    after = with_site(cluster(nodes=[PLANT, unlabelled]), part)
    assert after.sites["plant-7"].nodes == ("plant-7-1", "plant-7-2")
    assert after.sites["plant-7"].generation == 1


def test_declared_links_follow_the_spec_and_measured_ones_stay() -> None:
    before = with_site(
        cluster(links=[a_link("plant-7", "fog-1", 12)]),
        a_site_part(
            "plant-7",
            links=[
                {"site": "fog-1", "rttMilliseconds": 50, "bandwidthMegabits": 10},
                {"site": "cloud", "rttMilliseconds": 70},
            ],
        ),
    )
    assert before.links["plant-7", "cloud"].source is LinkSource.DECLARED
    measured = before.links["plant-7", "fog-1"]
    assert (measured.rtt_p95_microseconds, measured.bandwidth_kilobits) == (12_000, 10_000)
    after = with_site(before, a_site_part("plant-7"))
    assert list(after.links) == [("plant-7", "fog-1")]
    assert after.links["plant-7", "fog-1"].bandwidth_kilobits is None
