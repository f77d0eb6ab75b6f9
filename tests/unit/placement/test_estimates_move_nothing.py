# SPDX-License-Identifier: Apache-2.0
"""An estimate says which unknown place is worth more. It never begins a move: a probe must tell first."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.placement.decide import decide
from aiworkload.placement.examine import examine
from aiworkload.placement.plan import Decision, RejectReason
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_status, a_workload

KEY = WorkloadKey("factory", "detector")
NAMES = ("fog-1", "fog-2", "cloud")


def guessed(one: str, other: str, milliseconds: float) -> Link:
    micros = round(milliseconds * 1000)
    return Link(one, other, micros, micros, source=LinkSource.ESTIMATED)


def a_world(*links: Link, at: str | None = None, **fields: object) -> Snapshot:
    sites = [a_site("plant", hosts=False), *(a_site(name, tier="Fog", per_hour="0.1") for name in NAMES)]
    placements = [a_placement(at)] if at else []
    workload = a_workload(target=50, clients=["plant"], compute=5, placements=placements, **fields)
    return a_snapshot(sites=sites, links=links, workloads=[workload])


def decided(world: Snapshot) -> Decision:
    return decide(world, Policy(), NOW).decisions[KEY]


def test_with_nothing_measured_the_first_placement_goes_where_it_seems_nearest() -> None:
    nearest = a_world(guessed("plant", "fog-1", 90), guessed("plant", "fog-2", 10), guessed("plant", "cloud", 40))
    assert [where.site for where in decided(nearest).assignments] == ["fog-2"]
    assert [where.site for where in decided(a_world()).assignments] == ["cloud"], "else by name alone"


def test_what_is_measured_comes_before_what_is_estimated() -> None:
    world = a_world(a_link("plant", "fog-1", 40), guessed("plant", "fog-2", 1))
    found = decided(world)
    assert [where.site for where in found.assignments] == ["fog-1"]
    refused = {c.assignment.site: c.rejection for c in examine(world, Policy(), KEY) if c.rejection}
    assert refused["fog-2"].reason is RejectReason.MEASUREMENTS_STALE
    assert refused["fog-2"].message.startswith("fog-2 is some 1 ms from plant (p95, estimated, not measured yet)")


def test_nothing_moves_to_a_place_that_only_seems_better() -> None:
    world = a_world(a_link("plant", "fog-1", 44), guessed("plant", "fog-2", 1), at="fog-1", status=a_status())
    assert decided(world).move is None
    measured = {**world.links, ("plant", "fog-2"): a_link("plant", "fog-2", 1)}
    waiting = a_status(challenger=("fog-2", NOW - 9999))
    told = replace(world.workloads[KEY], published=waiting)
    found = decided(replace(world, links=measured, workloads={KEY: told}))
    assert found.move is not None, "once it is measured, it does"
    estimated = decided(replace(world, workloads={KEY: told}))
    assert estimated.move is None


def test_a_missed_target_is_no_reason_to_go_by_an_estimate() -> None:
    missed = a_status(missed_since=NOW - 9999)
    world = a_world(a_link("plant", "fog-1", 80), guessed("plant", "fog-2", 1), at="fog-1", status=missed)
    assert decided(world).move is None


def test_where_everything_is_estimated_what_stands_is_held() -> None:
    links = (guessed("plant", "fog-1", 80), guessed("plant", "fog-2", 1))
    found = decided(a_world(*links, at="fog-1", status=a_status(challenger=("fog-2", NOW - 9999))))
    assert found.move is None
    assert [where.site for where in found.assignments] == ["fog-1"]


def test_the_status_says_that_it_is_estimated() -> None:
    found = decided(a_world(guessed("plant", "fog-2", 10)))
    assert found.latency is not None
    assert (found.latency.source.value, found.latency.stale) == ("Estimated", True)
    assert found.latency_met is None, "nobody knows"


@given(
    measured=st.dictionaries(st.sampled_from(NAMES), st.floats(1, 120), max_size=3),
    estimated=st.dictionaries(st.sampled_from(NAMES), st.floats(1, 120), min_size=1, max_size=3),
    at=st.sampled_from(NAMES),
    several=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_an_estimate_begins_no_move(
    measured: dict[str, float], estimated: dict[str, float], at: str, *, several: bool
) -> None:
    """Whoever would not move without estimates does not move with them, however good they look."""
    known = [a_link("plant", site, rtt) for site, rtt in measured.items()]
    fields = {"max_sites": 2} if several else {}
    status = a_status(challenger=(min(estimated), NOW - 9999), missed_since=NOW - 9999)
    without = a_world(*known, at=at, status=status, **fields)
    guesses = [guessed("plant", site, rtt) for site, rtt in estimated.items() if site not in measured]
    found = decided(a_world(*known, *guesses, at=at, status=status, **fields))
    if decided(without).move is None:
        assert found.move is None
        assert {where.site for where in found.assignments} == {where.site for where in decided(without).assignments}
