# SPDX-License-Identifier: Apache-2.0
"""A real Triton server, CPU only, from the wheel that carries one; kept in the user's cache."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcluster.folders import cache_folder

WHEEL = "nvidia-pytriton==0.7.0"
"""Carries Triton 2.51; the server is started directly, since PyTriton restricts its API."""


@pytest.fixture(scope="session")
def triton() -> Path:
    """The unpacked wheel."""
    target = cache_folder() / WHEEL.replace("==", "-")
    if not (target / "nvidia_pytriton.libs").is_dir():
        sys.stderr.write(f"installing {WHEEL} into the cache (55 MB, once)\n")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), WHEEL]
        subprocess.run(pip, check=True, timeout=280)
    return target


class Server:
    """A running tritonserver."""

    def __init__(self, wheel: Path, arguments: list[str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(wheel / "pytriton/tritonserver/bin/tritonserver"), *arguments],
                env={**os.environ, "LD_LIBRARY_PATH": str(wheel / "nvidia_pytriton.libs")},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture
def start(triton: Path, tmp_path: Path) -> Iterator[Callable[[list[str]], Server]]:
    """Starts servers that end with the test."""
    started: list[Server] = []

    def run(arguments: list[str]) -> Server:
        server = Server(triton, arguments, tmp_path / f"triton-{len(started)}.log")
        started.append(server)
        return server

    yield run
    for server in started:
        server.stop()
