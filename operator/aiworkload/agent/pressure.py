# SPDX-License-Identifier: Apache-2.0
"""Whether a machine is so busy that work waits, from the kernel's own word where it gives one.

Pressure stall information (`/proc/pressure`, the kernel's Documentation/accounting/psi.rst) tells the share of the last
ten seconds in which some task waited for a CPU or for memory. But a task that its own cgroup's limit holds up waits
too (`cpu.max`; kubernetes/enhancements issue 5062), on a machine that is idle otherwise: for CPU the machine's own
use has to agree. Without PSI, load and available memory have to do. Each kind of pressure begins above one value and
ends below a lower one, so that it does not flicker.
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
USED_PERCENT: Final = Threshold(80, 70)
"""Of all cores, over the same seconds, for stalls to count as the machine's. Who waits while a fifth is idle waits for
the own limit, or for cores that the own cpuset names. Ours."""
LOAD_PER_CORE: Final = Threshold(2.0, 1.5)
"""Without PSI: runnable and blocked tasks a core, over a minute. Ours."""
MEMORY_TAKEN_PERCENT: Final = Threshold(95, 92)
"""Without PSI: of all memory, less what the kernel would give back. Ours."""


@dataclass(slots=True)
class Pressures:
    """What presses now, remembered between looks."""

    proc: Path
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    standing: frozenset[MachinePressure] = frozenset()

    def look(self, cpu_percent: int | None, memory_percent: int | None) -> frozenset[MachinePressure]:
        """What presses at this look.

        `cpu_percent` is the machine's use since the look before, `memory_percent` for machines that tell no stalls.
        """
        pressing = {MachinePressure.CPU: self._cpu(cpu_percent), MachinePressure.MEMORY: self._memory(memory_percent)}
        self.standing = frozenset(kind for kind, presses in pressing.items() if presses)
        return self.standing

    def _cpu(self, used_percent: int | None) -> bool:
        kind = MachinePressure.CPU
        stalled = _told(lambda: _stalled(self.proc / "pressure" / "cpu"))
        if stalled is not None:
            return self._crossed(kind, stalled, STALLED_PERCENT[kind]) and self._crossed(
                kind, used_percent, USED_PERCENT
            )
        load = _told(lambda: float((self.proc / "loadavg").read_text(encoding="ascii").split()[0]))
        return self._crossed(kind, load and load / self.cores, LOAD_PER_CORE)

    def _memory(self, taken_percent: int | None) -> bool:
        kind = MachinePressure.MEMORY
        stalled = _told(lambda: _stalled(self.proc / "pressure" / "memory"))
        if stalled is not None:
            return self._crossed(kind, stalled, STALLED_PERCENT[kind])
        return self._crossed(kind, taken_percent, MEMORY_TAKEN_PERCENT)

    def _crossed(self, kind: MachinePressure, value: float | None, threshold: Threshold) -> bool:
        return value is not None and value >= (threshold.ends if kind in self.standing else threshold.begins)


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
