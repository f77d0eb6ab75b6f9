# SPDX-License-Identifier: Apache-2.0
"""How busy this machine is, from the kernel's own counters and what else it tells.

`/proc/stat` and `/proc/meminfo` tell of the whole machine, in a pod too. So the figures hold what no request tells of:
pods without requests, the system itself, and whoever stole the time of a virtual machine. Pressure, heat, the disk and
the devices change slowly or cost more to read, and are looked at less often.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from aiworkload.agent.disk import free_mebibytes
from aiworkload.agent.heat import SYS, Heat
from aiworkload.agent.nvml import AcceleratorUse, Nvml
from aiworkload.agent.pressure import Pressures
from aiworkload.api.node_report import STRAINS, MachinePressure, is_device_busy

_log = logging.getLogger(__name__)

T = TypeVar("T")

PROC: Final = Path("/proc")
CHANGED_POINTS: Final = 10
"""A use that differs by this many percentage points from the published one is news: the headroom that decisions leave
free by default. Ours."""

CHANGED_DISK: Final = 0.2
"""Free disk that differs by this share is news. Ours."""
SLOW_SECONDS: Final = 10.0
"""Between two looks at pressure, heat, disk and devices: the window that the kernel averages pressure over."""

_COUNTERS: Final = 8
"""user nice system idle iowait irq softirq steal; guests' time, which follows, is in user already (proc(5))."""
_IDLE: Final = slice(3, 5)
"""idle and iowait: a core that waits for a disk can compute."""


@dataclass(frozen=True, slots=True)
class MachineUse:
    """Whole percents of the machine; None for what could not be measured."""

    cpu: int | None
    """Of all cores, over the window."""
    memory: int | None
    """Of all memory, without what the kernel would give back to whoever asks."""
    observed_at: float
    """In monotonic seconds."""
    pressed: frozenset[MachinePressure] = frozenset()
    disk_free: int | None = None
    """MiB on the disk of the model folder."""
    accelerators: tuple[AcceleratorUse, ...] = ()

    @property
    def is_strained(self) -> bool:
        """Whether probing would disturb what runs here, and be disturbed by it."""
        return not STRAINS.isdisjoint(self.pressed)

    @property
    def busy_devices(self) -> frozenset[str]:
        """By their UUIDs."""
        return frozenset(
            device.uuid
            for device in self.accelerators
            if is_device_busy(device.use_percent, device.memory_mebibytes, device.memory_used_mebibytes)
        )


@dataclass(frozen=True, slots=True)
class _Ticks:
    """The CPU counters at one monotonic second."""

    at: float
    busy: int
    total: int


@dataclass(frozen=True, slots=True)
class _Slow:
    """What is looked at less often."""

    at: float
    ticks: _Ticks | None
    pressed: frozenset[MachinePressure]
    disk_free: int | None
    accelerators: tuple[AcceleratorUse, ...]


class Machine:
    """Reads the counters at each look, and answers for the window that ends there."""

    def __init__(
        self,
        window_seconds: float,
        proc: Path = PROC,
        sys: Path = SYS,
        models: Path | None = None,
        nvml: Nvml | None = None,
    ) -> None:
        """`models` is a folder on the disk that models are kept on; without one nothing is told of it."""
        self._window = window_seconds
        self._proc = proc
        self._models = models
        self._nvml = nvml or Nvml()
        self._pressures = Pressures(proc)
        self._heat = Heat(sys)
        self._slow: _Slow | None = None
        self._ticks: deque[_Ticks] = deque()
        self._troubles: set[str] = set()

    def look(self, monotonic: float) -> MachineUse:
        """The use now; the first look knows no CPU use, since that needs two."""
        ticks = self._read("stat", lambda text: _ticks(text, monotonic))
        memory = self._read("meminfo", _memory_percent)
        cpu = self._cpu_percent(ticks) if ticks else None
        if self._slow is None or monotonic >= self._slow.at + SLOW_SECONDS:
            self._slow = self._look_slowly(monotonic, ticks, memory)
        slow = self._slow
        return MachineUse(cpu, memory, monotonic, slow.pressed, slow.disk_free, slow.accelerators)

    def _look_slowly(self, monotonic: float, ticks: _Ticks | None, memory: int | None) -> _Slow:
        before = self._slow and self._slow.ticks
        pressed = self._pressures.look(_used_percent(before, ticks) if before and ticks else None, memory)
        hot = {MachinePressure.HEAT} if self._heat.look(monotonic) else frozenset[MachinePressure]()
        return _Slow(monotonic, ticks, pressed | hot, self._disk_free(), self._nvml.look())

    def _disk_free(self) -> int | None:
        folder = self._models
        return self._told("disk", lambda: free_mebibytes(folder)) if folder else None

    def _cpu_percent(self, now: _Ticks) -> int | None:
        self._ticks.append(now)
        while len(self._ticks) > 2 and self._ticks[1].at <= now.at - self._window:  # noqa: PLR2004 - a first and a last
            self._ticks.popleft()
        return _used_percent(self._ticks[0], now)

    def _read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """What a file of the kernel says."""
        return self._told(name, lambda: parse((self._proc / name).read_text(encoding="ascii")))

    def _told(self, name: str, read: Callable[[], T]) -> T | None:
        """What can be read; None with a warning, once until it can be read again."""
        try:
            found = read()
        except (OSError, ValueError) as error:
            if name not in self._troubles:
                _log.warning("a part of this machine's use is not reported: %s", error)
            self._troubles.add(name)
            return None
        self._troubles.discard(name)
        return found


def use_changed(before: MachineUse | None, after: MachineUse | None) -> bool:
    """Whether a decision could change: a figure moved far, came or went."""
    if before is None or after is None:
        return before is not after
    return (
        _far(before.cpu, after.cpu)
        or _far(before.memory, after.memory)
        or before.pressed != after.pressed
        or before.busy_devices != after.busy_devices
        or {device.uuid for device in before.accelerators} != {device.uuid for device in after.accelerators}
        or _disk_changed(before.disk_free, after.disk_free)
    )


def _disk_changed(before: int | None, after: int | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) > CHANGED_DISK * before


def _far(before: int | None, after: int | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= CHANGED_POINTS


def _ticks(stat: str, at: float) -> _Ticks:
    name, *counters = stat.split("\n", 1)[0].split()
    ticks = [int(counter) for counter in counters[:_COUNTERS]]
    if name != "cpu" or not ticks[_IDLE]:
        raise ValueError("/proc/stat does not begin with the counters of all CPUs")
    total = sum(ticks)
    return _Ticks(at, total - sum(ticks[_IDLE]), total)


def _used_percent(first: _Ticks, last: _Ticks) -> int | None:
    """Of all cores between the two; None when no time passed."""
    passed = last.total - first.total
    return _percent(last.busy - first.busy, passed) if passed > 0 else None


def _memory_percent(meminfo: str) -> int:
    lines = (line.partition(":") for line in meminfo.splitlines())
    kibibytes = {name: int(value.split()[0]) for name, _, value in lines if name in {"MemTotal", "MemAvailable"}}
    if len(kibibytes) < 2 or kibibytes["MemTotal"] <= 0:  # noqa: PLR2004 - the two of the line above
        raise ValueError("/proc/meminfo does not tell MemTotal and MemAvailable")
    return _percent(kibibytes["MemTotal"] - kibibytes["MemAvailable"], kibibytes["MemTotal"])


def _percent(part: int, whole: int) -> int:
    """Within 0 and 100: the kernel's counter of iowait may go back a little (proc(5))."""
    return min(100, max(0, round(100 * part / whole)))
