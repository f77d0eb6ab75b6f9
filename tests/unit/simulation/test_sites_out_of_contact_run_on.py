# SPDX-License-Identifier: Apache-2.0
"""A cut takes contact away, not the machines: what runs there serves its own site, and hears nothing until it heals."""

import pytest

from aiworkload.simulation.simulate import simulate
from tests.unit.simulation.scenes import DETECTOR, of, small

CUT = "- {at: 30m, for: 40m, cut: {site: edge}}\n"
ON_SITE = DETECTOR.replace("tiers: [Fog, Cloud]", "tiers: [Edge]")
ANYWHERE = DETECTOR.replace("tiers: [Fog, Cloud]", "tiers: [Edge, Fog, Cloud]")


def test_a_client_that_is_cut_off_reaches_what_runs_beside_it() -> None:
    assert of(simulate(small(CUT, workloads=ON_SITE)), "detector").unserved_seconds == pytest.approx(0, abs=30)


def test_a_client_that_is_cut_off_reaches_nothing_else() -> None:
    assert of(simulate(small(CUT)), "detector").unserved_seconds == pytest.approx(2400, abs=10)


def test_its_own_pods_answer_a_cut_site_whatever_the_operator_has_switched_elsewhere() -> None:
    """The site's proxies keep the endpoints that they knew."""
    detector = of(simulate(small(CUT, workloads=ANYWHERE)), "detector")
    during = [stay for stay in detector.stays if stay.begin - 1_767_571_200 < 3000 < stay.end - 1_767_571_200]
    assert [stay.site for stay in during] == ["edge"]


def test_pods_on_a_node_that_loses_power_stop_at_once_and_move_within_the_site() -> None:
    detector = of(simulate(small("- {at: 30m, nodeDown: fog-a}\n")), "detector")
    assert 0 < detector.unserved_seconds < 1300
    assert detector.stays[-1].site is not None


def test_a_link_that_is_cut_takes_only_its_own_path_away() -> None:
    detector = of(simulate(small("- {at: 30m, for: 20m, cut: {link: [edge, fog]}}\n")), "detector")
    assert [move.to_site for move in detector.moves] == ["cloud", "fog"]
    assert 60 <= detector.unserved_seconds <= 180


def test_a_cut_is_known_once_its_report_is_late_and_its_leases_are_seen_to_be_silent() -> None:
    """Doubt after 10 s, a look within 5, silence after 15 more; reports are late within 37.5. In the lab it is 34 s."""
    report = simulate(small(CUT))
    told = [event.at - report.start - 1800 for event in report.posted if event.what.startswith("SiteDisconnected edge")]
    assert len(told) == 1
    assert 20 <= told[0] <= 40
