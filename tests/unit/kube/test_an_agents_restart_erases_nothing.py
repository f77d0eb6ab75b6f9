# SPDX-License-Identifier: Apache-2.0
"""What was measured a moment ago holds until it is told anew or is too old, whatever the newest report leaves out."""

from collections.abc import Mapping

from aiworkload.kube.assemble import Assembler
from aiworkload.snapshot.link import Link, LinkSource
from tests.unit.kube.clusters import Cluster

DECLARED = 7000
MEASURED = 70_000


def measured(*, kilobits: int | None = None) -> tuple[Cluster, Assembler]:
    """A plant whose agent is asked for the cloud, and has measured what its Site declares to be far nearer."""
    cluster = Cluster()
    cluster.site("plant", {"zone": "plant"}, cloud=DECLARED // 1000)
    cluster.node("n1", zone="plant")
    cluster.report("n1", asked=["cloud"], kilobits=kilobits, cloud=MEASURED)
    return cluster, Assembler(cluster.store)


def to_cloud(cluster: Cluster, assembler: Assembler) -> Link:
    """The path as it was followed, which is what a new assembler makes of the same store."""
    found = links(cluster, assembler)["plant", "cloud"]
    assert found == links(cluster, Assembler(cluster.store))["plant", "cloud"]
    return found


def links(cluster: Cluster, assembler: Assembler) -> Mapping[tuple[str, str], Link]:
    return assembler.snapshot(cluster.now).links


def restart(cluster: Cluster, *, after: float = 1.0) -> None:
    cluster.now += after
    cluster.report("n1", asked=["cloud"])


def test_the_first_report_of_a_restarted_agent_leaves_what_was_measured() -> None:
    cluster, assembler = measured()
    before = to_cloud(cluster, assembler)
    restart(cluster)
    assert to_cloud(cluster, assembler) == before
    assert before.rtt_p95_microseconds == MEASURED


def test_it_turns_stale_at_its_own_time_and_no_declaration_takes_its_place() -> None:
    cluster, assembler = measured()
    to_cloud(cluster, assembler)
    restart(cluster, after=20)
    cluster.now += 10.1
    found = to_cloud(cluster, assembler)
    assert found.source is LinkSource.MEASURED
    assert found.is_stale(cluster.now)


def test_restarts_in_a_row_do_not_make_it_younger() -> None:
    cluster, assembler = measured()
    began = cluster.now
    for _ in range(3):
        restart(cluster, after=5)
    assert to_cloud(cluster, assembler).observed_at == began


def test_the_first_new_measurement_takes_its_place() -> None:
    cluster, assembler = measured()
    restart(cluster)
    cluster.report("n1", asked=["cloud"], cloud=900)
    assert to_cloud(cluster, assembler).rtt_p95_microseconds == 900


def test_a_link_that_the_agent_is_asked_for_no_more_is_forgotten_when_it_tells_of_others() -> None:
    cluster, assembler = measured()
    to_cloud(cluster, assembler)
    cluster.report("n1", asked=["fog"], fog=900)
    assert to_cloud(cluster, assembler).source is LinkSource.DECLARED


def test_where_a_neighbour_took_the_task_over_it_holds_until_it_is_stale() -> None:
    cluster, assembler = measured()
    to_cloud(cluster, assembler)
    cluster.report("n1")
    cluster.now += 30
    assert to_cloud(cluster, assembler).rtt_p95_microseconds == MEASURED
    cluster.now += 0.1
    assert to_cloud(cluster, assembler).source is LinkSource.DECLARED


def test_a_bandwidth_is_kept_for_as_long_as_it_may_be_believed() -> None:
    cluster, assembler = measured(kilobits=4000)
    to_cloud(cluster, assembler)
    restart(cluster, after=10)
    cluster.report("n1", asked=["cloud"], cloud=900)
    assert to_cloud(cluster, assembler).bandwidth_kilobits == 4000
    cluster.now += 10
    assert to_cloud(cluster, assembler).bandwidth_kilobits == 4000
    cluster.now += 0.1
    assert to_cloud(cluster, assembler).bandwidth_kilobits == 10_000, "the declared one"


def test_a_new_bandwidth_takes_the_place_of_the_old_one() -> None:
    cluster, assembler = measured(kilobits=4000)
    restart(cluster)
    cluster.report("n1", asked=["cloud"], kilobits=9000, cloud=900)
    assert to_cloud(cluster, assembler).bandwidth_kilobits == 9000


def test_another_machine_in_the_same_place_inherits_nothing() -> None:
    cluster, assembler = measured()
    cluster.node("n1", machine="another", zone="plant")
    restart(cluster)
    assert to_cloud(cluster, assembler).source is LinkSource.DECLARED


def test_a_machine_that_was_booted_again_is_the_same() -> None:
    cluster, assembler = measured()
    cluster.node("n1", zone="plant")
    restart(cluster)
    assert to_cloud(cluster, assembler).rtt_p95_microseconds == MEASURED


def test_a_node_that_was_not_known_yet_is_the_same() -> None:
    """As after a restart of the operator, whose lists come in any order, while an upgrade restarts agents too."""
    cluster = Cluster()
    cluster.site("plant", {"zone": "plant"}, cloud=DECLARED // 1000)
    cluster.report("n1", asked=["cloud"], cloud=MEASURED)
    cluster.node("n1", zone="plant")
    restart(cluster)
    assert to_cloud(cluster, Assembler(cluster.store)).rtt_p95_microseconds == MEASURED


def test_another_node_inherits_nothing_though_a_report_came_while_there_was_none() -> None:
    cluster, assembler = measured()
    cluster.delete("Node", "n1")
    restart(cluster)
    cluster.node("n1", uid="another", zone="plant")
    restart(cluster)
    assert to_cloud(cluster, assembler).source is LinkSource.DECLARED


def test_another_node_of_the_same_name_inherits_nothing() -> None:
    cluster, assembler = measured()
    cluster.delete("Node", "n1")
    cluster.node("n1", uid="another", zone="plant")
    restart(cluster)
    assert to_cloud(cluster, assembler).source is LinkSource.DECLARED


def test_another_report_of_the_same_name_inherits_nothing() -> None:
    cluster, assembler = measured()
    cluster.now += 1
    cluster.report("n1", uid="another", asked=["cloud"])
    assert to_cloud(cluster, assembler).source is LinkSource.DECLARED


def test_a_report_that_was_deleted_leaves_nothing() -> None:
    cluster, assembler = measured()
    restart(cluster)
    cluster.delete("NodeReport", "n1")
    restart(cluster)
    assert to_cloud(cluster, assembler).source is LinkSource.DECLARED
