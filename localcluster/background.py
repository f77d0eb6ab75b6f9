# SPDX-License-Identifier: Apache-2.0
"""What `up` starts and `down` stops: one per user and kind, run by a detached process in between."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from localcluster import reaper
from localcluster.catalogue import HERE
from localcluster.controlplane import ControlPlane
from localcluster.datafolder import clean_leftovers
from localcluster.errors import LocalClusterError, StartError
from localcluster.folders import locked, state_folder, try_lock

# Starting takes 10 s on a quiet machine; each program has a shorter deadline of its own, with a better message.
UP_SECONDS = 300.0
DOWN_SECONDS = 60.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Running:
    """What a running background cluster says of itself."""

    pid: int
    url: str
    kubeconfig: str
    kubectl: str


@dataclass(frozen=True)
class Background:
    """One kind of cluster that runs in the background.

    Attributes:
        name: The kind, and its folder's name.
        called: What messages call it.
        serve: The arguments of `python -m localcluster` that run it.
        stop_hint: The command that stops it.
    """

    name: str
    called: str
    serve: tuple[str, ...]
    stop_hint: str

    @property
    def folder(self) -> Path:
        """Where its data live."""
        return state_folder() / self.name

    def status(self) -> Running | None:
        """The background cluster if it is up, else None (also while it is still starting)."""
        if not self._alive():
            return None
        try:
            return Running(**json.loads(self._note.read_text()))
        except (FileNotFoundError, json.JSONDecodeError):  # still starting
            return None

    def up(self, *arguments: str) -> Running:
        """Start it and wait until it is ready; an interruption takes it down again.

        Args:
            arguments: More of them for the process that runs it.

        Raises:
            LocalClusterError: One is up already, or it did not start.
        """
        with locked(state_folder() / f"{self.name}-up.lock"):
            if self._alive():
                raise LocalClusterError(
                    f"A {self.called} is already up: `{self.stop_hint}` stops it. To use it: "
                    f"export KUBECONFIG={self.folder / 'admin.kubeconfig'}"
                )
            self.down()
            return self._start(arguments)

    def down(self) -> bool:
        """Stop it and remove everything of it, also what a crash left. True if anything was there."""
        running = self.status()
        if running:
            os.kill(running.pid, signal.SIGTERM)
        if self._alive():
            self._wait_until_gone()
        there = self.folder.exists()
        folder = self.folder.resolve()
        ended = reaper.end_marked(folder)
        reaper.remove_noted_cgroups(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        return bool(running or there or ended or clean_leftovers())

    def say_running(self, cluster: ControlPlane, *, every: Callable[[], None] | None = None) -> None:
        """Tell whoever waits that this process runs the cluster, and stay until interrupted.

        Args:
            cluster: Its control plane.
            every: What to do about once a second meanwhile.
        """
        note = Running(os.getpid(), cluster.url, str(cluster.kubeconfig), str(cluster.kubectl))
        fresh = self._note.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(note)))
        fresh.rename(self._note)
        while every is None:
            signal.pause()
        while True:
            every()
            time.sleep(1.0)

    def _start(self, arguments: tuple[str, ...]) -> Running:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        print(f"starting the {self.called}", file=sys.stderr, flush=True)
        with self._log.open("w") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "localcluster", *self.serve, *arguments],
                cwd=HERE.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            return self._wait_until_up(server)
        except BaseException:
            server.terminate()
            server.wait(DOWN_SECONDS)
            self.down()
            raise

    def _alive(self) -> bool:
        if not self.folder.exists():
            return False
        lock = try_lock(self.folder / ".lock")
        if lock:
            lock.close()
        return lock is None

    def _wait_until_up(self, server: subprocess.Popen[bytes]) -> Running:
        deadline = time.monotonic() + UP_SECONDS
        while True:
            running = self.status()
            if running:
                return running
            if server.poll() is not None or time.monotonic() > deadline:
                raise StartError(f"The {self.called} did not start:\n{self._log.read_text()[-4000:]}")
            time.sleep(POLL_SECONDS)

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + DOWN_SECONDS
        while self._alive():
            if time.monotonic() > deadline:
                raise LocalClusterError(
                    f"The {self.called} in {self.folder} did not stop within {DOWN_SECONDS:.0f} s; it may still be "
                    f"starting: try again, or end the process `python -m localcluster {' '.join(self.serve)}`."
                )
            time.sleep(POLL_SECONDS)

    @property
    def _note(self) -> Path:
        return self.folder / "running.json"

    @property
    def _log(self) -> Path:
        return self.folder / "serve.log"


CLUSTER = Background("cluster", "cluster", ("serve",), "make cluster-down")
LAB = Background("lab", "lab", ("lab", "serve"), "make lab-down")


def serve_cluster() -> None:
    """Run the background control plane in this process until it is interrupted; `up` starts it."""
    with ControlPlane.start(CLUSTER.folder) as cluster:
        CLUSTER.say_running(cluster)
