# SPDX-License-Identifier: Apache-2.0
"""The folder in which one cluster lives, for as long as its owner does.

Temporary ones are locked by their owner; one whose lock is free was left by a crash that even its reaper did not
survive (a power cut, an out-of-memory kill of everything), and is cleaned by whoever comes next.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcluster import reaper
from localcluster.errors import StartError
from localcluster.folders import locked, try_lock


class DataFolder:
    """A cluster's folder, held by a lock and watched by a reaper until `release`."""

    def __init__(self, path: Path | None = None) -> None:
        """Take the folder at `path`, which is kept, or make a temporary one, which is removed.

        Raises:
            StartError: Another running cluster lives in that folder.
        """
        self.temporary = path is None
        if path is None:
            with locked(temporary_root() / ".lock"):
                clean_leftovers()
                self.path = Path(tempfile.mkdtemp(dir=temporary_root()))
                self._lock = try_lock(self.path / ".lock")
        else:
            self.path = path.resolve()
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = try_lock(self.path / ".lock")
        if self._lock is None:
            raise StartError(f"A cluster is already running in {self.path}; stop it first, or choose another folder.")
        reaper.end_marked(self.path)
        reaper.remove_noted_cgroups(self.path)
        self._reaper = reaper.watch(self.path, remove=self.temporary)

    @contextmanager
    def until_started(self) -> Iterator[None]:
        """Release it when what is to live in it does not start."""
        try:
            yield
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """End whatever still runs in it, remove it if it is temporary, and let go of it. Idempotent."""
        if self._reaper.stdin and not self._reaper.stdin.closed:
            self._reaper.stdin.close()
            self._reaper.wait()
        if self._lock:
            self._lock.close()


def clean_leftovers() -> list[Path]:
    """Clean what dead owners left in the temporary folder: their processes and files. Returns their folders."""
    return [path for path in temporary_root().iterdir() if path.is_dir() and _clean_if_dead(path)]


def _clean_if_dead(path: Path) -> bool:
    lock = try_lock(path / ".lock")
    if lock is None:
        return False
    with lock:
        reaper.end_marked(path)
        reaper.remove_noted_cgroups(path)
        shutil.rmtree(path, ignore_errors=True)
    return True


def temporary_root() -> Path:
    """The folder of this user's temporary clusters, which nobody else can write to."""
    root = Path(tempfile.gettempdir()) / f"aiworkload-localcluster-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    if root.stat().st_uid != os.getuid() or root.is_symlink():
        raise StartError(f"{root} belongs to somebody else; remove it or set TMPDIR to a folder of your own.")
    return root
