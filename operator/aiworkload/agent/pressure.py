# SPDX-License-Identifier: Apache-2.0
"""Whether a machine is so busy that work waits, from the kernel's own word where it gives one.

Pressure stall information (`/proc/pressure`, the kernel's Documentation/accounting/psi.rst) tells the share of the last
ten seconds in which some task waited for a CPU or for memory. Without it, load and available memory have to
do. Each kind of pressure begins above one value and ends below a lower one, so that it does not flicker.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiworkload.api.node_report import MachinePressure


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a kind of pressure begins, and below what it ends."""

    begins: float
    ends: float


STALLED_PERCENT: Final[Mapping[MachinePressure, Threshold]] = {
    MachinePressure.CPU: Threshold(60, 40),
    MachinePressure.MEMORY: Threshold(20, 10),
}
"""Of ten seconds, in which something waited. A busy machine waits a little; one that waits most of the time for a
CPU, or a fifth of it for memory, does its work late. Ours."""
LOAD_PER_CORE: Final = Threshold(2.0, 1.5)
"""Without PSI: runnable and blocked tasks a core, over a minute. Ours."""
MEMORY_TAKEN_PERCENT: Final = Threshold(95, 92)
"""Without PSI: of all memory, less what the kernel would give back. Ours."""

_FILES: Final = {MachinePressure.CPU: "cpu", MachinePressure.MEMORY: "memory"}


@dataclass(slots=True)
class Pressures:
    """What presses now, remembered between looks."""

    proc: Path
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    standing: frozenset[MachinePressure] = frozenset()

    def look(self, memory_percent: int | None) -> frozenset[MachinePressure]:
        """What presses at this look; `memory_percent` is for machines that tell no stalls."""
        self.standing = frozenset(kind for kind in STALLED_PERCENT if self._presses(kind, memory_percent))
        return self.standing

    def _presses(self, kind: MachinePressure, memory_percent: int | None) -> bool:
        stalled = _told(lambda: _stalled(self.proc / "pressure" / _FILES[kind]))
        if stalled is not None:
            return self._crossed(kind, stalled, STALLED_PERCENT[kind])
        if kind is MachinePressure.CPU:
            load = _told(lambda: float((self.proc / "loadavg").read_text(encoding="ascii").split()[0]))
            return load is not None and self._crossed(kind, load / self.cores, LOAD_PER_CORE)
        return memory_percent is not None and self._crossed(kind, memory_percent, MEMORY_TAKEN_PERCENT)

    def _crossed(self, kind: MachinePressure, value: float, threshold: Threshold) -> bool:
        return value >= (threshold.ends if kind in self.standing else threshold.begins)


def _told(read: Callable[[], float]) -> float | None:
    """None where the kernel does not tell: built without it, started without it, or an old one."""
    try:
        return read()
    except (OSError, ValueError, IndexError):
        return None


def _stalled(path: Path) -> float:
    """The average of ten seconds in its line `some avg10=1.23 avg60=... avg300=... total=...`."""
    words = path.read_text(encoding="ascii").split("\n", 1)[0].split()
    if words[0] != "some":
        raise ValueError(f"{path} does not begin with the stalls of some tasks")
    name, _, value = words[1].partition("=")
    if name != "avg10":
        raise ValueError(f"{path} does not tell an average of ten seconds first")
    return float(value)
