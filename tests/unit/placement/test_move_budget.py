# SPDX-License-Identifier: Apache-2.0
"""What the whole cluster bears: moves for something better in an hour, and forced ones in a cycle."""

from collections.abc import Iterable, Mapping

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Decision, Plan
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.workload import MoveIntent, Placement, Workload, WorkloadKey
from tests.builders import NOW, a_link, a_move, a_node, a_placement, a_site, a_snapshot, a_status, a_workload, an_intent

FAILBACK = a_move("cloud", "fog", "SiteDisconnected", ended=NOW - 9000)


def better_off_elsewhere(name: str, *, age: float = 0, **workload: object) -> Workload:
    """Serves at fog, at the edge of its target, and has long had a better place in the cloud."""
    return a_workload(
        name,
        created=NOW - 10_000 - age,
        **{
            "target": 50,
            "clients": ["plant"],
            "placements": [a_placement("fog")],
            "status": a_status(challenger=("cloud", NOW - 9999)),
            **workload,
        },
    )


def too_slow(name: str, *, age: float = 0, **workload: object) -> Workload:
    """Serves at the slow site, and has missed its target for long."""
    standing = [a_placement("slow")]
    status = a_status(missed_since=NOW - 99)
    return better_off_elsewhere(name, age=age, **{"placements": standing, "status": status, **workload})


def planned(workloads: Iterable[Workload], *, dark: tuple[str, ...] = (), **policy: int) -> Plan:
    """What is decided of some workloads between a plant, a middling fog, a slow site and a good cloud."""
    sites = [a_site("plant", hosts=False), *(a_site(s, tier="Fog") for s in ("fog", "slow")), a_site("cloud")]
    nodes = [a_node(f"{s}-1", site=s, ready=s not in dark, cpu="999") for s in ("fog", "slow", "cloud")]
    links = [a_link("plant", "fog", 49), a_link("plant", "slow", 60), a_link("plant", "cloud", 5)]
    return decide(a_snapshot(sites=sites, nodes=nodes, links=links, workloads=workloads), Policy(**policy), NOW)


def moving(plan: Plan) -> list[str]:
    return sorted(key.name for key, decision in plan.decisions.items() if decision.move is not None)


def decision_of(plan: Plan, name: str) -> Decision:
    return plan.decisions[WorkloadKey("factory", name)]


def held_by(plan: Plan) -> Mapping[str, str]:
    return {key.name: decision.suppressed for key, decision in plan.decisions.items() if decision.suppressed}


def test_moves_for_something_better_share_an_hours_budget_and_the_oldest_go_first() -> None:
    workloads = [better_off_elsewhere(f"w-{n}", age=n) for n in range(5)]
    plan = planned(workloads, max_moves_per_hour=3)
    assert moving(plan) == ["w-2", "w-3", "w-4"]
    assert "maxMovesPerHour of the cluster (3 of 3 are spent), until " in held_by(plan)["w-0"]


def test_moves_that_ended_within_the_hour_are_spent_whoever_made_them_and_however_they_ended() -> None:
    ended = [
        better_off_elsewhere("arrived", status=a_status(moves=[a_move("cloud", "fog", ended=NOW - 600)])),
        better_off_elsewhere("failed", status=a_status(moves=[a_move("fog", "cloud", ended=NOW - 5, failed=True)])),
        better_off_elsewhere("rescued", status=a_status(moves=[a_move("a", "fog", "SiteLost", ended=NOW - 1200)])),
        better_off_elsewhere("long-ago", status=a_status(moves=[a_move("a", "fog", ended=NOW - 3601)])),
    ]
    assert "waits" not in moving(planned([*ended, better_off_elsewhere("waits")], max_moves_per_hour=3))
    assert "goes" in moving(planned([*ended, better_off_elsewhere("goes")], max_moves_per_hour=5))


def test_the_budget_is_looked_at_again_when_its_oldest_move_is_an_hour_old() -> None:
    spent = [a_move("cloud", "fog", ended=NOW - ago) for ago in (3000, 1800, 700)]
    young = better_off_elsewhere("young", status=a_status(moves=spent), migration={"maxMovesPerHour": 10})
    plan = planned([young, better_off_elsewhere("waits")], max_moves_per_hour=2)
    assert decision_of(plan, "waits").next_check_at == NOW + 1800
    assert "(3 of 2 are spent)" in held_by(plan)["waits"]


