# SPDX-License-Identifier: Apache-2.0
"""A move must gain more than it costs: the model's way over the link, and its warm-up."""

from dataclasses import replace
from typing import Any

import pytest

from aiworkload.placement.plan import Decision
from aiworkload.placement.policy import Policy
from tests.builders import NOW, a_link, a_move, a_placement, a_site, a_snapshot, a_status, a_variant, a_workload
from tests.expectations import decided, expect_held_back, expect_moves

MIGRATION = {"minGainPoints": 10}


def told(
    mebibytes: int | None,
    megabits: int | None,
    *,
    policy: Policy | None = None,
    fog: float = 49,
    migration: dict[str, Any] | None = None,
    more: tuple[Any, ...] = (),
    **workload: object,
) -> Decision:
    """A workload at fog that would do better in the cloud; the model would travel the link between them."""
    sites = [a_site("plant", hosts=False), a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")]
    uplink = replace(a_link("fog", "cloud", 20), bandwidth_kilobits=megabits and megabits * 1000)
    links = [a_link("plant", "fog", fog), a_link("plant", "cloud", 5), uplink]
    given = {
        "target": 50,
        "clients": ["plant"],
        "variants": [a_variant("default", sizeMebibytes=mebibytes)],
        "placements": [a_placement("fog"), *more],
        "status": a_status(challenger=("cloud", NOW - 600)),
        "migration": {**MIGRATION, **(migration or {})},
        **workload,
    }
    return decided(a_snapshot(sites=sites, links=links, workloads=[a_workload(**given)]), policy=policy)


def gain_needed(mebibytes: int | None, megabits: int | None, **more: object) -> str:
    found = told(mebibytes, megabits, **{"migration": {"minGainPoints": 100}, **more})
    expect_held_back(found, "minGainPoints")
    return str(found.suppressed)


@pytest.mark.parametrize(
    ("mebibytes", "megabits", "points"),
    [
        (None, 20, 1),  # 30 s of warm-up in an hour
        (90, 20, 2),  # 38 s more
        (1000, 100, 3),  # 84 s
        (1000, None, 1),  # nobody told the bandwidth
        (20_000, 10, 100),  # 4.7 hours
    ],
)
def test_bytes_over_the_link_and_warm_up_are_charged_in_points(
    mebibytes: int | None, megabits: int | None, points: int
) -> None:
    assert f"less {points} for the move, and 100 are needed" in gain_needed(mebibytes, megabits)


def test_the_administrator_says_how_long_a_move_has_to_pay_for_itself() -> None:
    policy = Policy(move_amortisation_seconds=300, warmup_seconds=60)
    assert "less 20 for the move" in gain_needed(None, None, policy=policy)


def test_a_longer_dwell_is_a_longer_time_to_pay() -> None:
    longer = {"minGainPoints": 100, "minDwellSeconds": 7200}
    assert "less 1 for the move" in gain_needed(90, 20, migration=longer)


def test_a_move_that_costs_nothing_is_not_spoken_of() -> None:
    assert "for the move" not in gain_needed(90, None, policy=Policy(warmup_seconds=0))


def test_what_is_gained_must_exceed_what_it_costs() -> None:
    expect_moves(told(90, 20), "cloud", "BetterSite")
    expect_held_back(told(4000, 20), "minGainPoints (it would gain", "less 47 for the move, and 10 are needed")


def test_what_already_stands_ready_at_the_target_costs_nothing() -> None:
    cut = a_move("cloud", "fog", "SiteDisconnected", ended=NOW - 5000)
    returned = told(
        4000, 20, fog=10, more=(a_placement("cloud"),), status=a_status(challenger=("cloud", NOW - 600), moves=[cut])
    )
    expect_moves(returned, "cloud", "Failback")


def test_a_forced_move_costs_what_it_costs() -> None:
    found = told(4000, 20, fog=60, status=a_status(missed_since=NOW - 99))
    expect_moves(found, "cloud", "LatencyViolated")
