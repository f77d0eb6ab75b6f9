# SPDX-License-Identifier: Apache-2.0
"""The sandbox image of the lab's nodes: one static program that holds a pod's namespaces open."""

import subprocess
import tempfile
from pathlib import Path

from localcluster.errors import BuildError
from localcluster.images.archive import Config, write_archive
from localcluster.images.cache import kept, key_of
from localcluster.images.layer import write_layer
from localcluster.toolchain import find_go, go_environment

NAME = "docker.io/library/pause:lab"
"""What containerd's `sandbox_image` names."""

SOURCES = Path(__file__).resolve().parent / "pause"
BUILD = ("build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w -buildid=")


def pause() -> Path:
    """The archive of the pause image, named `NAME`, built when it is not in the cache.

    Raises:
        BuildError: Go failed; the message holds what it said.
    """
    key = key_of([NAME, *BUILD, *(path.read_bytes() for path in sorted(SOURCES.iterdir()))])
    return kept("pause", key, _write, what="the pause image", suffix=".tar")


def _write(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="pause-", dir=target.parent) as scratch:
        program, layer = Path(scratch) / "pause", Path(scratch) / "layer.tar"
        _compile(program)
        write_layer(layer, program, at="/pause")
        write_archive(target, name=NAME, config=Config(user="65535:65535", entrypoint=("/pause",)), layers=[layer])


def _compile(program: Path) -> None:
    answer = subprocess.run(
        [find_go(), *BUILD, "-o", program, "."],
        cwd=SOURCES,
        env=go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise BuildError(f"`go build` failed in {SOURCES}. Go said:\n{answer.stderr[-4000:]}")
