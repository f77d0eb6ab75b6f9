# SPDX-License-Identifier: Apache-2.0
"""Latency is the sampled round trip and compute, traffic must fit through its link, and money is placement.cost's."""

import pytest

from aiworkload.simulation.simulate import simulate
from tests.unit.simulation.scenes import DETECTOR, of, small

IN_CLOUD = DETECTOR.replace("tiers: [Fog, Cloud]", "tiers: [Cloud]")
STARTED = 20 / 7200
"""Share of the scenario until the first answer."""


def test_latency_is_the_round_trip_and_compute() -> None:
    assert of(simulate(small()), "detector").p95_milliseconds == pytest.approx(15)


def test_all_requests_count_from_the_arrival_on() -> None:
    detector = of(simulate(small()), "detector")
    assert detector.attained_time_percent == 100
    assert detector.attained_requests_percent == pytest.approx(100 * (1 - STARTED), abs=0.2)


def test_cost_is_the_share_of_a_node_and_egress() -> None:
    """A quarter of a node of 4 an hour, and 320 KiB a second at 0.1 a gibibyte."""
    detector = of(simulate(small(workloads=IN_CLOUD)), "detector")
    egress = 320 * 7200 / 1024**2 * (1 - STARTED)
    assert detector.egress_gibibytes == pytest.approx(egress, rel=0.01)
    assert detector.cost == pytest.approx(2 * 4 * 0.25 + egress * 0.1, rel=0.01)


def test_a_price_change_counts_from_its_moment() -> None:
    events = '- {at: 1h, price: {site: cloud, perHour: "8", perGibibyteEgress: "0"}}\n'
    detector = of(simulate(small(events, workloads=IN_CLOUD)), "detector")
    egress = 320 * 3600 / 1024**2
    assert detector.cost == pytest.approx(4 * 0.25 + 8 * 0.25 + egress * 0.1, rel=0.02)


def test_what_does_not_fit_through_a_link_is_not_answered() -> None:
    """640 KiB a second are 5.2 Mbit/s; four times the rate is twice what the link of 10 carries."""
    load = IN_CLOUD.replace("  startup: 20s\n", "  startup: 20s\n  load: [{at: 1h, requestsPerSecond: {edge: 80}}]\n")
    detector = of(simulate(small(workloads=load)), "detector")
    last = detector.samples.attained[-1]
    assert last == pytest.approx(10_000_000 / (80 * 32 * 8 * 1024), rel=0.03)
    assert detector.samples.attained[100] == 1


def test_lost_packets_are_answers_that_come_too_late() -> None:
    lossy = "- {at: 1h, degrade: {link: [edge, cloud], lossPercent: 10}}\n"
    detector = of(simulate(small(lossy, workloads=IN_CLOUD)), "detector")
    assert detector.samples.attained[-1] == pytest.approx(0.9)
