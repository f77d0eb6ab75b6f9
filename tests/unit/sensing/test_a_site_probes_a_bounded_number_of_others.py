# SPDX-License-Identifier: Apache-2.0
"""Probes grow with the sites, not with their square, and every pair has its turn."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.reconcile.inventory import Inventory
from aiworkload.sensing.asking import Asking
from aiworkload.sensing.ground import Ground, Nearness
from aiworkload.sensing.interest import Interest, interest_of
from aiworkload.sensing.peers import FAIR_SHARE, LEAST_SAMPLE, MOST_INTERESTING, Asked, Choice
from aiworkload.sensing.rotation import TURN_SECONDS, WATCHERS, hash_of, sample, turn_ends, turn_of, watched
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Report
from aiworkload.snapshot.workload import Workload
from tests.builders import NOW, a_placement, a_site, a_snapshot, a_workload


def a_choice(
    sites: list[Site], *, coordinates: Coordinates | None = None, control_plane: tuple[str, ...] = ()
) -> Choice:
    ground = Ground.of({site.name: site for site in sites})
    room = dict.fromkeys(control_plane, len(ground))
    return Choice(ground, np.ones(len(ground), np.bool_), room, Nearness(ground, coordinates))


def plants(count: int) -> list[Site]:
    return [a_site(f"plant-{number:04d}") for number in range(count)]


def interest(workload: Workload) -> Interest:
    found = interest_of(workload)
    assert found is not None
    return found


def asked_by(*workloads: Workload) -> Asked:
    return Asked(of_clients=tuple(interest(workload) for workload in workloads))


def test_a_small_cluster_probes_everybody() -> None:
    choice = a_choice(plants(12))
    assert len(choice.peers("plant-0003", Asked(), NOW)) == 11


@given(st.integers(18, 700), st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_a_large_cluster_probes_a_fair_share(count: int, turn: int) -> None:
    choice = a_choice(plants(count))
    for site in ("plant-0000", "plant-0011"):
        peers = choice.peers(site, Asked(), NOW + turn * TURN_SECONDS)
        assert WATCHERS <= len(peers) <= FAIR_SHARE
        assert site not in peers


@given(st.integers(6, 50), st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_the_share_is_the_administrators_to_lower(count: int, turn: int) -> None:
    world = a_snapshot(sites=plants(count), now=NOW + turn * TURN_SECONDS)
    reports = {node: Report(node, node, endpoint=f"{node}:9777", observed_at=world.taken_at) for node in world.nodes}
    inventory = Inventory(LEAST_SAMPLE)
    inventory.follow(replace(world, reports=reports))
    told = [len(report["spec"]["peers"]) for report in inventory.node_reports()]
    assert len(told) == count
    assert WATCHERS <= min(told) <= max(told) <= LEAST_SAMPLE


def test_however_many_workloads_ask_the_bound_holds_and_the_sample_goes_on() -> None:
    choice = a_choice(plants(300))
    peers = choice.peers("plant-0000", asked_by(a_workload(target=20, clients=["plant-0000"])), NOW)
    assert MOST_INTERESTING < len(peers) <= MOST_INTERESTING + LEAST_SAMPLE


def test_where_a_workload_stands_comes_before_where_it_may_go() -> None:
    choice = a_choice(plants(300), control_plane=("plant-0007",))
    standing = a_workload(target=20, clients=["plant-0000"], placements=[a_placement("plant-0250")])
    peers = choice.peers("plant-0000", asked_by(standing), NOW)
    assert {"plant-0250", "plant-0007"} <= set(peers)


def test_who_serves_probes_its_clients_too() -> None:
    choice = a_choice(plants(300))
    guest = interest(a_workload(target=20, clients=["plant-0123"], placements=[a_placement("plant-0000")]))
    assert "plant-0123" in choice.peers("plant-0000", Asked(of_guests=(guest,)), NOW)


def test_the_cheapest_within_the_target_are_probed_beside_the_nearest() -> None:
    sites = [a_site(f"plant-{number:04d}", per_hour=f"{2 - number / 200:.3f}") for number in range(200)]
    line = np.arange(200, dtype=float).reshape(-1, 1)
    known = Coordinates({site.name: row for row, site in enumerate(sites)}, line, np.zeros(200))
    asked = asked_by(a_workload(target=100, clients=["plant-0000"]))
    peers = a_choice(sites, coordinates=known).peers("plant-0000", asked, NOW)
    assert {"plant-0001", "plant-0002", "plant-0003", "plant-0100", "plant-0099", "plant-0098"} <= set(peers)


def test_the_nearest_candidates_are_probed() -> None:
    sites = plants(200)
    line = np.arange(200, dtype=float).reshape(-1, 1)
    known = Coordinates({site.name: row for row, site in enumerate(sites)}, line, np.zeros(200))
    choice = a_choice(sites, coordinates=known)
    peers = choice.peers("plant-0100", asked_by(a_workload(target=20, clients=["plant-0100"])), NOW)
    near = {f"plant-{number:04d}" for number in range(90, 111) if number != 100}
    assert near <= set(peers)


def test_a_site_where_no_agent_answers_is_not_probed() -> None:
    choice = a_choice(plants(12))
    choice.answering[choice.ground.index["plant-0005"]] = False
    assert "plant-0005" not in choice.peers("plant-0003", Asked(), NOW)


def test_every_site_is_always_watched_by_others() -> None:
    choice = a_choice(plants(150))
    for turn in range(3):
        probed = [set(choice.peers(site, Asked(), NOW + turn * TURN_SECONDS)) for site in choice.ground.names]
        assert all(sum(site in peers for peers in probed) >= WATCHERS for site in choice.ground.names)


def test_every_pair_has_its_turn() -> None:
    names = [site.name for site in plants(200)]
    hashes = np.array([hash_of(name) for name in names], np.uint64)
    own = hash_of("elsewhere")
    met: set[int] = set()
    for turn in range(200):
        met |= set(sample(own, hashes, turn, 14).tolist())
    assert met == set(range(200))


def test_one_site_more_changes_hardly_anybodys_peers() -> None:
    """Not while the number of turns in a round stays the same, which doubles with the sites."""
    before, after = a_choice(plants(200)), a_choice(plants(201))
    moved = [
        len(set(before.peers(site, Asked(), NOW)) - set(after.peers(site, Asked(), NOW)))
        for site in before.ground.names
    ]
    assert max(moved) <= 2
    assert sum(moved) <= 10


def test_turns_change_at_a_time_of_each_sites_own() -> None:
    own = hash_of("plant-1")
    end = turn_ends(own, NOW)
    assert NOW < end <= NOW + TURN_SECONDS
    assert turn_of(own, end) == turn_of(own, NOW) + 1 == turn_of(own, end - 0.01) + 1
    assert len({turn_ends(hash_of(f"p{number}"), NOW) for number in range(50)}) > 30


def test_the_watched_are_the_next_on_the_ring() -> None:
    others = np.array([10, 2**63, 40, 5], np.uint64)
    assert watched(20, others).tolist() == [2, 1]
    assert watched(2**64 - 5, others).tolist() == [3, 0]


def test_a_declared_link_says_how_near_a_site_is_until_it_is_measured() -> None:
    sites = plants(300)
    spec = sites[0].spec.model_validate(
        {
            "tier": "Edge",
            "links": [{"site": f"plant-{near:04d}", "rttMilliseconds": 1} for near in [*range(280, 300), 999]],
        }
    )
    sites[0] = replace(sites[0], spec=spec.model_copy(update={"node_selector": {"site": "plant-0000"}}))
    asked = asked_by(a_workload(target=20, clients=["plant-0000"]))
    peers = a_choice([*sites]).peers("plant-0000", asked, NOW)
    assert {f"plant-{near:04d}" for near in range(280, 300)} <= set(peers)


def test_what_is_asked_follows_the_workloads() -> None:
    asking = Asking()
    one, two = (a_workload(name, target=20, clients=["plant"]) for name in ("one", "two"))
    both = {workload.key: workload for workload in (one, two)}
    assert asking.follow(both, both) == {"plant"}
    assert len(asking.of("plant").of_clients) == 2
    assert asking.follow({two.key: two}, [one.key]) == {"plant"}
    assert len(asking.of("plant").of_clients) == 1
    assert asking.follow({two.key: two}, [two.key]) == set(), "nothing about it changed"
    assert asking.follow({}, [two.key]) == {"plant"}
    assert list(asking.clients) == []
    assert asking.follow({}, ["never there"]) == set()
