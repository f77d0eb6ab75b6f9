# SPDX-License-Identifier: Apache-2.0
"""`make demo` as a user without a terminal runs it, and as one who changes their mind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcluster.process import MARK

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "demo"]
ALLOWED_SECONDS = 180
"""What the product promises for the demo once the binaries are built."""
PATIENCE_SECONDS = 500
"""Every expectation missed takes its whole deadline; waiting for the end shows which."""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(PATIENCE_SECONDS + 60)]


@contextmanager
def demo() -> Iterator[subprocess.Popen[str]]:
    """The demo as a process of its own, without a terminal; it does not outlive the test."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT}", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def marked_by(folder: str) -> list[str]:
    """The ids of the processes that bear a cluster's mark."""
    wanted = f"{MARK}={folder}".encode()
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and wanted in _environment(entry)]


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # it ended, or is somebody else's
        return b""


def child_folders(pid: int) -> set[str]:
    """The data folders of the clusters whose programs a process has started."""
    marks: set[str] = set()
    for child in (Path("/proc") / str(pid) / "task" / str(pid) / "children").read_text().split():
        lines = _environment(Path("/proc") / child).split(b"\0")
        marks |= {line.decode().partition("=")[2] for line in lines if line.startswith(MARK.encode())}
    return marks


def test_it_observes_everything_it_expects_in_time() -> None:
    """Exit code 0 means that every placement and move was seen in the API."""
    begun = time.monotonic()
    with demo() as process:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output
    assert time.monotonic() - begun < ALLOWED_SECONDS, output
    assert "everything expected was observed" in output
    assert "FAIL" not in output
    for part in ("timeline", "kubectl aiworkload explain realtime-detector", "what it cost"):
        assert part in output


def test_interrupted_half_way_it_leaves_nothing_behind() -> None:
    """Ctrl-C while half of it stands."""
    with demo() as process:
        assert process.stdout
        assert any("the operator, and an agent" in line for line in process.stdout)
        folders = child_folders(process.pid)
        assert folders
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert not [pid for folder in folders for pid in marked_by(folder)]
    assert not [folder for folder in folders if Path(folder).exists()]
