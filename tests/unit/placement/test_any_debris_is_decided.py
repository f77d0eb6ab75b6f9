# SPDX-License-Identifier: Apache-2.0
"""Whatever a crash, a person or an older version left in the cluster, it is decided, and never made worse."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import DecisionReason
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Service
from tests.builders import (
    NOW,
    a_link,
    a_move,
    a_node,
    a_placement,
    a_site,
    a_snapshot,
    a_status,
    a_variant,
    a_workload,
    an_intent,
)
from tests.unit.placement.worlds import examples

SITES = ("fog", "cloud", "gone")
STATES = ("Connected", "Degraded", "Disconnected", "Lost")
TRIGGERS = st.sampled_from(["BetterSite", "SiteDisconnected", "SiteLost", "LatencyViolated", "Failback", "Manual"])
PLACES = st.builds(Assignment, st.sampled_from(SITES), st.sampled_from(["default", "old"]))
AGES = st.sampled_from([0, 5, 100, 700, 5000])


@st.composite
def intents(draw: st.DrawFn) -> MoveIntent:
    begun = NOW - draw(AGES)
    switched = draw(st.sampled_from([None, begun + 1]))
    return an_intent(
        draw(st.sampled_from(SITES)), draw(st.sampled_from(SITES)), draw(TRIGGERS), start=begun, switched=switched
    )


@st.composite
def placements(draw: st.DrawFn) -> list[Placement]:
    return [
        a_placement(
            where.site,
            where.variant,
            created=NOW - draw(AGES),
            node=draw(st.sampled_from(["", None, "ghost"])),
            ready=draw(st.booleans()),
            deleting=draw(st.booleans()),
            intent=draw(st.none() | intents()),
        )
        for where in draw(st.lists(PLACES, unique=True, max_size=4))
    ]


@st.composite
def debris(draw: st.DrawFn) -> Snapshot:
    status = a_status(
        challenger=(draw(st.sampled_from(SITES)), NOW - draw(AGES)),
        missed_since=draw(st.none() | AGES.map(lambda age: NOW - age)),
        moves=[
            a_move(
                draw(st.sampled_from(SITES)),
                draw(st.sampled_from(SITES)),
                draw(TRIGGERS),
                ended=NOW - draw(AGES),
                failed=draw(st.booleans()),
            )
            for _ in range(draw(st.integers(0, 3)))
        ],
    )
    workload = a_workload(
        placements=draw(placements()),
        status=draw(st.sampled_from([None, status])),
        approved=draw(st.sampled_from([None, *SITES])),
        target=50,
        clients=draw(st.sampled_from([["plant"], ["fog"], ["nowhere"], ["fog", "cloud"]])),
        offline=draw(st.booleans()),
        variants=[a_variant("default"), a_variant("big", tiers=["Cloud"])],
        migration={"mode": draw(st.sampled_from(["Auto", "Manual"]))},
    )
    service = Service("detector", draw(st.none() | PLACES), draw(st.none() | intents()))
    workload = replace(workload, service=draw(st.sampled_from([None, service])))
    sites = [
        a_site("plant", hosts=False),
        a_site("fog", tier="Fog", connectivity=draw(st.sampled_from(STATES)), last_report_at=NOW - draw(AGES)),
        a_site("cloud", tier="Cloud", connectivity=draw(st.sampled_from(STATES)), published=draw(st.booleans())),
    ]
    nodes = [a_node(f"{site}-1", site=site, ready=draw(st.booleans())) for site in ("fog", "cloud")]
    links = [
        a_link("plant", site, draw(st.sampled_from([None, 5, 70])), age=draw(AGES), losses=draw(st.integers(0, 9)))
        for site in draw(st.lists(st.sampled_from(["fog", "cloud"]), unique=True))
    ]
    return a_snapshot(sites=sites, nodes=nodes, links=links, workloads=[workload])


@examples(80)
@given(debris())
def test_there_is_always_a_decision_and_it_makes_sense(snapshot: Snapshot) -> None:
    (workload,) = snapshot.workloads.values()
    (decision,) = decide(snapshot, Policy(), NOW).decisions.values()
    alive = {placement.assignment for placement in workload.placements if not placement.deleting}
    feasible = {candidate.assignment for candidate in decision.candidates if candidate.feasible}
    assert decision.message
    assert not set(decision.kept) & set(decision.assignments)
    assert set(decision.kept) <= alive | ({decision.move.source} if decision.move else set())
    assert set(decision.assignments) <= alive | feasible, "nothing is begun where a rule says no"
    assert decision.next_check_at is None or decision.next_check_at > NOW
    if decision.move is not None:
        assert decision.reason is DecisionReason.MOVES
        assert decision.assignments == (decision.move.target,)
    if alive:
        assert decision.assignments or decision.reason in (DecisionReason.INFEASIBLE, DecisionReason.PARTIAL)
