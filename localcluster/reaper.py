# SPDX-License-Identifier: Apache-2.0
"""Leaves nothing behind when the owner of a cluster dies, whatever killed it.

A small process per cluster holds the reading end of a pipe whose writing end only the owner has. When the owner ends,
by its own will, Ctrl-C, SIGTERM or SIGKILL, the pipe closes; the reaper then ends every process that bears the
cluster's mark and removes its temporary folder. (Linux's parent-death signal was rejected: it fires when the *thread*
that started the child ends, which a caller using `asyncio.to_thread` would meet.)

It is run as a file, not as a module, so that it works whatever the caller's path and working folder are, and for that
it imports nothing but the standard library.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

MARK = "AIWORKLOAD_LOCALCLUSTER"
# etcd and the API server end within a second or two; a killed one has nothing worth keeping anyway.
GRACE_SECONDS = 5.0
# The kernel ends a machine's processes at its own pace, and a busy one takes its time.
CGROUPS_SECONDS = 30.0
# Where a cluster of real nodes notes the control groups that it made.
CGROUPS_NOTE = "cgroups"


def watch(folder: Path, *, remove: bool) -> subprocess.Popen[bytes]:
    """Start the reaper of one cluster; it acts when the standard input of the process returned is closed."""
    return subprocess.Popen(
        [sys.executable, "-I", __file__, str(folder), "remove" if remove else "keep"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def end_marked(folder: Path) -> int:
    """End every process that bears the mark of this cluster folder; returns how many there were."""
    deadline = time.monotonic() + GRACE_SECONDS
    first = marked(folder)
    _signal(first, signal.SIGTERM)
    while marked(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    while left := marked(folder):
        _signal(left, signal.SIGKILL)
        time.sleep(0.05)
    return len(first)


def marked(folder: Path) -> list[int]:
    """The ids of the running processes that bear the mark of this cluster folder."""
    wanted = f"{MARK}={folder}".encode()
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _bears(entry, wanted)]


def remove_cgroups(branches: list[Path]) -> None:
    """Remove control groups with all below them; one whose processes are still ending is waited for a moment."""
    deadline = time.monotonic() + CGROUPS_SECONDS
    for branch in branches:
        while branch.exists() and time.monotonic() < deadline:
            for folder, _, _ in os.walk(branch, topdown=False):
                with suppress(OSError):  # busy, or gone meanwhile
                    Path(folder).rmdir()
            time.sleep(0.02)


def remove_noted_cgroups(folder: Path) -> None:
    """Remove the control groups that a cluster noted in its folder, one path a line."""
    with suppress(FileNotFoundError):
        remove_cgroups([Path(line) for line in (folder / CGROUPS_NOTE).read_text().splitlines()])


def _bears(entry: Path, wanted: bytes) -> bool:
    try:
        return wanted in (entry / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile, or is another user's
        return False


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:  # it ended meanwhile
            continue


def main() -> None:
    """Wait for the end of standard input, then clean up after the owner."""
    folder, action = Path(sys.argv[1]), sys.argv[2]
    sys.stdin.buffer.read()
    end_marked(folder)
    remove_noted_cgroups(folder)
    if action == "remove":
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
