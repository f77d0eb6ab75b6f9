# SPDX-License-Identifier: Apache-2.0
"""Whoever asks for all of it gets every candidate, with each factor or the sentence against it."""

from aiworkload.placement.decide import decide
from aiworkload.placement.examine import examine
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_workload

KEY = WorkloadKey("factory", "detector")
NAMES = [f"s{number:03}" for number in range(90)]


def many_sites() -> Snapshot:
    """Ninety sites, a third of them too far."""
    return a_snapshot(
        sites=[a_site("plant"), *(a_site(name, tier="Fog", per_hour=f"0.{n:03}") for n, name in enumerate(NAMES))],
        links=[a_link("plant", name, 80 if number % 3 else 20) for number, name in enumerate(NAMES)],
        workloads=[a_workload(target=50, clients=["plant"], placements=[a_placement("plant")])],
    )


def test_none_is_left_out_and_the_best_come_first() -> None:
    found = examine(many_sites(), Policy(), KEY)
    assert {candidate.assignment.site for candidate in found} == {"plant", *NAMES}
    feasible = [candidate for candidate in found if candidate.feasible]
    assert len(feasible) == 31
    assert found[: len(feasible)] == tuple(feasible)
    assert [c.points for c in feasible] == sorted((c.points for c in feasible), reverse=True)


def test_each_stands_with_all_its_factors_or_with_a_sentence() -> None:
    for candidate in examine(many_sites(), Policy(), KEY):
        if candidate.rejection is None:
            assert len(candidate.factors) == 8
        else:
            assert candidate.assignment.site in candidate.rejection.message


def test_what_a_decision_tells_is_the_same() -> None:
    told = decide(many_sites(), Policy(), NOW).decisions[KEY].candidates
    whole = {candidate.assignment: candidate for candidate in examine(many_sites(), Policy(), KEY)}
    assert all(whole[candidate.assignment] == candidate for candidate in told)


def test_the_counts_of_refusals_are_of_all_candidates_and_not_of_those_that_are_told() -> None:
    decision = decide(many_sites(), Policy(), NOW).decisions[KEY]
    assert {reason.value: count for reason, count in decision.refused.items()} == {"LatencyUnreachable": 60}
    assert sum(not candidate.feasible for candidate in decision.candidates) == 1
