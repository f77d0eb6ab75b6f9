# SPDX-License-Identifier: Apache-2.0
"""Builds one binary with Go into the cache: visible progress, once for all processes, never half a file."""

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localcluster.catalogue import Binary, Version, cache_key, pinned
from localcluster.errors import BuildError
from localcluster.folders import cache_folder, locked
from localcluster.toolchain import find_go, go_environment

# How often the progress line is renewed: a terminal redraws it in place, a log gets a new line.
TERMINAL_SECONDS = 1.0
LOG_SECONDS = 15.0


@dataclass
class Progress:
    """Says on standard error what is being built, which of how many, and for how long already."""

    number: int
    total: int
    name: str

    def __post_init__(self) -> None:
        """Start the clock and say what begins."""
        self.began = time.monotonic()
        self.interval = TERMINAL_SECONDS if sys.stderr.isatty() else LOG_SECONDS
        self.say("building")

    def say(self, what: str, *, end: str | None = None) -> None:
        """Write one progress line."""
        seconds = time.monotonic() - self.began
        default_end = "\r" if sys.stderr.isatty() else "\n"
        line = f"[{self.number}/{self.total}] {what} {self.name} ({seconds:.0f} s)"
        print(line.ljust(60), end=default_end if end is None else end, file=sys.stderr, flush=True)


def cached_path(binary: Binary) -> Path:
    """Where a built binary is or will be kept."""
    return cache_folder() / "bin" / cache_key(binary.module) / binary.name


def build(binary: Binary, *, number: int, total: int) -> Path:
    """Build one binary unless it is there already, and return its path.

    Raises:
        BuildError: Go failed; the message holds what it said.
    """
    target = cached_path(binary)
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.with_suffix(".lock"), on_wait=lambda: _say_waiting(binary.name)):
        if not target.exists():
            progress = Progress(number, total, binary.name)
            _compile(binary, target, progress)
            progress.say("built", end="\n")
    return target


def _say_waiting(name: str) -> None:
    print(f"another process is building {name}: waiting for it", file=sys.stderr, flush=True)


def _compile(binary: Binary, target: Path, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix=".building-", dir=target.parent) as folder:
        fresh = Path(folder) / binary.name
        command: list[str | Path] = [
            find_go(binary.module),
            "build",
            "-buildvcs=false",
            "-trimpath",
            "-ldflags",
            _ldflags(binary.version),
            "-o",
            fresh,
            binary.package,
        ]
        with (Path(folder) / "log").open("w+") as log:
            code = _run_with_progress(command, binary.module, Path(folder), log.fileno(), progress)
            if code != 0:
                log.seek(0)
                raise BuildError(
                    f"`go build {binary.package}` failed in {binary.module}; when a download failed, check that Go "
                    f"reaches its module proxy and run the command again. Go said:\n{log.read()[-4000:]}"
                )
        fresh.rename(target)


def _ldflags(version: Version) -> str:
    return f"-s -w -X {version.variable}={pinned(version.of, version.pinned_in)}"


def _run_with_progress(command: list[str | Path], folder: Path, scratch: Path, log: int, progress: Progress) -> int:
    environment = {**go_environment(), "GOTMPDIR": str(scratch)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as go:
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    return go.wait(progress.interval)
                progress.say("building")
        finally:
            go.terminate()
