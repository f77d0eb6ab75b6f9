# SPDX-License-Identifier: Apache-2.0
"""Keeps what was built in the user's cache, by what it was built from: built once, never half, old ones removed."""

import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from localcluster.folders import cache_folder, locked

KEPT = 2
"""Of one kind: the newest, and the one before it, which somebody may still be reading. Ours."""


def images_folder() -> Path:
    """Where images and what they are made of are kept."""
    return cache_folder() / "images"


def key_of(parts: Iterable[bytes | str]) -> str:
    """A short name for exactly these parts, in this order."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


def kept(kind: str, key: str, make: Callable[[Path], None], *, what: str, suffix: str = "") -> Path:
    """The file or folder `KIND-KEY`, made when it is not there yet.

    Args:
        kind: What it is, for people who look into the cache, such as `pause`.
        key: Of `key_of`: everything it is made from.
        make: Writes it at the path that it is given, which is moved into place when it succeeded.
        what: What people read while they wait, such as `the pause image`.
        suffix: Of the file's name, such as `.tar`.
    """
    folder = images_folder()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{kind}-{key}{suffix}"
    with locked(folder / f"{kind}.lock", on_wait=lambda: _say(f"another process is building {what}: waiting for it")):
        if not target.exists():
            _make(target, make, what, _scratch(kind))
            _prune(kind, suffix, target)
    return target


def _scratch(kind: str) -> str:
    """What unfinished ones are called, up to a dot, so that `stage` is not taken for `stage-python`."""
    return f".building-{kind}"


def _make(target: Path, make: Callable[[Path], None], what: str, scratch_name: str) -> None:
    for unfinished in target.parent.glob(f"{scratch_name}.*"):  # of who was killed: its lock is ours now
        shutil.rmtree(unfinished)
    _say(f"building {what} (kept in the cache)")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"{scratch_name}.", dir=target.parent) as scratch:
        fresh = Path(scratch) / target.name
        make(fresh)
        fresh.rename(target)
    _say(f"built {what} ({time.monotonic() - began:.0f} s)")


def _prune(kind: str, suffix: str, newest: Path) -> None:
    width = len(newest.name)
    same = [path for path in newest.parent.glob(f"{kind}-*{suffix}") if len(path.name) == width and path != newest]
    for old in sorted(same, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        if old.is_dir():
            shutil.rmtree(old)
        else:
            with suppress(FileNotFoundError):
                old.unlink()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
