# SPDX-License-Identifier: Apache-2.0
"""The latency target, where it is known, and where it is not."""

from collections.abc import Sequence

from aiworkload.placement.plan import Decision, RejectReason
from aiworkload.snapshot.link import Link
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_workload
from tests.expectations import decided, expect_feasible, expect_rejected, expect_serves_at

SITES = ("plant-7", "fog-1", "cloud")


def with_links(
    *links: Link, sites: Sequence[str] = SITES, hosts: Sequence[str] = ("fog-1", "cloud"), **spec: object
) -> Decision:
    places = [a_site(name, hosts=name in hosts) for name in sites]
    given = {"target": 50, "clients": ["plant-7"], **spec}
    return decided(a_snapshot(sites=places, links=links, workloads=[a_workload(**given)]))


def test_network_and_computing_together_above_the_target_are_said_with_their_values() -> None:
    found = with_links(a_link("plant-7", "fog-1", 62), compute=12)
    rejection = expect_rejected(found, "fog-1", RejectReason.LATENCY_UNREACHABLE)
    assert rejection.message == (
        "fog-1 is 62 ms from plant-7 (p95, measured 3 s ago) and computes 12 ms: 74 ms, above the target of 50 ms"
    )


def test_exactly_the_target_is_met() -> None:
    expect_feasible(with_links(a_link("plant-7", "fog-1", 38), compute=12), "fog-1")
    expect_rejected(
        with_links(a_link("plant-7", "fog-1", 38.001), compute=12), "fog-1", RejectReason.LATENCY_UNREACHABLE
    )


def test_the_slowest_client_decides() -> None:
    links = [a_link("plant-7", "fog-1", 5), a_link("plant-8", "fog-1", 80)]
    found = with_links(*links, sites=(*SITES, "plant-8"), clients=["plant-7", "plant-8"])
    expect_rejected(found, "fog-1", RejectReason.LATENCY_UNREACHABLE, "80 ms from plant-8")


def test_the_slower_end_of_a_link_counts() -> None:
    found = with_links(a_link("plant-7", "fog-1", 5), a_link("fog-1", "plant-7", 90))
    expect_rejected(found, "fog-1", RejectReason.LATENCY_UNREACHABLE, "90 ms")


def test_a_client_at_the_very_site_needs_no_network() -> None:
    found = with_links(hosts=("plant-7",), compute=50)
    expect_feasible(found, "plant-7")
    assert found.latency is not None
    assert found.latency.total_microseconds == 50_000
    assert found.latency_met is True


def test_computing_alone_can_be_too_slow() -> None:
    found = with_links(hosts=("plant-7",), compute=51)
    expect_rejected(found, "plant-7", RejectReason.LATENCY_UNREACHABLE, "computes 51 ms")


def test_without_clients_computing_alone_counts() -> None:
    assert with_links(clients=[], compute=20).latency_met is True
    expect_rejected(with_links(clients=[], compute=60), "cloud", RejectReason.LATENCY_UNREACHABLE, "it computes 60 ms")


def test_without_clients_and_computing_time_nothing_can_be_said() -> None:
    assert with_links(clients=[]).latency_met is None


def test_without_a_target_latency_rejects_nothing() -> None:
    found = with_links(a_link("plant-7", "fog-1", 9000), target=None, clients=[])
    expect_feasible(found, "fog-1")
    assert found.latency_met is None


def test_unanswered_probes_are_a_path_that_is_lost() -> None:
    found = with_links(a_link("plant-7", "fog-1", 5, losses=5), a_link("plant-7", "cloud", 40))
    expect_rejected(found, "fog-1", RejectReason.LATENCY_UNREACHABLE, "fog-1 does not answer plant-7: 5 probes")
    expect_serves_at(found, "cloud")


def test_a_fresh_window_without_any_answer_is_lost_too() -> None:
    found = with_links(a_link("plant-7", "fog-1", None, losses=5), a_link("plant-7", "cloud", 40))
    expect_rejected(found, "fog-1", RejectReason.LATENCY_UNREACHABLE)


def test_the_first_probes_unanswered_are_no_outage_yet() -> None:
    found = with_links(a_link("plant-7", "fog-1", None, losses=4), a_link("plant-7", "cloud", 40))
    words = "plant-7 to fog-1 has not been measured: 4 probes got no answer"
    expect_rejected(found, "fog-1", RejectReason.MEASUREMENTS_STALE, words)


def test_unknown_is_not_good_where_another_is_known() -> None:
    found = with_links(a_link("plant-7", "cloud", 40))
    expect_rejected(found, "fog-1", RejectReason.MEASUREMENTS_STALE, "plant-7 to fog-1 has not been measured")
    expect_serves_at(found, "cloud")


def test_stale_is_unknown_and_says_what_was_last_known() -> None:
    found = with_links(a_link("plant-7", "fog-1", 5, age=95), a_link("plant-7", "cloud", 40))
    expect_rejected(found, "fog-1", RejectReason.MEASUREMENTS_STALE, "last 5 ms, measured 95 s ago")


def test_a_measurement_is_valid_to_its_last_second() -> None:
    expect_serves_at(with_links(a_link("plant-7", "fog-1", 5, age=30), a_link("plant-7", "cloud", 40)), "fog-1")


def test_where_nothing_is_known_nothing_is_refused() -> None:
    found = with_links()
    expect_feasible(found, "fog-1")
    expect_feasible(found, "cloud")
    assert found.latency_met is None


def test_a_stale_sample_is_not_read_as_slow() -> None:
    found = with_links(a_link("plant-7", "fog-1", 5000, age=95))
    expect_feasible(found, "fog-1")


def test_a_declared_link_counts_until_measured() -> None:
    found = with_links(a_link("plant-7", "fog-1", 20, declared=True))
    expect_serves_at(found, "fog-1")
    assert found.latency is not None
    assert found.latency.source.value == "Declared"
    assert found.latency.observed_at == NOW


def test_a_client_that_is_cut_off_does_not_count_while_others_are_in_contact() -> None:
    sites = [
        a_site("plant-7", connectivity="Disconnected", hosts=False),
        a_site("plant-8", hosts=False),
        a_site("fog-1"),
    ]
    links = [a_link("fog-1", "plant-7", None, losses=9), a_link("fog-1", "plant-8", 10)]
    workload = a_workload(target=50, clients=["plant-7", "plant-8"], placements=[a_placement("fog-1")])
    found = decided(a_snapshot(sites=sites, links=links, workloads=[workload]))
    expect_feasible(found, "fog-1")
    assert found.latency_met is True


def test_a_target_of_unknown_latency_is_no_target_of_a_move_while_the_standing_one_is_known() -> None:
    workload = a_workload(target=50, clients=["plant-7"], placements=[a_placement("cloud")])
    sites = [a_site(name, hosts=name != "plant-7") for name in SITES]
    found = decided(a_snapshot(sites=sites, links=[a_link("plant-7", "cloud", 40)], workloads=[workload]))
    expect_rejected(found, "fog-1", RejectReason.MEASUREMENTS_STALE)
