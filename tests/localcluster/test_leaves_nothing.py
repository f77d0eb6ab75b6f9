# SPDX-License-Identifier: Apache-2.0
"""Nothing is left behind, however the owner of a cluster ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from localcluster import ControlPlane, StartError, reaper
from tests.waiting import eventually

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
OWNER = """
import signal
# A background shell job inherits an ignored SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
from localcluster import ControlPlane
with ControlPlane.start(scheduler=False) as cluster:
    print(cluster.folder, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_owner_that_is_ended_leaves_no_process_and_no_file(ending: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        assert len(reaper.marked(folder)) == 3
        owner.send_signal(ending)
        owner.wait(30)
    eventually(lambda: not reaper.marked(folder), "every process has ended", seconds=15)
    eventually(lambda: not folder.exists(), "the temporary folder is removed", seconds=15)


def test_what_a_crash_left_that_killed_even_the_reaper_is_cleaned_by_the_next_start() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        os.kill(reaper_of(folder), signal.SIGKILL)
        owner.kill()
    assert reaper.marked(folder)
    with ControlPlane.start(controller_manager=False, scheduler=False):
        assert not reaper.marked(folder)
        assert not folder.exists()


def test_stopping_twice_is_harmless() -> None:
    cluster = ControlPlane.start(controller_manager=False, scheduler=False)
    cluster.stop()
    cluster.stop()
    assert not cluster.folder.exists()


def test_two_clusters_cannot_share_a_folder(tmp_path: Path) -> None:
    with (
        ControlPlane.start(tmp_path, controller_manager=False, scheduler=False),
        pytest.raises(StartError, match="already running"),
    ):
        ControlPlane.start(tmp_path, controller_manager=False, scheduler=False)


def reaper_of(folder: Path) -> int:
    wanted = f"\0{folder}\0remove\0".encode()
    found = [path for path in Path("/proc").glob("[0-9]*/cmdline") if wanted in path.read_bytes()]
    return int(found[0].parent.name)
