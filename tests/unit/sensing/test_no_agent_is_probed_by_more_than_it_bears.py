# SPDX-License-Identifier: Apache-2.0
"""Everybody would probe the control plane's site: it has places for as many as its agents bear, workloads apart."""

from collections import Counter
from statistics import fmean

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.agent.datagram_echo import READ_PER_SECOND
from aiworkload.agent.datagram_probe import BUSY_SECONDS
from aiworkload.agent.echo import MOST_CALLERS
from aiworkload.sensing.ground import Ground, Nearness
from aiworkload.sensing.interest import interest_of
from aiworkload.sensing.peers import PLACES_OF_AN_AGENT, Asked, Choice, places
from aiworkload.sensing.rotation import TURN_SECONDS, WATCHERS
from aiworkload.sensing.station import KEPT, Station
from tests.builders import NOW, a_placement, a_site, a_workload

CLOUD = "cloud"


def a_choice(plants: int, agents: int = 1) -> Choice:
    """A cloud that has the control plane's node, and plants."""
    sites = [a_site(CLOUD, tier="Cloud"), *(a_site(f"plant-{number:04d}") for number in range(plants))]
    ground = Ground.of({site.name: site for site in sites})
    answering = np.ones(len(ground), np.bool_)
    return Choice(ground, answering, {CLOUD: places(agents, len(ground))}, Nearness(ground, None))


def probers(choice: Choice, turn: int = 0) -> set[str]:
    """Of the cloud, while no workload asks for anything."""
    at = NOW + turn * TURN_SECONDS
    return {site for site in choice.ground.names if CLOUD in choice.peers(site, Asked(), at)}


def test_all_that_its_agents_bear_probe_the_control_planes_site() -> None:
    assert len(probers(a_choice(PLACES_OF_AN_AGENT - 1))) == PLACES_OF_AN_AGENT - 1


@given(st.integers(PLACES_OF_AN_AGENT, 1100), st.integers(0, 20))
@settings(max_examples=10, deadline=None)
def test_beyond_that_it_is_probed_by_no_more_than_they_bear_and_its_watchers(plants: int, turn: int) -> None:
    found = probers(a_choice(plants), turn)
    assert PLACES_OF_AN_AGENT - 1 <= len(found) <= PLACES_OF_AN_AGENT + WATCHERS


def test_more_agents_bear_more() -> None:
    assert 3 * PLACES_OF_AN_AGENT - 1 <= len(probers(a_choice(700, agents=3))) <= 3 * PLACES_OF_AN_AGENT + WATCHERS


def test_who_has_no_place_there_probes_others_in_its_stead() -> None:
    choice = a_choice(1100)
    peers = {site: len(choice.peers(site, Asked(), NOW)) for site in choice.ground.names}
    placed = probers(choice)
    with_place = [count for site, count in peers.items() if site in placed]
    without = [count for site, count in peers.items() if site not in placed]
    assert fmean(without) > fmean(with_place) - 1


def test_whom_a_cloud_serves_probes_it_whether_or_not_it_has_a_place_there() -> None:
    choice = a_choice(1100)
    site = min(set(choice.ground.names) - probers(choice) - {CLOUD})
    served = interest_of(a_workload(target=20, clients=[site], placements=[a_placement(CLOUD)]))
    assert served is not None
    assert CLOUD in choice.peers(site, Asked(of_clients=(served,)), NOW)


def test_places_stay_with_who_has_them() -> None:
    before, after = probers(a_choice(500)), probers(a_choice(501))
    assert len(before ^ after) <= 2


def test_twice_its_places_are_no_more_than_an_agent_bears_at_the_fullest_pace() -> None:
    assert KEPT * PLACES_OF_AN_AGENT / BUSY_SECONDS <= READ_PER_SECOND
    assert KEPT * PLACES_OF_AN_AGENT < MOST_CALLERS / 2


def test_agents_share_what_comes_in_whoever_answered_first() -> None:
    agents = tuple(f"agent-{number}:9777" for number in range(8))
    crowd = [f"prober-{number}" for number in range(800)]
    first = dict.fromkeys(crowd, agents[0])
    for most in range(2, len(agents) + 1):
        station = Station(answering=agents[:most])
        first = {prober: station.endpoint_for(prober, told) or "" for prober, told in first.items()}
        assert max(Counter(first.values()).values()) <= 1.2 * KEPT * len(crowd) / most


def test_who_moved_on_from_a_silent_agent_is_not_moved_back() -> None:
    agents = ("a:1", "b:1", "c:1", "d:1")
    for number in range(50):
        prober = f"prober-{number}"
        own = Station(answering=agents).endpoint_for(prober, None)
        left = tuple(agent for agent in agents if agent != own)
        other = Station(answering=left).endpoint_for(prober, own)
        assert other in left
        assert Station(answering=agents).endpoint_for(prober, other) == other


def test_a_site_that_is_silent_as_a_whole_is_probed_where_it_was() -> None:
    agents = tuple(f"agent-{number}:9777" for number in range(8))
    assert all(Station(answering=agents, silent=True).endpoint_for("prober", told) == told for told in agents)
