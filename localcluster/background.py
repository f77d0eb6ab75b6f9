# SPDX-License-Identifier: Apache-2.0
"""The cluster of `python -m localcluster up`: one per user, run by a detached process until `down`."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from localcluster import reaper
from localcluster.binaries import ensure
from localcluster.catalogue import CONTROL_PLANE, HERE
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


def folder() -> Path:
    """Where the background cluster's data live."""
    return state_folder() / "cluster"


def status() -> Running | None:
    """The background cluster if it is up, else None (also while it is still starting)."""
    if not _alive():
        return None
    try:
        return Running(**json.loads(_note().read_text()))
    except (FileNotFoundError, json.JSONDecodeError):  # still starting
        return None


def up() -> Running:
    """Start the background cluster and wait until it is ready; an interruption takes it down again.

    Raises:
        LocalClusterError: One is up already, or it did not start.
    """
    ensure(CONTROL_PLANE)
    with locked(state_folder() / "up.lock"):
        if _alive():
            raise LocalClusterError(
                "A cluster is already up: `make cluster-down` stops it. To use it: "
                f"export KUBECONFIG={folder() / 'admin.kubeconfig'}"
            )
        down()
        return _start()


def _start() -> Running:
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    print("starting the control plane", file=sys.stderr, flush=True)
    with _log().open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "localcluster", "serve"],
            cwd=HERE.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        return _wait_until_up(server)
    except BaseException:
        server.terminate()
        server.wait(DOWN_SECONDS)
        down()
        raise


def serve() -> None:
    """Run the background cluster in this process until it is interrupted; `up` starts it."""
    with ControlPlane.start(folder()) as cluster:
        note = Running(os.getpid(), cluster.url, str(cluster.kubeconfig), str(cluster.kubectl))
        fresh = _note().with_suffix(".new")
        fresh.write_text(json.dumps(asdict(note)))
        fresh.rename(_note())
        while True:
            signal.pause()


def down() -> bool:
    """Stop the background cluster and remove everything of it, also what a crash left. True if anything was there."""
    running = status()
    if running:
        os.kill(running.pid, signal.SIGTERM)
    if _alive():
        _wait_until_gone()
    there = folder().exists()
    ended = reaper.end_marked(folder().resolve())
    shutil.rmtree(folder(), ignore_errors=True)
    return bool(running or there or ended or clean_leftovers())


def _alive() -> bool:
    if not folder().exists():
        return False
    lock = try_lock(folder() / ".lock")
    if lock:
        lock.close()
    return lock is None


def _wait_until_up(server: subprocess.Popen[bytes]) -> Running:
    deadline = time.monotonic() + UP_SECONDS
    while True:
        running = status()
        if running:
            return running
        if server.poll() is not None or time.monotonic() > deadline:
            raise StartError(f"The cluster did not start:\n{_log().read_text()[-4000:]}")
        time.sleep(POLL_SECONDS)


def _wait_until_gone() -> None:
    deadline = time.monotonic() + DOWN_SECONDS
    while _alive():
        if time.monotonic() > deadline:
            raise LocalClusterError(
                f"The cluster in {folder()} did not stop within {DOWN_SECONDS:.0f} s; it may still be starting: "
                "try again, or end the process `python -m localcluster serve`."
            )
        time.sleep(POLL_SECONDS)


def _note() -> Path:
    return folder() / "running.json"


def _log() -> Path:
    return folder() / "serve.log"
