# SPDX-License-Identifier: Apache-2.0
"""Reports, kubelets' Leases and peers: what each can say of a site, alone and together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.api.site import Connectivity
from aiworkload.placement.connectivity import judged, listened_anew
from aiworkload.placement.doubt import WITNESSES, nodes_in_doubt
from aiworkload.placement.policy import Policy
from aiworkload.placement.site_state import CUT, Evidence, Memory, late_at, next_state
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.pulse import Pulse
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import NOW, a_link, a_node, a_site, a_snapshot

POLICY = Policy()
PAGE = Path(__file__).parents[3] / "docs" / "connectivity.md"
LOSING = (a_link("fog", "plant", 9, losses=5),)
REACHING = (a_link("fog", "plant", 9),)


def a_plant(*links: Link, pulse: Pulse | None = None, ready: bool = True, count: int = 1, **site: object) -> Snapshot:
    nodes = [a_node(f"plant-{number}", site="plant", ready=ready) for number in range(1, count + 1)]
    found = a_snapshot(sites=[a_site("plant", **site), a_site("fog")], nodes=nodes, links=links)
    return replace(found, pulses={"plant-1": pulse} if pulse else {})


def state(snapshot: Snapshot) -> Connectivity:
    return judged(snapshot, POLICY).sites["plant"].connectivity


def test_a_site_whose_only_agent_died_is_not_cut_off_while_its_kubelet_lives() -> None:
    world = a_plant(*LOSING, pulse=Pulse.BEATING, last_report_at=NOW - 300)
    assert state(world) is Connectivity.CONNECTED
    assert state(replace(world, pulses={"plant-1": Pulse.SILENT})) is Connectivity.DISCONNECTED


def test_a_kubelet_that_says_itself_that_it_is_not_ready_is_in_contact() -> None:
    world = a_plant(pulse=Pulse.BEATING, ready=False, last_report_at=NOW - 5)
    assert state(world) is Connectivity.DEGRADED
    assert state(a_plant(pulse=Pulse.BEATING, ready=False)) is Connectivity.DEGRADED


def test_no_cut_begins_before_its_leases_were_listened_to_and_none_ends_for_that() -> None:
    for pulse in (Pulse.LISTENING, None):
        fields = {"pulse": pulse, "last_report_at": NOW - 60}
        assert state(a_plant(*LOSING, **fields)) is Connectivity.CONNECTED
        assert (
            state(a_plant(*LOSING, connectivity="Disconnected", since=NOW - 9, **fields)) is Connectivity.DISCONNECTED
        )


def test_where_leases_cannot_be_read_two_witnesses_must_do() -> None:
    world = replace(a_plant(*LOSING, last_report_at=NOW - 60), pulses=None)
    assert state(world) is Connectivity.DISCONNECTED
    assert state(a_plant(*LOSING, pulse=Pulse.ABSENT, last_report_at=NOW - 60)) is Connectivity.DISCONNECTED


def test_a_late_report_and_a_silent_lease_are_a_cut_before_kubernetes_says_so() -> None:
    world = a_plant(pulse=Pulse.SILENT, last_report_at=NOW - 60)
    assert state(world) is Connectivity.DISCONNECTED
    assert state(a_plant(pulse=Pulse.SILENT, last_report_at=NOW - 5)) is Connectivity.CONNECTED


def test_one_kubelet_that_beats_is_enough() -> None:
    world = a_plant(*LOSING, last_report_at=NOW - 60, count=2)
    pulses = {"plant-1": Pulse.SILENT, "plant-2": Pulse.BEATING}
    assert state(replace(world, pulses=pulses)) is Connectivity.CONNECTED


def test_a_machine_that_answers_its_neighbours_is_cut_off_but_never_lost() -> None:
    long_cut = {"ready": False, "last_report_at": NOW - 9999, "connectivity": "Disconnected", "since": NOW - 9960}
    assert state(a_plant(*REACHING, pulse=Pulse.SILENT, **long_cut)) is Connectivity.DISCONNECTED
    assert state(a_plant(pulse=Pulse.SILENT, **long_cut)) is Connectivity.LOST
    lost = {**long_cut, "connectivity": "Lost"}
    assert state(a_plant(*REACHING, pulse=Pulse.SILENT, **lost)) is Connectivity.DISCONNECTED
    assert state(a_plant(*LOSING, pulse=Pulse.SILENT, **lost)) is Connectivity.LOST


def test_an_agent_that_was_dead_for_hours_does_not_make_a_fresh_cut_a_loss() -> None:
    world = a_plant(pulse=Pulse.SILENT, ready=False, last_report_at=NOW - 9999)
    assert state(world) is Connectivity.DISCONNECTED
    later = a_plant(
        pulse=Pulse.SILENT, ready=False, last_report_at=NOW - 9999, connectivity="Disconnected", since=NOW - 569
    )
    assert state(later) is Connectivity.DISCONNECTED


def test_a_report_is_late_by_its_own_word_and_never_before_the_policys() -> None:
    site = a_site("plant", last_report_at=NOW)
    assert late_at(replace(site, report_valid_seconds=75.0), POLICY) == NOW + 37.5
    assert late_at(replace(site, report_valid_seconds=30.0), POLICY) == NOW + POLICY.disconnected_seconds
    assert late_at(a_site("plant"), POLICY) is None


def everything() -> Iterator[tuple[Memory, Evidence]]:
    """Each memory with each combination of what the witnesses may say."""
    for known, since, heard in product((None, *Connectivity), (1, 60, 9999), (None, 1, 60, 9999)):
        for (ready, nodes), (reaching, losing) in product(((0, 0), (1, 1), (0, 1), (1, 2)), product((0, 1), (0, 1))):
            for pulse in Pulse if nodes else (Pulse.ABSENT,):
                last = None if heard is None else NOW - heard
                late = None if last is None else last + 30
                yield Memory(known, NOW - since), Evidence(NOW, late, last, ready, nodes, reaching, losing, pulse)


def drawn() -> set[tuple[str, str]]:
    return set(re.findall(r"^ +(\[\*\]|\w+) --> (\w+):", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_page_draws_every_transition_and_no_other() -> None:
    taken = {
        (memory.state.value if memory.state else "[*]", after.value)
        for memory, seen in everything()
        if (after := next_state(memory, seen, POLICY)) is not memory.state
    }
    assert taken == drawn()


@given(st.sampled_from(list(everything())))
def test_whatever_the_others_say(case: tuple[Memory, Evidence]) -> None:
    memory, seen = case
    after = next_state(memory, seen, POLICY)
    if seen.pulse is Pulse.BEATING or (seen.reported and not seen.late):
        assert after not in CUT, "who was heard lately is not cut off"
    if seen.peers_reaching:
        assert after is not Connectivity.LOST, "who answers is not lost"
    if memory.state in CUT:
        assert after is not Connectivity.CONNECTED, "contact must last"
    again = next_state(Memory(after, memory.since if after is memory.state else NOW), seen, POLICY)
    assert again is after, "the same evidence says the same again"


def doubt(snapshot: Snapshot) -> tuple[str, ...]:
    return nodes_in_doubt(snapshot, POLICY)


def test_in_quiet_nobodys_lease_is_looked_at() -> None:
    assert doubt(a_plant(*REACHING, last_report_at=NOW - 20)) == ()
    assert doubt(a_plant(a_link("fog", "plant", 9, losses=5, age=99))) == ()


@pytest.mark.parametrize(
    "doubtful",
    [a_plant(last_report_at=NOW - 31), a_plant(*LOSING, last_report_at=NOW - 1), a_plant(ready=False)],
    ids=["late", "lost by a peer", "not ready"],
)
def test_each_doubt_has_its_leases_looked_at(doubtful: Snapshot) -> None:
    assert doubt(doubtful) == ("plant-1",)


def test_a_site_that_was_given_up_is_not_looked_at_any_more() -> None:
    assert doubt(a_plant(ready=False, last_report_at=NOW - 9999, connectivity="Lost")) == ()


def test_one_node_that_is_not_ready_is_no_doubt_while_the_site_reports() -> None:
    nodes = [a_node("plant-1", site="plant", ready=False), a_node("plant-2", site="plant")]
    assert doubt(a_snapshot(sites=[a_site("plant", last_report_at=NOW - 5)], nodes=nodes)) == ()


def test_two_kubelets_of_a_site_are_enough_and_ready_ones_come_first() -> None:
    nodes = [a_node(f"plant-{number}", site="plant", ready=number > 1) for number in range(1, 5)]
    site = a_site("plant", last_report_at=NOW - 60)
    found = doubt(a_snapshot(sites=[site], nodes=nodes))
    assert found == ("plant-2", "plant-3")
    assert len(found) == WITNESSES


@pytest.mark.parametrize(
    ("before", "after", "sites"),
    [
        ({}, {"plant-1": Pulse.LISTENING}, {"plant"}),
        ({"plant-1": Pulse.LISTENING}, {"plant-1": Pulse.SILENT, "gone": Pulse.SILENT}, {"plant"}),
        ({"plant-1": Pulse.SILENT}, {"plant-1": Pulse.SILENT}, set()),
        ({}, None, {"plant", "fog"}),
        (None, None, set()),
    ],
)
def test_a_pulse_that_changes_concerns_its_site(
    before: Mapping[str, Pulse] | None, after: Mapping[str, Pulse] | None, sites: set[str]
) -> None:
    world = a_plant()
    assert listened_anew(replace(world, pulses=before), replace(world, pulses=after)) == sites
