# SPDX-License-Identifier: Apache-2.0
"""Finds the programs of the control plane, and builds what is not there.

In this order: the folder named by `KUBEBUILDER_ASSETS` (the convention of envtest), a kubectl on the PATH that fits
the server, what was built before, and last a build from the pinned sources.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from localcluster.catalogue import CATALOGUE, numbers, pinned
from localcluster.errors import BuildError
from localcluster.gobuild import build, cached_path

ASSETS = "KUBEBUILDER_ASSETS"
# These talk to the API server in a language of its own minor version, and must never be newer than it.
TIED_TO_SERVER = ("kube-controller-manager", "kube-scheduler")


def ensure(names: Iterable[str]) -> dict[str, Path]:
    """Paths of the named programs, building those that are found nowhere.

    Args:
        names: Names from `localcluster.catalogue.CATALOGUE`, such as `etcd` or `kwok`.

    Raises:
        BuildError: A name is unknown, a build failed, or `KUBEBUILDER_ASSETS` holds another minor version of the API
            server than the components that must be built beside it.
    """
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in CATALOGUE]
    if unknown:
        raise BuildError(f"No binary is called {unknown[0]!r}; localcluster knows {', '.join(CATALOGUE)}.")
    found = {name: path for name in wanted if (path := find(name))}
    _refuse_mixed_versions(found, wanted)
    missing = [name for name in wanted if name not in found]
    built = {
        name: build(CATALOGUE[name], number=number, total=len(missing)) for number, name in enumerate(missing, start=1)
    }
    return {**found, **built}


def find(name: str) -> Path | None:
    """The program's path when nothing needs building, else None."""
    asset = _asset(name)
    if asset:
        return asset
    cached = cached_path(CATALOGUE[name])
    if cached.exists():
        return cached
    return _kubectl_on_path() if name == "kubectl" else None


def server_minor() -> tuple[int, ...]:
    """Major and minor version of the API server that will be used."""
    server = _asset("kube-apiserver")
    version = _answer(server, "--version") if server else pinned("k8s.io/kubernetes")
    return numbers(version)[:2]


def _asset(name: str) -> Path | None:
    folder = os.environ.get(ASSETS, "")
    path = Path(folder) / name
    return path.resolve() if folder and os.access(path, os.X_OK) else None


def _kubectl_on_path() -> Path | None:
    # kubectl supports servers one minor version older and newer than itself.
    path = shutil.which("kubectl")
    if not path:
        return None
    version = numbers(_answer(Path(path), "version", "--client").partition("Version:")[2])[:2]
    major, minor = server_minor()
    fits = version in {(major, minor - 1), (major, minor), (major, minor + 1)}
    return Path(path) if fits else None


def _answer(program: Path, *arguments: str) -> str:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False).stdout


def _refuse_mixed_versions(found: dict[str, Path], wanted: list[str]) -> None:
    ours = numbers(pinned("k8s.io/kubernetes"))[:2]
    tied = [name for name in wanted if name in TIED_TO_SERVER and not _asset(name)]
    if tied and "kube-apiserver" in found and server_minor() != ours:
        theirs = ".".join(map(str, server_minor()))
        raise BuildError(
            f"{ASSETS} holds kube-apiserver {theirs}, but {tied[0]} would be {'.'.join(map(str, ours))}, which "
            f"does not support that server. Unset {ASSETS}, put {tied[0]} {theirs} into its folder, or do without."
        )
