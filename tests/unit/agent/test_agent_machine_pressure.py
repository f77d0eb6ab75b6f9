# SPDX-License-Identifier: Apache-2.0
"""Pressure begins where work waits, ends well below that, and is known without PSI too."""

from pathlib import Path

import pytest

from aiworkload.agent.pressure import Pressures
from aiworkload.api.node_report import MachinePressure

CPU, MEMORY = frozenset({MachinePressure.CPU}), frozenset({MachinePressure.MEMORY})
NOTHING = frozenset[MachinePressure]()


class Kernel:
    """A /proc of which a test writes the pressure."""

    def __init__(self, folder: Path) -> None:
        self.pressures = Pressures(folder, cores=4)
        self._folder = folder

    def stalls(self, cpu: float, memory: float = 0.0, *, used_percent: int | None = 100) -> frozenset[MachinePressure]:
        (self._folder / "pressure").mkdir(exist_ok=True)
        for name, percent in (("cpu", cpu), ("memory", memory)):
            lines = (
                f"some avg10={percent:.2f} avg60=1.00 avg300=2.00 total=3\nfull avg10=99.00 avg60=0 avg300=0 total=0\n"
            )
            (self._folder / "pressure" / name).write_text(lines)
        return self.pressures.look(used_percent, memory_percent=99)

    def load(self, load: float, memory_percent: int | None = 50) -> frozenset[MachinePressure]:
        (self._folder / "loadavg").write_text(f"{load} 0.00 0.00 1/234 5678\n")
        return self.pressures.look(0, memory_percent)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def test_a_busy_machine_whose_work_does_not_wait_is_not_under_pressure(kernel: Kernel) -> None:
    assert kernel.stalls(59.9, 19.9) == NOTHING


def test_work_that_waits_for_a_cpu_or_for_memory_is_pressure(kernel: Kernel) -> None:
    assert kernel.stalls(60.0) == CPU
    assert kernel.stalls(0.0, 20.0) == MEMORY
    assert kernel.stalls(60.0, 20.0) == CPU | MEMORY


def test_pressure_does_not_flicker(kernel: Kernel) -> None:
    assert [kernel.stalls(percent) for percent in (59, 61, 45, 59, 40, 39, 45, 59)] == [
        NOTHING,
        *[CPU] * 4,
        *[NOTHING] * 3,
    ]


def test_tasks_that_wait_for_their_own_limit_on_an_idle_machine_are_no_pressure(kernel: Kernel) -> None:
    assert kernel.stalls(100.0, used_percent=25) == NOTHING
    assert kernel.stalls(100.0, used_percent=79) == NOTHING
    assert kernel.stalls(100.0, used_percent=80) == CPU


def test_cpu_pressure_ends_when_either_the_stalls_or_the_use_falls(kernel: Kernel) -> None:
    assert kernel.stalls(60.0, used_percent=80) == CPU
    assert kernel.stalls(40.0, used_percent=70) == CPU
    assert kernel.stalls(100.0, used_percent=69) == NOTHING
    assert kernel.stalls(100.0, used_percent=79) == NOTHING
    assert kernel.stalls(100.0, used_percent=80) == CPU
    assert kernel.stalls(39.0, used_percent=100) == NOTHING


def test_while_the_use_is_not_known_stalls_alone_are_no_cpu_pressure(kernel: Kernel) -> None:
    assert kernel.stalls(100.0, used_percent=None) == NOTHING


def test_memory_that_is_waited_for_presses_whatever_the_cpu_does(kernel: Kernel) -> None:
    assert kernel.stalls(0.0, 20.0, used_percent=0) == MEMORY


def test_without_psi_load_and_available_memory_tell(kernel: Kernel) -> None:
    assert kernel.load(7.9, 94) == NOTHING
    assert kernel.load(8.0, 95) == CPU | MEMORY
    assert kernel.load(6.0, 92) == CPU | MEMORY
    assert kernel.load(5.9, 91) == NOTHING


def test_a_kernel_that_has_psi_switched_off_counts_as_one_without(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "pressure" / "cpu").mkdir(parents=True)
    assert kernel.load(9.0) == CPU


def test_what_cannot_be_read_at_all_is_no_pressure(kernel: Kernel) -> None:
    assert kernel.pressures.look(None, None) == NOTHING
