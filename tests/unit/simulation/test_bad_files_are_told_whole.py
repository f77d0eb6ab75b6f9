# SPDX-License-Identifier: Apache-2.0
"""A scenario file that cannot be played is answered with every problem: line, field, value and cure."""

import pytest

from aiworkload.simulation.reading import BadScenario, parse_scenario
from tests.unit.simulation.scenes import DETECTOR, HEAD, LINKS, ROOT


def problems(text: str) -> list[str]:
    with pytest.raises(BadScenario) as raised:
        parse_scenario(text, "bad.yaml", ROOT)
    return str(raised.value).splitlines()


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = HEAD.replace("duration: 2h", "duration: soon").replace('cpu: "4"', "cpu: many") + LINKS
    told = problems(text)
    assert [line.split(":")[1] for line in told] == ["4", "11"]
    assert "duration" in told[0]
    assert "'soon'" in told[0]


def test_a_name_that_nobody_has_is_told_with_those_that_there_are() -> None:
    told = problems(HEAD + LINKS.replace("[edge, fog]", "[edge, frog]"))
    assert told == [
        "bad.yaml:16: links[0].between: there is no Site 'frog' here: name one of cloud, edge, fog, or add it"
    ]


@pytest.mark.parametrize(
    ("event", "cure"),
    [
        ("{at: 1h}", "an event says one thing"),
        ("{at: 1h, nodeDown: ghost}", "there is no node 'ghost'"),
        ("{at: 1h, cut: {link: [edge, edge]}}", "no link joins edge and edge"),
        ("{at: 1h, cut: {}}", "name either a site"),
    ],
)
def test_an_event_that_cannot_happen_is_told(event: str, cure: str) -> None:
    assert cure in problems(f"{HEAD}{LINKS}{DETECTOR}events:\n- {event}\n")[0]


def test_a_link_without_and_one_with_two_round_trips_are_told() -> None:
    for link in ("{between: [edge, fog]}", "{between: [edge, fog], rttMilliseconds: 1, trace: {file: x.csv}}"):
        assert problems(f"{HEAD}links:\n- {link}\n")


def test_a_threshold_that_the_operator_does_not_have_is_told() -> None:
    assert "lostSeconds" in problems(f"{HEAD}policy: {{lostSecond: 3}}\n")[0]


def test_what_is_no_yaml_is_told() -> None:
    assert "neither YAML nor JSON" in problems("a: [")[0]