def under_way(name: str) -> Workload:
    begun = an_intent("fog", "cloud", start=NOW - 40)
    target = a_placement("cloud", created=NOW - 40, ready=False, intent=begun)
    return better_off_elsewhere(name, placements=[a_placement("fog"), target])


def switched(name: str, intent: MoveIntent) -> Workload:
    standing: list[Placement] = [a_placement("fog", intent=intent)]
    return better_off_elsewhere(name, placements=standing, switch=intent, status=None)


def test_moves_under_way_and_switches_that_no_status_tells_yet_are_spent_too() -> None:
    fresh = an_intent("slow", "fog", start=NOW - 60, switched=NOW - 50)
    workloads = [under_way("on-its-way"), switched("just-switched", fresh), better_off_elsewhere("waits")]
    assert moving(planned(workloads, max_moves_per_hour=2)) == ["on-its-way"]
    assert moving(planned(workloads, max_moves_per_hour=3)) == ["on-its-way", "waits"]
    old = an_intent("slow", "fog", start=NOW - 9000, switched=NOW - 8000)
    settled = [under_way("on-its-way"), switched("settled", old), better_off_elsewhere("goes")]
    assert "goes" in moving(planned(settled, max_moves_per_hour=3))


def test_forced_moves_count_in_the_hour_but_are_not_held_by_it() -> None:
    workloads = [*(too_slow(f"slow-{n}", age=9) for n in range(3)), better_off_elsewhere("waits")]
    plan = planned(workloads, max_moves_per_hour=1)
    assert moving(plan) == ["slow-0", "slow-1", "slow-2"]
    assert "maxMovesPerHour of the cluster (3 of 1 are spent)" in held_by(plan)["waits"]


def test_a_return_home_is_a_voluntary_move() -> None:
    home = better_off_elsewhere("home", status=a_status(challenger=("cloud", NOW - 9999), moves=[FAILBACK]), age=-5)
    plan = planned([home, better_off_elsewhere("first")], max_moves_per_hour=1)
    assert moving(plan) == ["first"]
    assert "maxMovesPerHour of the cluster" in held_by(plan)["home"]


def test_forced_moves_share_a_cycles_budget_and_the_rest_are_due_in_a_second() -> None:
    plan = planned([too_slow(f"w-{n}", age=n) for n in range(5)], max_forced_moves_per_cycle=2)
    assert moving(plan) == ["w-3", "w-4"]
    assert "maxForcedMovesPerCycle (2 of 2 begin now, the rest follow)" in held_by(plan)["w-0"]
    assert plan.next_check_at == NOW + 1


def test_rescues_are_held_by_the_cycles_budget_only() -> None:
    cut = [too_slow(f"w-{n}", age=n) for n in range(3)]
    plan = planned(cut, dark=("slow",), max_forced_moves_per_cycle=2, max_moves_per_hour=1)
    assert moving(plan) == ["w-1", "w-2"]
    assert [d.move.trigger for d in plan.decisions.values() if d.move] == ["SiteDisconnected"] * 2


def test_what_an_owner_rules_out_waits_for_no_budget() -> None:
    moved = [too_slow(f"w-{n}", variants=[{"name": "new", "uri": "s3://m"}]) for n in range(3)]
    assert len(moving(planned(moved, max_forced_moves_per_cycle=1, max_moves_per_hour=1))) == 3


def test_nothing_better_is_taken_while_forced_moves_wait_for_the_room() -> None:
    workloads = [*(too_slow(f"slow-{n}", age=9) for n in range(2)), better_off_elsewhere("waits")]
    plan = planned(workloads, max_forced_moves_per_cycle=1)
    assert moving(plan) == ["slow-0"]
    assert "maxForcedMovesPerCycle (forced moves still wait)" in held_by(plan)["waits"]


def test_what_a_person_approved_counts_and_is_not_held() -> None:
    manual = better_off_elsewhere("manual", migration={"mode": "Manual"}, approved="cloud", age=9)
    spent = better_off_elsewhere("spent", age=99)
    plan = planned([spent, manual, better_off_elsewhere("waits")], max_moves_per_hour=1)
    assert moving(plan) == ["manual", "spent"]
    assert "(2 of 1 are spent)" in held_by(plan)["waits"]


def test_a_move_that_its_own_rules_hold_spends_nothing() -> None:
    patient = better_off_elsewhere("patient", age=9, status=a_status(challenger=("cloud", NOW - 1)))
    assert moving(planned([patient, better_off_elsewhere("goes")], max_moves_per_hour=1)) == ["goes"]
