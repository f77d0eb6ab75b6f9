# SPDX-License-Identifier: Apache-2.0
"""Who has had no answer yet says nothing, and who loses most of what it probes speaks of itself."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.api.site import Connectivity
from aiworkload.placement.connectivity import judged
from aiworkload.placement.doubt import nodes_in_doubt
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.pulse import Pulse
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import NOW, a_link, a_node, a_site, a_snapshot
from tests.unit.placement.worlds import DICE, examples

POLICY = Policy()
LAB = ("cloud", "fog-1", "plant-7", "plant-8")
SILENT = {"connectivity": "Lost", "since": NOW - 900, "last_report_at": NOW - 1500}


def a_network(names: Collection[str], *, cut: Collection[str] = (), deaf: Collection[str] = ()) -> list[Link]:
    """Everybody probes everybody: what is cut off answers nobody, what is deaf gets no answer, and both probe on."""
    pairs = ((one, other) for one in names for other in names if one != other)
    return [
        a_link(*pair, None, losses=9) if pair[0] in {*cut, *deaf} or pair[1] in cut else a_link(*pair, 9)
        for pair in pairs
    ]


def where_are_lost(links: Iterable[Link], *lost: tuple[str, str]) -> list[Link]:
    """The same with some of them lost."""
    return [replace(link, consecutive_losses=5) if (link.from_site, link.to_site) in lost else link for link in links]


def states(links: Iterable[Link], names: Iterable[str] = LAB, **of_site: dict[str, object]) -> dict[str, str]:
    """By site, each with one ready node and a report of a moment ago unless it is said otherwise."""
    return {
        name: site.connectivity.value for name, site in judged(a_world(links, names, **of_site), POLICY).sites.items()
    }


def a_world(links: Iterable[Link], names: Iterable[str] = LAB, **of_site: dict[str, object]) -> Snapshot:
    sites = [a_site(name, **{"last_report_at": NOW - 1, **of_site.get(name.replace("-", ""), {})}) for name in names]
    return a_snapshot(sites=sites, nodes=[a_node(name, site=name) for name in names], links=links)


def degraded(found: dict[str, str]) -> set[str]:
    return {name for name, state in found.items() if state != "Connected"}


@pytest.mark.parametrize("losses", [0, 1, 4])
def test_a_prober_that_has_had_no_answer_yet_does_not_bring_a_lost_site_back(losses: int) -> None:
    world = a_world([a_link("cloud", "plant-7", None, losses=losses)], plant7=SILENT)
    world = replace(world, pulses={"plant-7": Pulse.SILENT})
    assert judged(world, POLICY).sites["plant-7"].connectivity is Connectivity.LOST


def test_one_answer_brings_it_back_from_the_lost_whatever_was_lost_since() -> None:
    world = a_world([a_link("cloud", "plant-7", 9, losses=4)], plant7=SILENT)
    world = replace(world, pulses={"plant-7": Pulse.SILENT})
    assert judged(world, POLICY).sites["plant-7"].connectivity is Connectivity.DISCONNECTED


def test_a_prober_that_has_had_no_answer_yet_does_not_contradict_those_that_lose_a_site() -> None:
    links = [a_link("cloud", "plant-7", 9, losses=5), a_link("fog-1", "plant-7", None, losses=2)]
    assert states(links, plant7={"last_report_at": NOW - 60})["plant-7"] == "Disconnected"


def test_a_site_whose_way_out_is_blocked_degrades_nobody() -> None:
    assert degraded(states(a_network(LAB, deaf=["plant-7"]))) == set()


def test_a_site_that_comes_back_degrades_nobody_by_what_it_lost_meanwhile() -> None:
    """Its first report still says that it loses everybody; so do theirs of it."""
    found = states(a_network(LAB, cut=["plant-7"]), plant7={"connectivity": "Disconnected", "since": NOW - 90})
    assert degraded(found) == {"plant-7"}


def test_a_blocked_site_has_nobodys_leases_looked_at() -> None:
    assert nodes_in_doubt(a_world(a_network(LAB, deaf=["plant-7"])), POLICY) == ()
    assert nodes_in_doubt(a_world(a_network(LAB, cut=["plant-7"])), POLICY) == ("plant-7",)


def test_a_site_that_loses_one_of_several_is_believed() -> None:
    assert degraded(states(where_are_lost(a_network(LAB), ("cloud", "plant-7")))) == {"plant-7"}


def test_a_site_that_loses_half_of_what_it_can_tell_of_is_believed() -> None:
    names = (*LAB, "plant-9")
    links = where_are_lost(a_network(names), ("cloud", "plant-7"), ("cloud", "plant-8"))
    assert degraded(states(links, names)) == {"plant-7", "plant-8"}


def test_where_two_sites_know_only_each_other_one_is_believed_of_the_other() -> None:
    assert degraded(states(a_network(("cloud", "plant-7"), deaf=["cloud"]), ("cloud", "plant-7"))) == {"plant-7"}


def test_two_plants_that_are_cut_off_at_once_are_seen_by_those_who_then_lose_most() -> None:
    """Each of the two others loses two of three, and yet nobody reaches what they lose."""
    links = a_network(LAB, cut=["plant-7", "plant-8"])
    assert degraded(states(links)) == {"plant-7", "plant-8"}
    silent = {"last_report_at": NOW - 60}
    found = states(links, plant7=silent, plant8=silent)
    assert (found["plant-7"], found["plant-8"]) == ("Disconnected", "Disconnected")
    assert (found["cloud"], found["fog-1"]) == ("Connected", "Connected")


@examples(60)
@given(DICE, st.integers(3, 12))
def test_whoever_hears_nobody_degrades_nobody_whom_others_hear(dice: Random, size: int) -> None:
    names = [f"s{number}" for number in range(size)]
    deaf = dice.sample(names, dice.randint(1, size - 2))
    assert degraded(states(a_network(names, deaf=deaf), names)) == set()


@examples(60)
@given(DICE, st.integers(3, 12))
def test_all_that_are_cut_off_are_seen_to_be_and_nobody_else(dice: Random, size: int) -> None:
    names = [f"s{number}" for number in range(size)]
    cut = dice.sample(names, dice.randint(1, size - 2))
    assert degraded(states(a_network(names, cut=cut), names)) == set(cut)
