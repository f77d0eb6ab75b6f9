# SPDX-License-Identifier: Apache-2.0
"""Each scenario that ships makes its story's point. They are cut to the hours that matter."""

from dataclasses import replace

import pytest

from aiworkload.api.site import Tier
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.simulation.report import SimulationReport
from aiworkload.simulation.simulate import simulate
from aiworkload.snapshot.snapshot import Snapshot
from tests.unit.simulation.scenes import SHIPPED, of, shipped, ways

HOURS = {"factory-line": 16, "hospital": 12, "oil-rig": 19, "camera-farm": 15, "web-shop": 24, "global-service": 8}
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


def test_camera_farm_video_stays_on_the_farm_and_never_drowns_the_uplink() -> None:
    """Before noon all are served on the farm; without the fibre the uplink takes one, who is answered in time."""
    report = played("camera-farm")
    noon = report.start + 12 * 3600
    stays = [stay for workload in report.workloads.values() for stay in workload.stays]
    assert {stay.site for stay in stays if stay.begin < noon and stay.site} <= {"barns", "office"}
    sent = [w for w in report.workloads.values() if "eu-west" in w.sites]
    assert len(sent) == 1
    assert (sent[0].attained_time_percent or 0) > 99


def test_camera_farm_always_in_the_cloud_saturates_the_uplink() -> None:
    """A rival that knows only the cloud sends 168 Mbit/s through 50."""

    def always_cloud(snapshot: Snapshot, policy: Policy, now: float) -> Plan:
        cloud = {name: site for name, site in snapshot.sites.items() if name == "eu-west"}
        wide = {ends: replace(link, bandwidth_kilobits=None) for ends, link in snapshot.links.items()}
        return decide(replace(snapshot, sites=cloud, links=wide), policy, now)

    report = simulate(shipped("camera-farm").model_copy(update={"duration": 3600.0}), decide=always_cloud)
    shares = [workload.samples.attained[-1] for workload in report.workloads.values()]
    assert {site for workload in report.workloads.values() for site in workload.sites} == {"eu-west"}
    assert shares == pytest.approx([50_000 / (6 * 10 * 352 * 8 * 1.024)] * 6, rel=0.01)


def test_web_shop_goes_where_the_hour_is_cheaper() -> None:
    recommender = of(played("web-shop"), "recommender")
    assert ways(recommender) == [
        ("cloud", "shop", "BetterSite"),
        ("shop", "cloud", "BetterSite"),
        ("cloud", "shop", "BetterSite"),
    ]
    assert recommender.unserved_seconds == 0


@pytest.mark.parametrize("place", ["Fog", "Cloud"])
def test_web_shop_pays_less_than_in_either_place_all_day(place: str) -> None:
    scenario = shipped("web-shop")
    workload = scenario.workloads[0]
    bound = workload.spec.placement.model_copy(update={"tiers": (Tier(place),)})
    tied = workload.model_copy(update={"spec": workload.spec.model_copy(update={"placement": bound})})
    there = of(simulate(scenario.model_copy(update={"workloads": (tied,)})), "recommender")
    assert len(there.sites) == 1
    assert of(played("web-shop"), "recommender").cost < 0.9 * there.cost


def test_global_service_serves_four_continents_in_time_from_two_or_three_sites() -> None:
    assistant = of(played("global-service"), "assistant")
    assert 2 <= len(assistant.sites) <= 3
    assert (assistant.attained_requests_percent or 0) > 99
