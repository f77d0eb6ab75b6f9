# SPDX-License-Identifier: Apache-2.0
"""Whether the machine slows itself down for heat, where Linux shows it.

Two witnesses: the counters of x86 processors that grow with each throttling, and thermal zones that are above a trip
point at which Linux begins to slow down (`passive` and hotter; `active` only starts a fan). A pod seldom sees the
counters: Kubernetes hides them from 1.33 on (kubernetes/kubernetes pull request 131018), and so do container runtimes.
A machine or a container that shows neither is taken to be cool.
"""

import logging
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

SYS: Final = Path("/sys")
COOLING_SECONDS: Final = 60.0
"""It counts as hot for so long after the last sign: throttling comes in bouts. Ours."""
_COUNTERS: Final = "devices/system/cpu/cpu[0-9]*/thermal_throttle"
"""Folders; one that is hidden is there and empty."""
_SLOWING: Final = frozenset({"passive", "hot", "critical"})


class Heat:
    """Looks at counters and zones, and remembers the last sign."""

    def __init__(self, sys: Path = SYS) -> None:
        self._counters = tuple(sys.glob(f"{_COUNTERS}/*_throttle_count"))
        if not self._counters and any(sys.glob(_COUNTERS)):
            _log.info("the processors' throttle counters are hidden from this container: thermal zones alone tell heat")
        self._trips = tuple(_slowing_trips(sys))
        self._throttled = self._count()
        self._hot_at = float("-inf")

    def look(self, monotonic: float) -> bool:
        """Whether it slowed down within the last minute."""
        throttled = self._count()
        above = any(_above(zone, limit) for zone, limit in self._trips)
        if above or throttled > self._throttled:
            self._hot_at = monotonic
        self._throttled = throttled
        return monotonic - self._hot_at < COOLING_SECONDS

    def _count(self) -> int:
        return sum(_number(path) or 0 for path in self._counters)


def _slowing_trips(sys: Path) -> list[tuple[Path, int]]:
    """Each zone's temperature file with the lowest trip point that slows the machine, in thousandths of a degree."""
    found: list[tuple[Path, int]] = []
    for zone in sys.glob("class/thermal/thermal_zone[0-9]*"):
        limits = [
            limit
            for kind in zone.glob("trip_point_*_type")
            if _text(kind) in _SLOWING
            and (limit := _number(kind.with_name(kind.name.replace("_type", "_temp")))) is not None
            and limit > 0
        ]
        if limits:
            found.append((zone / "temp", min(limits)))
    return found


def _above(temperature: Path, limit: int) -> bool:
    now = _number(temperature)
    return now is not None and now >= limit


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.lstrip("-").isdigit() else None


def _text(path: Path) -> str:
    """Empty for what cannot be read: many zones answer with an error while their device sleeps."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
