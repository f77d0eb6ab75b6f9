# SPDX-License-Identifier: Apache-2.0
"""Images unpacked once for all nodes: a container runtime's folder in the cache, of which every node gets its own.

Unpacking a gigabyte on each of five nodes takes two busy cores a minute. What an image consists of is never written to
again, so nodes share those files as hard links; only the runtime's own databases are copied.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from localcluster.images.cache import kept, key_of
from localcluster.lab.errors import LabError

READY_SECONDS = 60.0
POLL_SECONDS = 0.05
# A large image is unpacked at disk speed, on a machine that may be busy.
IMPORT_SECONDS = 300.0
CONFIG = """version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{socket}"
"""
# Its mounts are its own, and it does not outlive who asked for it.
ALONE = ("unshare", "--mount", "setpriv", "--pdeathsig=KILL")


def furnish(folder: Path, archives: Sequence[Path]) -> None:
    """Make `folder` the root of a containerd that holds the images of these archives.

    Args:
        folder: Not there yet; on the cache's file system it takes next to no room.
        archives: Image archives, docker's or OCI's.

    Raises:
        LabError: containerd refused one of them.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    store = filled(archives)
    linked = subprocess.run(["cp", "--archive", "--link", store, folder], capture_output=True, check=False)
    if linked.returncode != 0:  # on another file system
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "--archive", store, folder], check=True)
    for database in folder.glob("*/*.db"):
        own = database.with_suffix(".own")
        shutil.copy2(database, own)
        own.replace(database)


def filled(archives: Sequence[Path]) -> Path:
    """The store of these archives, made when it is not in the cache.

    Raises:
        LabError: containerd refused one of them.
    """
    version = subprocess.run(["containerd", "--version"], capture_output=True, check=True).stdout
    marks = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in archives]
    fill = partial(_fill, archives)
    return kept(f"store-of-{len(archives)}", key_of([version, *marks]), fill, what="the image store of the lab's nodes")


def _fill(archives: Sequence[Path], target: Path) -> None:
    with _containerd(target) as socket:
        for archive in archives:
            answer = _ctr(socket, "images", "import", archive)
            if answer.returncode != 0:
                raise LabError(f"containerd refused {archive}: {answer.stderr.strip()}")


@contextmanager
def _containerd(root: Path) -> Iterator[Path]:
    """One that only keeps images, at the socket that is given back."""
    with tempfile.TemporaryDirectory(prefix="aiworkload-store-") as scratch:
        state = Path(scratch)
        socket, config, log = state / "s.sock", state / "config.toml", state / "log"
        config.write_text(CONFIG.format(root=root, state=state / "state", socket=socket))
        with log.open("wb") as said:
            running = subprocess.Popen([*ALONE, "containerd", "--config", config], stdout=said, stderr=said)
        try:
            deadline = time.monotonic() + READY_SECONDS
            while _ctr(socket, "version").returncode != 0:
                if running.poll() is not None or time.monotonic() > deadline:
                    raise LabError(f"containerd did not start; the end of its log:\n{log.read_text()[-2000:]}")
                time.sleep(POLL_SECONDS)
            yield socket
        finally:
            running.terminate()
            running.wait()


def _ctr(socket: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = ["ctr", "--address", socket, "--namespace=k8s.io", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=IMPORT_SECONDS, check=False)
