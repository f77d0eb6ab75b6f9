# SPDX-License-Identifier: Apache-2.0
"""What the product's processes cost, from /proc, and what they wrote, from the API server's audit log."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WRITING: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True)
class Usage:
    """One process's memory and processor time since it started."""

    resident_mebibytes: float
    peak_mebibytes: float
    cpu_seconds: float

    @classmethod
    def of(cls, pid: int) -> "Usage":
        """Read a running process.

        Raises:
            OSError: It has ended.
        """
        folder = Path("/proc") / str(pid)
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
        after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        ticks = int(after_name[11]) + int(after_name[12])  # utime and stime: fields 14 and 15 of proc(5)
        return cls(_mebibytes(status["VmRSS"]), _mebibytes(status["VmHWM"]), ticks / os.sysconf("SC_CLK_TCK"))

    def __str__(self) -> str:
        return f"{self.resident_mebibytes:.0f} MiB (peak {self.peak_mebibytes:.0f}), {self.cpu_seconds:.1f} CPU-s"


def writes(audit_log: Path, user: str, *, skip_lines: int = 0) -> Counter[str]:
    """How often a user wrote which resource, by the API server's audit log.

    Args:
        audit_log: One JSON object a line and request.
        user: The user's name, such as `system:serviceaccount:NAMESPACE:NAME`.
        skip_lines: How many lines to leave out at the start (`line_count` at an earlier moment).
    """
    found: Counter[str] = Counter()
    with audit_log.open() as lines:
        for number, line in enumerate(lines):
            if number >= skip_lines and (name := _written(line, user)):
                found[name] += 1
    return found


def line_count(audit_log: Path) -> int:
    """How many requests the audit log holds."""
    with audit_log.open("rb") as lines:
        return sum(1 for _ in lines)


def _written(line: str, user: str) -> str | None:
    # Most lines are somebody else's: decoding all would take longer than the demo has. The last may be half written.
    if user not in line or not line.endswith("\n"):
        return None
    event = json.loads(line)
    if event["user"]["username"] != user or event["verb"] not in WRITING:
        return None
    about = event.get("objectRef") or {}
    parts = (about.get("resource", ""), about.get("subresource", ""))
    return "/".join(part for part in parts if part)


def _mebibytes(text: str) -> float:
    return int(text.removesuffix("kB")) / 1024
