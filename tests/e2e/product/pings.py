# SPDX-License-Identifier: Apache-2.0
"""The truth that agents are held against: the system's own ping, many times as often, over the same wires."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localcluster.lab.node import Node

LINE = re.compile(r"^\[(?P<at>[0-9.]+)\] .*icmp_seq=(?P<number>\d+) .*time=(?P<ms>[0-9.]+) ms", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pinging:
    """A ping that runs on a node."""

    log: Path

    def round_trips(self, since: float, until: float) -> list[float]:
        """Milliseconds of the round trips that ended in that time (Unix seconds), sorted."""
        found = LINE.finditer(self.log.read_text())
        return sorted(float(one["ms"]) for one in found if since <= float(one["at"]) <= until)

    def lost_percent(self, since: float, until: float) -> float:
        """Share of the pings of that time that were not answered, told by the numbers that are missing."""
        found = LINE.finditer(self.log.read_text())
        numbers = [int(one["number"]) for one in found if since <= float(one["at"]) <= until]
        # ping's numbers wrap at 65,536, which is more than 20 minutes.
        return 100 * (1 - len(set(numbers)) / (max(numbers) - min(numbers) + 1))


@contextmanager
def pinging(node: Node, address: str, log: Path, *, per_second: int) -> Iterator[Pinging]:
    """Ping an address from a node until the end."""
    ping = f"ping -D -n -i {1 / per_second} {address} >{log}"
    # It ends when its standard input does, however the test ends: nothing else reaches a program in there.
    command = node.machine.enter(["sh", "-c", f"{ping} & read over; kill $!"])
    with subprocess.Popen(command, stdin=subprocess.PIPE):
        yield Pinging(log)


def rank(ordered: list[float], percent: int) -> float:
    """The nearest-rank percentile, as agents compute theirs."""
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
