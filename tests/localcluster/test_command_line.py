# SPDX-License-Identifier: Apache-2.0
"""`python -m localcluster` for people: up, status, down, and an interruption in the middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from localcluster import ensure, reaper
from localcluster.catalogue import CONTROL_PLANE
from tests.waiting import eventually

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "localcluster"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, so that the developer's background cluster is left alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "aiworkload-operator" / "cluster"


def run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_up_prints_what_a_shell_evaluates_and_down_removes_everything(state: Path) -> None:
    first = run("up")
    try:
        kubeconfig = state / "admin.kubeconfig"
        assert first.stdout == f"export KUBECONFIG={kubeconfig}\n"
        kubectl = ensure(["kubectl"])["kubectl"]
        names = subprocess.run(
            [kubectl, "get", "namespaces", "--output=name"],
            env={**os.environ, "KUBECONFIG": str(kubeconfig)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "namespace/default" in names.stdout
        second = run("up")
        assert (second.returncode, second.stdout) == (1, "")
        assert "already up: `make cluster-down` stops it" in second.stderr
        assert run("status").stdout == first.stdout
    finally:
        down = run("down")
    assert "stopped and removed" in down.stderr
    assert not state.exists()
    assert not reaper.marked(state)
    assert run("status").returncode == 1


def test_an_interrupted_up_leaves_nothing(state: Path) -> None:
    ensure(CONTROL_PLANE)
    with subprocess.Popen([*COMMAND, "up"], cwd=ROOT, stderr=subprocess.PIPE, text=True) as starting:
        eventually(lambda: bool(reaper.marked(state)), "the first program runs", seconds=30)
        starting.send_signal(signal.SIGINT)
        assert starting.wait(60) == 130
    assert not reaper.marked(state)
    assert not state.exists()
