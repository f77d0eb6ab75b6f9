# SPDX-License-Identifier: Apache-2.0
"""What the solver of all workloads together advises is a move like any other: it must last, be worth it, and fit."""

from collections.abc import Callable

import pytest

from aiworkload.placement import single_site, wants
from aiworkload.placement.advice import Advice, Advised
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Decision
from aiworkload.placement.policy import Policy
from tests.builders import (
    NOW,
    a_link,
    a_move,
    a_node,
    a_placement,
    a_site,
    a_snapshot,
    a_status,
    a_workload,
    assignment,
)
from tests.expectations import Story, expect_held_back, expect_moves, expect_stays

LASTING = a_status(challenger=("cloud", NOW - 600))
LINKS = {"fog": 30, "cloud": 35}
"""The cloud is a little worse than where it stands."""
BETTER = {"fog": 49, "cloud": 5}
TOLD = Callable[..., Decision]


def makes_room(gain: int = 30, site: str = "cloud") -> Advised:
    return Advised(assignment(site), gain, "it makes room for factory/press")


@pytest.fixture
def told(story: Story, monkeypatch: pytest.MonkeyPatch) -> TOLD:
    """Tell the usual story, with advice."""

    def tell(advised: Advised, **given: object) -> Decision:
        monkeypatch.setattr(single_site, "wanted", lambda comparison, _: wants.wanted(comparison, advised))
        return story(**{"plant_to": LINKS, "status": LASTING, **given})

    return tell


def test_without_advice_a_worse_place_is_not_moved_to(story: Story) -> None:
    expect_stays(story(plant_to=LINKS, status=LASTING), "fog")


def test_a_workload_makes_room_for_others_when_the_exchange_is_worth_it(told: TOLD) -> None:
    found = told(makes_room())
    expect_moves(found, "cloud", "ResourcePressure")
    assert "because it makes room for factory/press" in found.message


def test_what_is_better_for_itself_too_is_called_a_better_site(told: TOLD) -> None:
    expect_moves(told(makes_room(), plant_to=BETTER), "cloud", "BetterSite")


def test_an_exchange_must_gain_the_minimum_for_each_of_its_moves_less_their_cost(told: TOLD) -> None:
    expect_held_back(told(makes_room(10)), "minGainPoints (it would gain 10 points less 1 for the move, and 10 are")
    expect_moves(told(makes_room(11)), "cloud", "ResourcePressure")


def test_an_exchange_that_gains_nothing_is_not_wanted(told: TOLD) -> None:
    found = told(makes_room(0))
    expect_stays(found, "fog")
    assert found.suppressed is None


def test_advice_must_last_and_its_time_is_remembered(told: TOLD) -> None:
    found = told(makes_room(), status=a_status(challenger=("cloud", NOW - 59)))
    expect_held_back(found, "ResourcePressure", "violationSeconds")
    assert found.challenger is not None
    assert (found.challenger.assignment, found.challenger.since) == (assignment("cloud"), NOW - 59)


def test_advice_waits_for_the_dwell_and_for_the_budget(told: TOLD) -> None:
    expect_held_back(told(makes_room(), placements=[a_placement("fog", created=NOW - 9)]), "minDwellSeconds")
    spent = [a_move("cloud", "fog", ended=NOW - 3000 + n) for n in range(4)]
    expect_held_back(told(makes_room(), status=LASTING.model_copy(update={"moves": tuple(spent)})), "maxMovesPerHour")


def test_advice_that_is_no_longer_feasible_is_not_followed(told: TOLD) -> None:
    full = {"cloud": a_node("cloud-1", site="cloud", used_cpu="8")}
    expect_stays(told(makes_room(), nodes=full), "fog")
    expect_stays(told(makes_room(site="nowhere")), "fog")
    expect_stays(told(makes_room(site="fog")), "fog")


def test_a_target_that_has_just_failed_is_not_advised_again(told: TOLD) -> None:
    failed = (a_move("fog", "cloud", ended=NOW - 9, failed=True),)
    expect_stays(told(makes_room(), status=LASTING.model_copy(update={"moves": failed})), "fog")


def test_what_is_forced_goes_to_its_own_best_place_whatever_is_advised(told: TOLD) -> None:
    places = {"cloud-2": a_site("cloud-2", tier="Cloud", per_hour="0.1")}
    links = {"fog": 60, "cloud": 45, "cloud-2": 5}
    found = told(makes_room(), plant_to=links, places=places, status=a_status(missed_since=NOW - 99))
    expect_moves(found, "cloud-2", "LatencyViolated")


def test_unusable_advice_leaves_the_workloads_own_wish_standing(told: TOLD) -> None:
    found = told(makes_room(site="nowhere"), plant_to={"fog": 49, "cloud": 5})
    expect_moves(found, "cloud", "BetterSite")


def test_advice_reaches_the_workload_that_it_is_about() -> None:
    sites = [a_site("plant", hosts=False), a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")]
    links = [a_link("plant", site, milliseconds) for site, milliseconds in LINKS.items()]
    given = {"target": 50, "clients": ["plant"], "placements": [a_placement("fog")], "status": LASTING}
    workloads = [a_workload(name, **given) for name in ("detector", "press")]
    snapshot = a_snapshot(sites=sites, links=links, workloads=workloads)
    advice = Advice(advised={workloads[0].key: makes_room()})
    decisions = decide(snapshot, Policy(), NOW, advice=advice).decisions
    expect_moves(decisions[workloads[0].key], "cloud", "ResourcePressure")
    expect_stays(decisions[workloads[1].key], "fog")
