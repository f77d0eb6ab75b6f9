# SPDX-License-Identifier: Apache-2.0
"""What this project's Dockerfiles begin with, made from Debian's packages instead of fetched from a registry."""

import os
import subprocess
from pathlib import Path

from localcluster.errors import BuildError
from localcluster.images.archive import machine
from localcluster.images.cache import kept, key_of
from localcluster.images.chroot import refuse_without

HERE = Path(__file__).resolve().parent
MIRROR = "DEBIAN_MIRROR"
"""The environment variable that names another mirror than deb.debian.org."""

DEBIAN = "debian:bookworm-slim"
SUITE = "bookworm"
DISTROLESS = "gcr.io/distroless/python3-debian12:nonroot"
STANDINS = {DISTROLESS: HERE / "distroless.Dockerfile"}
"""Images that a Dockerfile of ours builds anew, by the name of the original."""

DEBOOTSTRAP_SECONDS = 1200
"""It takes 45 s from a near mirror. Ours."""


def debian() -> tuple[Path, str]:
    """The root folder that stands for `debian:bookworm-slim`, and its key.

    Raises:
        BuildError: Not root, debootstrap is not there, or it failed.
    """
    mirror = os.environ.get(MIRROR, "http://deb.debian.org/debian")
    key = key_of([SUITE, mirror, machine()])
    return kept("debian", key, lambda target: _debootstrap(target, mirror), what=f"Debian {SUITE}'s base"), key


def _debootstrap(target: Path, mirror: str) -> None:
    refuse_without({"debootstrap": "debootstrap"})
    target.mkdir(mode=0o755)
    command = ["debootstrap", "--variant=minbase", SUITE, str(target), mirror]
    answer = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=DEBOOTSTRAP_SECONDS,
        check=False,
    )
    if answer.returncode != 0:
        raise BuildError(
            f"debootstrap could not fetch Debian {SUITE} from {mirror}; name a mirror that this machine reaches in "
            f"{MIRROR}. It said:\n{answer.stdout.strip()[-2000:]}"
        )
    _name_updates(target, mirror)


def _name_updates(root: Path, mirror: str) -> None:
    lines = (f"{mirror} {SUITE}", f"{mirror} {SUITE}-updates", f"{mirror}-security {SUITE}-security")
    (root / "etc/apt/sources.list").write_text("".join(f"deb {line} main\n" for line in lines))
