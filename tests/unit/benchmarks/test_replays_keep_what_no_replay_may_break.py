# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from aiworkload.simulation.simulate import simulate
from benchmarks import city, replay, stability_week
from benchmarks.networks import seattle, shapes
from benchmarks.oracle import instance_of

FOUND = city.places(4)


@pytest.fixture(scope="module")
def result() -> replay.Result:
    return replay.result_of(shapes(FOUND, seconds=300.0), FOUND, 9, lambda _line: None)


def test_nobody_beats_the_oracle(result: replay.Result) -> None:
    for row in result.rows:
        assert row.requests_percent <= result.highest_requests_percent + 1e-6
        assert row.time_percent <= result.highest_time_percent + 1e-6
    assert result.oracle_cost_at_ours is not None
    assert result.oracle_cost_at_ours <= result.of(replay.OURS).cost * (1 + 1e-6)


def test_everybody_is_in_the_table_and_served(result: replay.Result) -> None:
    names = {row.name for row in result.rows}
    assert {replay.OURS, replay.KUBE, "always cloud", "always edge"} <= names
    assert all(row.never_served == 0 for row in result.rows)
    assert all(row.name in replay.printed(result) for row in result.rows)


def test_those_who_place_once_never_move(result: replay.Result) -> None:
    assert all(result.of(name).moves == 0 for name in (replay.KUBE, "always cloud", "always edge"))


def test_no_site_ever_serves_more_than_it_has() -> None:
    found = city.places(3)
    scenario = replay.scenario_of(shapes(found, seconds=120.0), found, 16, "Cost")
    report = simulate(scenario, decide=replay.engine())
    instance = instance_of(scenario, by_requests=True)
    cpu = {int(row): instance.usage[at, 0] for at, row in enumerate(instance.workload)}
    for second in range(0, 120, 10):
        taken = dict.fromkeys((site.metadata.name for site in scenario.sites), 0.0)
        for row, workload in enumerate(scenario.workloads):
            stays = report.workloads[workload.key].stays
            for site in {s.site for s in stays if s.begin <= report.start + second < s.end and s.site}:
                taken[site] += cpu[row]
        assert all(used <= room for used, room in zip(taken.values(), instance.capacity[:, 0], strict=True))
        assert second < 60 or any(taken.values())


def test_the_trace_has_no_gap_and_is_the_same_both_ways() -> None:
    trace = seattle()
    assert trace.shape == (480, 29, 29)
    assert (trace.swapaxes(1, 2) == trace).all()
    assert ((trace > 0).sum(axis=(1, 2)) == 29 * 28).all()


def test_a_restless_quarter_of_an_hour_keeps_the_budget(tmp_path: Path) -> None:
    kept = tmp_path / "week.json"
    assert stability_week.main(["--kind", "flapping", "--days", "0.01", "--json", str(kept)]) == 0
    assert kept.read_text(encoding="utf-8").count('"kind": "flapping"') == 2


def test_moves_are_counted_in_any_hour_not_by_the_clock() -> None:
    assert stability_week.most_in_an_hour([0.0, 3000.0, 4000.0, 6500.0, 9000.0]) == 3
    assert stability_week.most_in_an_hour([]) == 0
