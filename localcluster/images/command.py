# SPDX-License-Identifier: Apache-2.0
"""`python -m localcluster image NAME`: an image's archive for people, to load where there is no registry."""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from localcluster.errors import LocalClusterError
from localcluster.images.recipes import TRITON_NAME, operator, operator_name, triton
from localcluster.images.static_pause import NAME as PAUSE_NAME
from localcluster.images.static_pause import pause

IMAGES: dict[str, tuple[Callable[[], Path], Callable[[], str], str]] = {
    "operator": (operator, operator_name, "operator and agent, from operator/Dockerfile"),
    "triton": (triton, lambda: TRITON_NAME, "a real Triton server, CPU only, with a model to try it"),
    "pause": (pause, lambda: PAUSE_NAME, "what holds a pod's namespaces open"),
}
"""By the name that people give: how it is built, what it is called, and what it is."""

TEACHES = """
The path of the archive is printed; load it with any of

  docker load --input FILE
  podman load --input FILE
  k3s ctr images import FILE
  ctr --namespace k8s.io images import FILE

It is built once a version and kept in the cache. `pause` needs a Go; the others need root, debootstrap and a Debian
mirror (DEBIAN_MIRROR names another than deb.debian.org).
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Put `image` among the commands of localcluster."""
    known = "\n".join(f"  {name:<10}{what}" for name, (_, _, what) in IMAGES.items())
    parser = commands.add_parser(
        "image",
        help="build an image without a registry or an engine, and print its archive's path",
        description="Build an image without a registry or an engine.",
        epilog=f"Images:\n{known}\n{TEACHES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=tuple(IMAGES), metavar="NAME", help=f"one of {', '.join(IMAGES)}")
    parser.add_argument("--output", type=Path, metavar="FILE", help="copy the archive to FILE")


def image(arguments: argparse.Namespace) -> int:
    """Build the image and print where its archive is."""
    build, reference, _ = IMAGES[arguments.name]
    path = build()
    if arguments.output:
        try:
            path = Path(shutil.copyfile(path, arguments.output))
        except OSError as error:
            raise LocalClusterError(f"--output {arguments.output} cannot be written: {error.strerror}.") from error
    print(f"{reference()}, {path.stat().st_size / 1e6:.0f} MB", file=sys.stderr)
    print(path)
    return 0
