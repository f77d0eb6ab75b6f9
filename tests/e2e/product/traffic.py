# SPDX-License-Identifier: Apache-2.0
"""Requests from client hosts to workloads' Services, in a loop, and what became of each."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

from localcluster.lab import Lab
from tests.waiting import eventually

PROGRAM = Path(__file__).with_name("client_loop.py")
PORT = 8000
# A request under way ends first; see TIMEOUT_SECONDS of the program.
STOP_SECONDS = 15
# What the program waits for a first answer, and a request that is under way then.
BEGUN_SECONDS = 45


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it began (Unix seconds), how long it took, and what was wrong with it."""

    at: float
    seconds: float
    error: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Requests to one Service from one place, in the order in which they began."""

    all: tuple[Answer, ...]

    @property
    def failed(self) -> tuple[Answer, ...]:
        """Those that were answered wrongly, too late, or not at all."""
        return tuple(answer for answer in self.all if answer.error)

    def between(self, since: float, until: float) -> "Answers":
        """Those that began in that time (Unix seconds)."""
        return Answers(tuple(answer for answer in self.all if since <= answer.at < until))

    @property
    def p95_ms(self) -> float:
        """Of the answered ones, in milliseconds."""
        return quantiles([answer.seconds for answer in self.all if not answer.error], n=20)[-1] * 1000

    @property
    def longest_gap_seconds(self) -> float:
        """The longest time between two requests that were answered."""
        good = [answer.at for answer in self.all if not answer.error]
        return max((later - earlier for earlier, later in pairwise(good)), default=float("inf"))


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop of requests that runs."""

    folder: Path

    def answers(self, name: str) -> Answers:
        """What came of the requests to one Service so far."""
        lines = (self.folder / name).read_text().splitlines()
        return Answers(tuple(Answer(**json.loads(line)) for line in lines if line.endswith("}")))


@contextmanager
def requests_from(lab: Lab, site: str, *services: str) -> Iterator[Loop]:
    """Ask Services of the default namespace from a site's client host, four times a second each, until the end.

    Begins once each is asked in earnest: from its first answer on, or after the time that `client_loop` gives it.
    """
    with tempfile.TemporaryDirectory(prefix="requests-") as name:
        folder = Path(name)
        targets = [f"{service}={_address(lab, service)}:{PORT}" for service in services]
        command = lab.client(site).machine.enter([sys.executable, PROGRAM, folder, *targets])
        with subprocess.Popen(command) as program:
            try:
                eventually(
                    lambda: all(_asked(folder / one) for one in services), "all are asked", seconds=BEGUN_SECONDS
                )
                yield Loop(folder)
            finally:
                (folder / "stop").touch()
                program.wait(STOP_SECONDS)


def _asked(log: Path) -> bool:
    return log.exists() and log.stat().st_size > 0


def _address(lab: Lab, service: str) -> str:
    return lab.kubectl("get", "service", service, "--output=jsonpath={.spec.clusterIP}")
