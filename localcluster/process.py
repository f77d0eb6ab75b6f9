# SPDX-License-Identifier: Apache-2.0
"""One running program of the cluster: its log file, its readiness and its end.

Every program carries its cluster's folder in an environment variable. That mark, not a list of process ids, is how
`localcluster.reaper` finds what to end when the owner died, and it can hit nobody else's process.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from localcluster.errors import StartError

MARK = "AIWORKLOAD_LOCALCLUSTER"
# Every program but one ends well within this when asked to. The API server waits up to a minute for its clients to end
# their watches, which helps nobody here: it keeps nothing that is not in etcd, so it is killed.
STOP_SECONDS = 3.0
POLL_SECONDS = 0.05
TAIL_LINES = 25
GIVING_UP = ("panic: ", "fatal error: ")
"""How the Go runtime begins to say why a program ends."""


class Process:
    """A program started in a session of its own (so that Ctrl-C reaches its owner, not it), logging to a file."""

    def __init__(self, name: str, command: Sequence[str | Path], *, folder: Path) -> None:
        """Start the program.

        Args:
            name: What to call it in errors and as the log file's name.
            command: The program's path and arguments.
            folder: The cluster's data folder.
        """
        self.name = name
        self.log = folder / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, MARK: str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str = "ready") -> None:
        """Poll `ready` until it holds.

        Raises:
            StartError: The program ended first, or the deadline passed.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise StartError(
                    f"{self.name} ended with code {self._child.returncode} before it was {what}.{self.tail()}"
                )
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} was not {what} within {seconds:.0f} s.{self.tail()}")
            time.sleep(POLL_SECONDS)

    def has_logged(self, text: str) -> bool:
        """Whether its log holds this text."""
        return text in self.log.read_text(errors="replace")

    def tail(self) -> str:
        """The last lines of the log, as the end of an error message.

        Where a Go program gave up, the line that says why is first: traces of its goroutines follow it, and are longer
        than a tail.
        """
        lines = self.log.read_text(errors="replace").splitlines()
        why = [line for line in lines[:-TAIL_LINES] if line.startswith(GIVING_UP)][-1:]
        shown = [*why, *(["[...]"] if why else []), *lines[-TAIL_LINES:]]
        return f" The end of its log, {self.log}:\n" + "\n".join(shown)

    def stop(self, *, kill: bool = False) -> None:
        """End it: asked politely first unless `kill`, and waited for. Calling it again does nothing."""
        if not self.running:
            return
        self._child.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
