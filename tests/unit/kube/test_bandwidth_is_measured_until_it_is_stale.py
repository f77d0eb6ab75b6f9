# SPDX-License-Identifier: Apache-2.0
"""A measured bandwidth counts while it may be believed, the narrower way for both ways, and then the declared one."""

from aiworkload.kube.assemble import Assembler
from tests.unit.kube.clusters import Cluster

DECLARED = 10_000


def two_sites() -> Cluster:
    cluster = Cluster()
    cluster.site("plant", {"zone": "plant"}, cloud=7)
    cluster.site("cloud", {"zone": "cloud"})
    for site in ("plant", "cloud"):
        cluster.node(f"{site}-1", zone=site)
    return cluster


def bandwidths(cluster: Cluster, kept_up: Assembler | None = None) -> tuple[int | None, int | None]:
    """From the plant to the cloud, and back."""
    links = (kept_up or Assembler(cluster.store)).snapshot(cluster.now).links
    there, back = links.get(("plant", "cloud")), links.get(("cloud", "plant"))
    return (there.bandwidth_kilobits if there else None, back.bandwidth_kilobits if back else None)


def test_where_none_is_measured_the_declared_one_counts() -> None:
    cluster = two_sites()
    cluster.report("plant-1", cloud=900)
    assert bandwidths(cluster) == (DECLARED, None)


def test_a_measured_one_takes_its_place() -> None:
    cluster = two_sites()
    cluster.report("plant-1", kilobits=4_000, cloud=900)
    assert bandwidths(cluster) == (4_000, None)


def test_the_narrower_way_counts_for_both() -> None:
    cluster = two_sites()
    kept_up = Assembler(cluster.store)
    cluster.report("plant-1", kilobits=4_000, cloud=900)
    cluster.report("cloud-1", kilobits=50_000, plant=900)
    assert bandwidths(cluster, kept_up) == (4_000, 4_000)
    cluster.report("plant-1", kilobits=60_000, cloud=900)
    assert bandwidths(cluster, kept_up) == (50_000, 50_000)


def test_a_stale_one_gives_way_to_the_declared_one_by_time_alone_though_reports_go_on() -> None:
    cluster = two_sites()
    kept_up = Assembler(cluster.store)
    cluster.report("plant-1", kilobits=4_000, cloud=900, valid=3600)
    assert bandwidths(cluster, kept_up) == (4_000, None)
    cluster.now += 20
    assert bandwidths(cluster, kept_up) == (4_000, None)
    cluster.now += 0.1
    assert bandwidths(cluster, kept_up) == (DECLARED, None)


def test_its_age_within_the_report_counts() -> None:
    cluster = two_sites()
    cluster.report("plant-1", kilobits=4_000, cloud=900, behind=15)
    cluster.now += 6
    assert bandwidths(cluster) == (DECLARED, None)


def test_a_bandwidth_that_changed_by_much_wakes_the_loop_and_noise_does_not() -> None:
    cluster = two_sites()
    cluster.report("plant-1", kilobits=4_000, cloud=900)
    cluster.store.changed.clear()
    cluster.report("plant-1", kilobits=4_100, cloud=900)
    assert not cluster.store.changed.is_set()
    cluster.report("plant-1", kilobits=2_000, cloud=900)
    assert cluster.store.changed.is_set()
