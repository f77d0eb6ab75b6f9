# SPDX-License-Identifier: Apache-2.0
"""The agent tells how busy its machine is, from the kernel's counters, and says it when it cannot."""

import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.agent.machine import PROC, Machine, MachineUse, use_changed
from aiworkload.api.node_report import MachinePressure

NOW = 5_000.0
USE = MachineUse(40, 60, NOW)
PERCENTS = st.none() | st.integers(0, 100)


class Counters:
    """A /proc of which a test writes the numbers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machine = Machine(12.0, folder)
        self.seconds = 100.0

    def look(self, *ticks: int, available: int = 400, later: float = 1.0) -> MachineUse:
        numbers = " ".join(str(tick) for tick in ticks)
        (self.folder / "stat").write_text(f"cpu  {numbers}\ncpu0 {numbers}\nintr 7 0 0\n")
        (self.folder / "meminfo").write_text(f"MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n")
        self.seconds += later
        return replace(self.machine.look(self.seconds), observed_at=NOW)


@pytest.fixture
def counters(tmp_path: Path) -> Counters:
    return Counters(tmp_path)


def test_the_first_look_knows_memory_only_since_cpu_use_needs_two(counters: Counters) -> None:
    assert counters.look(5, 0, 0, 95, 0, 0, 0, 0, 0, 0) == MachineUse(None, 60, NOW)


def test_whatever_is_not_idle_is_busy_stolen_time_too(counters: Counters) -> None:
    counters.look(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert counters.look(10, 5, 5, 50, 10, 5, 5, 10, 0, 0).cpu == 40


def test_guests_are_not_counted_twice(counters: Counters) -> None:
    counters.look(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert counters.look(50, 0, 0, 50, 0, 0, 0, 0, 50, 0).cpu == 50


def test_what_lies_before_the_window_is_forgotten(counters: Counters) -> None:
    counters.look(0, 0, 0, 0)
    counters.look(1000, 0, 0, 0, later=12.0)
    assert counters.look(1000, 0, 0, 100, later=12.0).cpu == 0


def test_within_the_window_a_burst_is_averaged(counters: Counters) -> None:
    counters.look(0, 0, 0, 0)
    counters.look(100, 0, 0, 0, later=6.0)
    assert counters.look(100, 0, 0, 100, later=6.0).cpu == 50


def test_after_a_long_pause_the_two_last_looks_still_tell(counters: Counters) -> None:
    counters.look(0, 0, 0, 0)
    assert counters.look(25, 0, 0, 75, later=3600.0).cpu == 25


def test_counters_that_stand_still_tell_nothing_and_those_that_go_back_nothing_impossible(counters: Counters) -> None:
    counters.look(10, 0, 0, 10, 10)
    assert counters.look(10, 0, 0, 10, 10).cpu is None
    assert counters.look(30, 0, 0, 10, 2).cpu == 100


def test_stalls_are_pressure_while_the_machine_itself_was_busy_since_the_look_before(counters: Counters) -> None:
    (counters.folder / "pressure").mkdir()
    (counters.folder / "pressure" / "cpu").write_text("some avg10=99.00 avg60=0.00 avg300=0.00 total=1\n")
    busy, idle, told = 0, 0, []
    for used in (0, 25, 100, 100, 25):  # percents of a thousand ticks, ten seconds each
        busy, idle = busy + 10 * used, idle + 1000 - 10 * used
        told.append(counters.look(busy, 0, 0, idle, later=10.0).pressed)
    cpu = frozenset({MachinePressure.CPU})
    assert told == [frozenset(), frozenset(), cpu, cpu, frozenset()]


def test_without_the_kernels_files_nothing_is_told_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(12.0, tmp_path / "nowhere")
    with caplog.at_level(logging.WARNING):
        assert [machine.look(at) for at in (1.0, 2.0)] == [MachineUse(None, None, at) for at in (1.0, 2.0)]
    assert len([r for r in caplog.records if "machine's use is not reported" in r.message]) == 2


def test_a_file_of_another_shape_is_no_idle_machine(counters: Counters, caplog: pytest.LogCaptureFixture) -> None:
    (counters.folder / "stat").write_text("intr 1 2 3\n")
    (counters.folder / "meminfo").write_text("MemTotal: 1000 kB\n")
    with caplog.at_level(logging.WARNING):
        assert counters.machine.look(1.0) == MachineUse(None, None, 1.0)
    assert "does not tell MemTotal and MemAvailable" in caplog.text


def test_this_very_machine_can_be_read() -> None:
    machine = Machine(12.0, PROC)
    machine.look(0.0)
    time.sleep(0.05)
    use = machine.look(1.0)
    assert use.cpu is not None
    assert use.memory is not None
    assert 0 <= use.cpu <= 100
    assert 0 < use.memory <= 100


@pytest.mark.parametrize(
    ("after", "news"),
    [
        (MachineUse(49, 51, NOW), False),
        (MachineUse(50, 60, NOW), True),
        (MachineUse(40, 50, NOW), True),
        (MachineUse(None, 60, NOW), True),
        (None, True),
    ],
)
def test_ten_points_of_difference_are_news(after: MachineUse | None, *, news: bool) -> None:
    assert use_changed(USE, after) is news
    assert use_changed(after, USE) is news


@given(PERCENTS, PERCENTS)
def test_the_same_use_is_never_news(cpu: int | None, memory: int | None) -> None:
    assert not use_changed(MachineUse(cpu, memory, NOW), MachineUse(cpu, memory, NOW + 1))
    assert not use_changed(None, None)
