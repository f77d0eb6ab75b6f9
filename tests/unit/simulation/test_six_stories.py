# SPDX-License-Identifier: Apache-2.0
"""Each scenario that ships makes its story's point. They are cut to the hours that matter."""

import pytest

from aiworkload.simulation.report import SimulationReport
from aiworkload.simulation.simulate import simulate
from tests.unit.simulation.scenes import SHIPPED, of, shipped, ways

HOURS = {"factory-line": 16, "hospital": 12, "oil-rig": 19, "camera-farm": 12, "web-shop": 24, "global-service": 8}
_PLAYED: dict[str, SimulationReport] = {}


def played(name: str) -> SimulationReport:
    """A story up to its last hour that matters, once for all tests."""
    if name not in _PLAYED:
        _PLAYED[name] = simulate(shipped(name).model_copy(update={"duration": HOURS[name] * 3600.0}))
    return _PLAYED[name]


def test_there_is_one_for_each_story() -> None:
    assert {file.stem for file in SHIPPED.glob("*.yaml")} == set(HOURS)


@pytest.mark.parametrize("name", HOURS)
def test_it_begins_with_its_story_and_what_to_look_at(name: str) -> None:
    head = [line for line in (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    assert any(line.startswith("# Look at: ") for line in head)


def test_factory_line_flees_a_slow_link_returns_and_ignores_a_hiccup() -> None:
    detector = of(played("factory-line"), "detector")
    assert ways(detector) == [("gateway", "eu-central", "LatencyViolated"), ("eu-central", "gateway", "Failback")]
    assert detector.unserved_seconds == 0
    assert (detector.attained_requests_percent or 0) > 99


def test_hospital_data_never_leaves_the_premises_although_the_cloud_would_answer() -> None:
    report = played("hospital")
    assert set(of(report, "triage").sites) == {"basement", "ward"}
    assert of(report, "triage").unserved_seconds <= 120
    assert list(of(report, "appointment-chat").sites) == ["eu-central"]


def test_oil_rig_serves_through_a_cut_of_twelve_hours() -> None:
    report = played("oil-rig")
    assert of(report, "gas-leak").unserved_seconds == 0
    assert of(report, "vibration").unserved_seconds == pytest.approx(12 * 3600, abs=60)


def test_camera_farm_video_stays_on_the_farm() -> None:
    report = played("camera-farm")
    served = {site for workload in report.workloads.values() for site in workload.sites}
    assert served <= {"barns", "office"}
    assert all(workload.unserved_seconds == 0 for workload in report.workloads.values())


def test_web_shop_goes_where_the_hour_is_cheaper() -> None:
    recommender = of(played("web-shop"), "recommender")
    assert {"shop", "cloud"} == set(recommender.sites)
    assert {move.trigger for move in recommender.moves} == {"BetterSite"}
    assert recommender.unserved_seconds == 0
    assert recommender.cost < 14, "what the cloud all day would cost"


def test_global_service_serves_four_continents_in_time_from_two_or_three_sites() -> None:
    assistant = of(played("global-service"), "assistant")
    assert 2 <= len(assistant.sites) <= 3
    assert (assistant.attained_requests_percent or 0) > 99
