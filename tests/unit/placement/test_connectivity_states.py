# SPDX-License-Identifier: Apache-2.0
"""Connected, Degraded, Disconnected, Lost: a silent site is not a dead one, and one silent witness is not a cut."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aiworkload.api.site import Connectivity, SiteStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.placement.connectivity import Dues, judged
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from tests.builders import NOW, a_link, a_node, a_site, a_snapshot

POLICY = Policy()


def judge(*nodes: Node, links: Sequence[Link] = (), **site: object) -> Site:
    snapshot = a_snapshot(sites=[a_site("plant", **site), a_site("fog")], nodes=nodes, links=links)
    seen = judged(snapshot, POLICY)
    assert judged(seen, POLICY) == seen, "judging twice changes nothing"
    return seen.sites["plant"]


def node(number: int = 1, *, ready: bool = True) -> Node:
    return a_node(f"plant-{number}", site="plant", ready=ready)


def reached(**link: object) -> list[Link]:
    return [a_link("fog", "plant", 9, **link)]


LOST = reached(losses=5)


def test_a_reporting_site_with_ready_nodes_is_connected_since_it_was_published_so() -> None:
    found = judge(node(), last_report_at=NOW - 5, since=NOW - 500)
    assert (found.connectivity, found.connectivity_since) == (Connectivity.CONNECTED, NOW - 500)


def test_an_unpublished_unreported_site_is_judged_by_its_nodes_alone() -> None:
    assert judge(node(), published=False).connectivity is Connectivity.CONNECTED
    assert judge(node(ready=False)).connectivity is Connectivity.DISCONNECTED
    assert judge(node(), node(2, ready=False), published=False).connectivity is Connectivity.DEGRADED


def test_nodes_that_are_joining_are_no_cut_until_they_take_too_long() -> None:
    assert judge(node(ready=False), published=False).connectivity is Connectivity.DEGRADED
    starting = judge(node(ready=False), connectivity="Degraded", since=NOW - 29)
    assert starting.connectivity is Connectivity.DEGRADED
    assert judge(node(ready=False), connectivity="Degraded", since=NOW - 30).connectivity is Connectivity.DISCONNECTED


def test_silence_and_unready_nodes_together_are_a_cut() -> None:
    found = judge(node(ready=False), last_report_at=NOW - 31)
    assert (found.connectivity, found.connectivity_since) == (Connectivity.DISCONNECTED, NOW)


def test_silence_and_peers_that_time_out_together_are_a_cut() -> None:
    assert judge(node(), last_report_at=NOW - 31, links=LOST).connectivity is Connectivity.DISCONNECTED


def test_silence_alone_is_a_dead_agent_and_changes_nothing() -> None:
    assert judge(node(), last_report_at=NOW - 300, links=reached()).connectivity is Connectivity.CONNECTED
    degraded = judge(node(), last_report_at=NOW - 300, links=reached(), connectivity="Degraded")
    assert degraded.connectivity is Connectivity.DEGRADED


def test_silence_up_to_the_threshold_is_no_silence() -> None:
    assert judge(node(), last_report_at=NOW - 30, links=LOST).connectivity is Connectivity.DEGRADED


def test_stale_peers_are_no_witnesses() -> None:
    assert (
        judge(node(), last_report_at=NOW - 300, links=reached(losses=9, age=99)).connectivity is Connectivity.CONNECTED
    )


def test_one_peer_that_reaches_it_contradicts_those_that_do_not() -> None:
    links = [*LOST, a_link("cloud", "plant", 20)]
    assert judge(node(), last_report_at=NOW - 300, links=links).connectivity is Connectivity.CONNECTED


@pytest.mark.parametrize(("losses", "state"), [(4, "Connected"), (5, "Degraded")])
def test_losses_in_a_row_degrade_a_site_in_contact(losses: int, state: str) -> None:
    found = judge(node(), last_report_at=NOW - 5, links=reached(losses=losses))
    assert found.connectivity.value == state


def test_its_own_losses_towards_others_do_not_degrade_it() -> None:
    found = judge(node(), last_report_at=NOW - 5, links=[a_link("plant", "fog", None, losses=9)])
    assert found.connectivity is Connectivity.CONNECTED


def test_an_unready_node_degrades_a_site_in_contact_even_when_it_is_all_of_them() -> None:
    assert judge(node(), node(2, ready=False), last_report_at=NOW - 5).connectivity is Connectivity.DEGRADED
    assert judge(node(ready=False), last_report_at=NOW - 5).connectivity is Connectivity.DEGRADED


def test_a_cut_lasts_as_long_as_its_evidence() -> None:
    found = judge(node(ready=False), last_report_at=NOW - 99, connectivity="Disconnected", since=NOW - 60)
    assert (found.connectivity, found.connectivity_since) == (Connectivity.DISCONNECTED, NOW - 60)


def test_a_long_cut_is_a_loss() -> None:
    found = judge(node(ready=False), last_report_at=NOW - 600, connectivity="Disconnected", since=NOW - 570)
    assert (found.connectivity, found.connectivity_since) == (Connectivity.LOST, NOW)
    unreported = judge(node(ready=False), connectivity="Disconnected", since=NOW - 600)
    assert unreported.connectivity is Connectivity.LOST


def test_a_restarted_operator_keeps_a_published_loss_and_a_published_cut() -> None:
    assert judge(node(ready=False), connectivity="Lost", since=NOW - 5).connectivity is Connectivity.LOST
    assert (
        judge(node(), links=LOST, connectivity="Disconnected", since=NOW - 5).connectivity is Connectivity.DISCONNECTED
    )


def test_first_contact_after_a_cut_is_degraded_from_that_moment() -> None:
    for state in ("Disconnected", "Lost"):
        found = judge(node(), last_report_at=NOW - 1, connectivity=state, since=NOW - 90)
        assert (found.connectivity, found.connectivity_since) == (Connectivity.DEGRADED, NOW)


def test_contact_must_last_and_be_confirmed_before_a_site_is_connected_again() -> None:
    early = judge(node(), last_report_at=NOW - 1, connectivity="Degraded", since=NOW - 29)
    assert early.connectivity is Connectivity.DEGRADED
    once = judge(node(), last_report_at=NOW - 30, connectivity="Degraded", since=NOW - 30)
    assert once.connectivity is Connectivity.DEGRADED
    again = judge(node(), last_report_at=NOW - 1, connectivity="Degraded", since=NOW - 30)
    assert (again.connectivity, again.connectivity_since) == (Connectivity.CONNECTED, NOW)


def test_a_client_only_site_is_connected_unless_peers_lose_it() -> None:
    assert judge(hosts=False).connectivity is Connectivity.CONNECTED
    assert judge(hosts=False, links=LOST).connectivity is Connectivity.DISCONNECTED
    some = [*LOST, a_link("cloud", "plant", 20)]
    assert judge(hosts=False, links=some).connectivity is Connectivity.DEGRADED


def test_a_published_state_without_a_time_counts_from_now() -> None:
    site = replace(a_site("plant"), published=SiteStatus(connectivity=Connectivity.DEGRADED))
    found = judged(a_snapshot(sites=[site]), POLICY).sites["plant"]
    assert (found.connectivity, found.connectivity_since) == (Connectivity.DEGRADED, NOW)


def test_a_published_time_that_is_yet_to_come_holds_no_state() -> None:
    found = judge(node(), last_report_at=NOW - 1, connectivity="Degraded", since=NOW + 3600)
    assert (found.connectivity, found.connectivity_since) == (Connectivity.DEGRADED, NOW)


def due(*nodes: Node, **site: object) -> float | None:
    seen = judged(a_snapshot(sites=[a_site("plant", **site)], nodes=nodes), POLICY)
    return Dues.of(seen, POLICY).next(seen.taken_at)


def test_the_next_change_by_time_alone_is_told() -> None:
    assert due(node(), last_report_at=NOW - 5) == NOW + 25
    assert due(node(), connectivity="Degraded", since=NOW - 10) == NOW + 20
    assert due(node(ready=False), connectivity="Disconnected", since=NOW - 100) == NOW + 500
    assert due(node(ready=False), connectivity="Lost") is None
    assert due(node()) is None


def test_a_flapping_link_switches_the_state_no_faster_than_the_window() -> None:
    """Ten seconds good, ten seconds bad: what was degraded once stays so for the whole window."""
    site = a_site("plant", last_report_at=NOW)
    entered, lasted = None, []
    for second in range(0, 240, 2):
        now = NOW + second
        bad = (second // 10) % 2 == 1
        links = [a_link("fog", "plant", 9, losses=5 if bad else 0, now=now)]
        reported = replace(site, last_report_at=now - 1)
        site = judged(a_snapshot(sites=[reported], nodes=[node()], links=links, now=now), POLICY).sites["plant"]
        since = to_rfc3339(site.connectivity_since)
        site = replace(site, published=SiteStatus(connectivity=site.connectivity, connectivity_since_time=since))
        if site.connectivity is Connectivity.DEGRADED:
            entered = site.connectivity_since
        elif entered is not None:
            lasted.append(now - entered)
            entered = None
    assert lasted
    assert min(lasted) >= POLICY.reconnected_seconds
