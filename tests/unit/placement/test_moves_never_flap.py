# SPDX-License-Identifier: Apache-2.0
"""Whatever is measured, moves keep their distance and their budget: decisions are fed back and time goes on."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.api.conditions import Condition, ConditionStatus
from aiworkload.api.timestamps import to_epoch, to_rfc3339
from aiworkload.api.workload_status import (
    AIWorkloadStatus,
    ChallengerStatus,
    DecisionStatus,
    MoveResult,
    MoveStatus,
)
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Decision, Move
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.workload import MoveIntent, Placement, Service, Workload
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_workload

SITES = ("fog-1", "fog-2", "fog-3")
STEP = 20.0
RULES = {
    "violationSeconds": 40,
    "minDwellSeconds": 120,
    "maxMovesPerHour": 3,
    "failbackSeconds": 200,
    "minGainPoints": 1,
}


@dataclass
class Cluster:
    """A cluster that does what it is told within one step; a target where `sick` says so never becomes ready."""

    workload: Workload
    now: float = NOW
    sick: set[str] = field(default_factory=set)
    started: list[float] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)

    def step(self, latencies: dict[str, int | None]) -> Decision:
        links = [
            a_link("plant", site, ms, now=self.now, age=1 if ms is not None else 999, losses=9 if ms == 0 else 0)
            for site, ms in latencies.items()
        ]
        sites = [a_site("plant", hosts=False), *(a_site(site) for site in SITES)]
        snapshot = a_snapshot(sites=sites, links=links, workloads=[self.workload], now=self.now)
        decision = decide(snapshot, Policy(), self.now).decisions[self.workload.key]
        self.act(decision)
        self.now += STEP
        return decision

    def act(self, decision: Decision) -> None:
        standing = {placement.assignment: placement for placement in self.workload.placements}
        keep = {*decision.assignments, *decision.kept}
        moves = list(self.workload.published.moves) if self.workload.published else []
        service = self.workload.service
        if decision.rolled_back is not None:
            moves.insert(0, self.record(decision.rolled_back, MoveResult.ROLLED_BACK))
        if decision.move is not None:
            keep.add(decision.move.source)
        for where in decision.assignments:
            standing[where] = self.grown(standing.get(where), where.site, decision.move)
            if standing[where].ready and (service is None or service.selects != where):
                intent = self.switched(decision.move) if decision.move else None
                service = Service("detector", where, intent)
                keep.discard(decision.move.source if decision.move else None)
                if decision.move is not None:
                    moves.insert(0, self.record(decision.move, MoveResult.COMPLETED))
                    self.arrived.append(self.now)
        placements = tuple(placement for where, placement in standing.items() if where in keep)
        status = self.status(decision, moves[:10])
        self.workload = replace(self.workload, placements=placements, service=service, published=status)

    def grown(self, placement: Placement | None, site: str, move: Move | None) -> Placement:
        if placement is not None:
            return placement if site in self.sick else a_placement(site, created=placement.created_at)
        intent = None
        if move is not None:
            intent = replace(self.switched(move), switch_time=None)
            self.started.append(self.now)
        return a_placement(site, created=self.now, ready=False, intent=intent)

    def switched(self, move: Move) -> MoveIntent:
        return MoveIntent(move.source.site, move.target.site, move.trigger, move.started_at, self.now)

    def record(self, move: Move, result: MoveResult) -> MoveStatus:
        return MoveStatus(
            from_site=move.source.site,
            to_site=move.target.site,
            trigger=move.trigger,
            start_time=to_rfc3339(move.started_at),
            end_time=to_rfc3339(self.now),
            result=result,
        )

    def status(self, decision: Decision, moves: list[MoveStatus]) -> AIWorkloadStatus:
        better = decision.challenger
        challenger = better and ChallengerStatus(
            site=better.assignment.site, variant=better.assignment.variant, since_time=to_rfc3339(better.since)
        )
        verdict = {None: ConditionStatus.UNKNOWN, True: ConditionStatus.TRUE, False: ConditionStatus.FALSE}
        met = verdict[decision.latency_met]
        old = self.workload.published.conditions[0] if self.workload.published else None
        since = old.last_transition_time if old and old.status is met else to_rfc3339(self.now)
        return AIWorkloadStatus(
            decision=DecisionStatus(time=to_rfc3339(self.now), reason=decision.reason, challenger=challenger),
            moves=tuple(moves),
            conditions=(Condition(type="LatencyMet", status=met, reason="Seen", last_transition_time=since),),
        )


def a_cluster() -> Cluster:
    return Cluster(a_workload(target=50, clients=["plant"], migration=RULES, created=NOW))


WEATHER = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.fixed_dictionaries({site: st.sampled_from([None, 0, 5, 30, 49, 60, 90]) for site in SITES}),
    ),
    min_size=5,
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(WEATHER, st.sets(st.sampled_from(SITES)))
def test_moves_keep_their_dwell_and_their_budget_under_any_weather(
    weather: list[tuple[int, dict[str, int | None]]], sick: set[str]
) -> None:
    cluster = a_cluster()
    cluster.sick = sick
    for steps, latencies in weather:
        for _ in range(steps):
            cluster.step(latencies)
    ends = [to_epoch(move.end_time) for move in cluster.workload.published.moves]
    for end in ends:
        assert sum(end - 3600 < other <= end for other in ends) <= RULES["maxMovesPerHour"]
    for start in cluster.started:
        before = [arrival for arrival in cluster.arrived if arrival <= start]
        assert not before or start - before[-1] >= RULES["minDwellSeconds"]


def test_a_link_that_swings_faster_than_the_windows_moves_nothing() -> None:
    cluster = a_cluster()
    good, bad = {"fog-1": 5, "fog-2": 30, "fog-3": 60}, {"fog-1": 60, "fog-2": 30, "fog-3": 60}
    cluster.step(good)
    for _ in range(60):
        cluster.step(bad)
        cluster.step(good)
    assert cluster.arrived == []


def test_a_link_that_stays_bad_moves_it_once_and_a_link_that_heals_brings_it_back_once() -> None:
    cluster = a_cluster()
    good, bad = {"fog-1": 5, "fog-2": 30, "fog-3": 60}, {"fog-1": 60, "fog-2": 30, "fog-3": 60}
    for weather in (good, bad, good):
        for _ in range(40):
            decision = cluster.step(weather)
    assert [move.trigger.value for move in cluster.workload.published.moves] == ["Failback", "LatencyViolated"]
    assert decision.assignments[0].site == "fog-1"
    assert len(cluster.workload.placements) == 1
