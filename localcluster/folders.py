# SPDX-License-Identifier: Apache-2.0
"""Where localcluster keeps things in the user's home, and the file lock that two processes share."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def cache_folder() -> Path:
    """The cache folder of this project: `$XDG_CACHE_HOME` or `~/.cache`, below it `aiworkload-operator`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "aiworkload-operator"


def state_folder() -> Path:
    """What outlives a command but is no cache: the background cluster of `up`, below `$XDG_STATE_HOME`."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "state") / "aiworkload-operator"


def try_lock(path: Path) -> IO[str] | None:
    """Take an exclusive lock on a file and give back the open file that holds it, or None when it is taken.

    The kernel drops the lock when its holder dies, however it dies: that is how leftovers are told from the living.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextmanager
def locked(path: Path, *, on_wait: Callable[[], None] = lambda: None) -> Generator[None]:
    """Hold an exclusive file lock; `on_wait` is called once when somebody else holds it first."""
    file = try_lock(path)
    if file is None:
        on_wait()
        file = path.open("a+")
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield
