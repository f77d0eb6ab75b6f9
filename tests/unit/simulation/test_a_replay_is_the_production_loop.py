# SPDX-License-Identifier: Apache-2.0
"""The operator's own loop moves workloads on the virtual clock, and the same scenario is the same history again."""

import pytest

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.simulation.document import report_document
from aiworkload.simulation.simulate import simulate
from aiworkload.snapshot.snapshot import Snapshot
from tests.unit.simulation.scenes import DETECTOR, of, small, ways

WORSE = "- {at: 30m, for: 20m, degrade: {link: [edge, fog], addMilliseconds: 60}}\n"
JITTERY = """\
links:
- {between: [edge, fog], rttMilliseconds: 5, jitterMilliseconds: 2, lossPercent: 0.5}
- {between: [edge, cloud], rttMilliseconds: 25, jitterMilliseconds: 3}
- {between: [fog, cloud], rttMilliseconds: 20, jitterMilliseconds: 3}
"""


def test_a_missed_target_moves_it_after_its_window_and_home_again_when_all_is_well() -> None:
    detector = of(simulate(small(WORSE)), "detector")
    assert ways(detector) == [("fog", "cloud", "LatencyViolated"), ("cloud", "fog", "Failback")]
    away, home = detector.moves
    assert 60 <= away.start - 1_767_571_200 - 1800 <= 120, "the violation window of a minute, and the agents' own"
    assert home.start - 1_767_571_200 - 3000 >= 600, "the failback window"
    assert away.reason.startswith("LatencyViolated: from fog to cloud")


def test_a_move_leaves_nobody_unserved() -> None:
    detector = of(simulate(small(WORSE)), "detector")
    assert detector.unserved_seconds == 0
    assert detector.first_answer_seconds == 20


def test_the_same_seed_gives_the_same_history_and_another_gives_other_figures() -> None:
    documents = [report_document(simulate(small(WORSE, links=JITTERY, seed=seed))) for seed in (3, 3, 4)]
    assert documents[0] == documents[1]
    assert documents[0]["workloads"][0]["p95Milliseconds"] != documents[2]["workloads"][0]["p95Milliseconds"]


@pytest.mark.parametrize("events", ["", WORSE, "- {at: 30m, for: 30m, cut: {site: fog}}\n"])
def test_cycles_before_which_nothing_changed_are_left_out_without_changing_the_history(events: str) -> None:
    scenario = small(events)
    lean, full = simulate(scenario), simulate(scenario, every_resync=True)
    assert lean.cycles < full.cycles
    alike = [{**report_document(report), "cycles": 0} for report in (lean, full)]
    assert alike[0] == alike[1]


def test_another_function_may_decide() -> None:
    """A rival that always prefers the cloud is put in the place of the production decision."""

    def always_cloud(snapshot: Snapshot, policy: Policy, now: float) -> Plan:
        only = {name: site for name, site in snapshot.sites.items() if name == "cloud"}
        return decide(Snapshot(**{**_fields(snapshot), "sites": only}), policy, now)

    detector = of(simulate(small(), decide=always_cloud), "detector")
    assert list(detector.sites) == ["cloud"]


def test_workloads_come_and_go() -> None:
    lives = DETECTOR.replace("  startup: 20s\n", "  startup: 20s\n  arrives: 10m\n  departs: 40m\n")
    detector = of(simulate(small(workloads=lives)), "detector")
    assert detector.present_seconds == 1800
    assert detector.samples.seconds[0] == 600
    assert sum(detector.sites.values()) == pytest.approx(1780, abs=1)


def test_a_stopped_operator_decides_nothing_and_goes_on_from_the_objects_alone() -> None:
    stopped = f"- {{at: 20m, for: 25m, operator: Stop}}\n{WORSE}"
    detector = of(simulate(small(stopped)), "detector")
    assert detector.moves[0].start - 1_767_571_200 >= 2700
    assert detector.unserved_seconds == 0


def _fields(snapshot: Snapshot) -> dict[str, object]:
    return {name: getattr(snapshot, name) for name in Snapshot.__slots__}
