# SPDX-License-Identifier: Apache-2.0
"""Runs a command in a root file system as a container engine's `RUN` does: the host's network, nothing else of it.

Mounts are made in a mount namespace of the command's own, so none is left however it ends.
"""

import os
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

from localcluster.errors import BuildError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
RUN_SECONDS = 1200
"""Longest `RUN`: packages over a slow line. Ours."""

CERTIFICATES = "/run/host-certificates.crt"
"""Where a command finds the host's certificate authorities: a company's proxy has one that Debian does not know."""

FROM_HOST = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
PIP_FROM_HOST = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
PIP_FILES = ("/etc/pip.conf", "/root/.config/pip/pip.conf", "/root/.pip/pip.conf")
NEEDED = {"unshare": "util-linux", "chroot": "coreutils", "mount": "mount"}

ENTER = """set -eu
umask 022
mount -t proc proc "$1/proc"
shift_over="$1"; command="$2"; shift 2
for path in "$@"; do
  inside="$shift_over${path#*=}"
  mkdir -p "$(dirname "$inside")"; : >> "$inside"
  mount --bind "${path%%=*}" "$inside"
done
exec chroot "$shift_over" /bin/sh -c "$command"
"""


def refuse_without(programs: Mapping[str, str]) -> None:
    """Say in one sentence what is missing for work inside a root file system.

    Args:
        programs: Names of programs, each with the Debian package that has it.

    Raises:
        BuildError: Not root, or a program is not there.
    """
    if os.geteuid() != 0:
        raise BuildError(
            "Building an image without an engine needs root: run it again with sudo, or use `docker build`."
        )
    missing = sorted({package for name, package in programs.items() if not shutil.which(name)})
    if missing:
        raise BuildError(f"Building an image without an engine needs {', '.join(missing)}: apt-get install them.")


def run(root: Path, command: str, *, env: Mapping[str, str], folder: str) -> None:
    """Run a shell command with `root` as its root.

    Args:
        root: The root file system, which the command may change.
        command: For `/bin/sh -c`.
        env: Its environment, beside the host's proxies and package index.
        folder: Where it starts.

    Raises:
        BuildError: It failed or took longer than `RUN_SECONDS`; the message holds the end of what it said.
    """
    refuse_without(NEEDED)
    (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    inside = f"cd {shlex.quote(folder)} && {{ {command}\n}}"
    try:
        answer = subprocess.run(
            [*apart, "sh", "-c", ENTER, "sh", root, inside, *_lent_files()],
            env={**_environment(), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"`{command}` took longer than {RUN_SECONDS} s and was ended.") from None
    if answer.returncode != 0:
        raise BuildError(f"`{command}` ended with {answer.returncode}. It said:\n{answer.stdout.strip()[-3000:]}")


def _environment() -> dict[str, str]:
    lent = {name: os.environ[name] for name in (*FROM_HOST, *PIP_FROM_HOST) if name in os.environ}
    certificates = {"PIP_CERT": CERTIFICATES, "SSL_CERT_FILE": CERTIFICATES} if _authorities() else {}
    return {"PATH": PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **certificates, **lent}


def _authorities() -> str:
    file = ssl.get_default_verify_paths().cafile
    return file if file and Path(file).is_file() else ""


def _lent_files() -> list[str]:
    """As `HERE=THERE`: what the host's own configuration says of names, certificates and the package index."""
    home = str(Path.home())
    there = {"/etc/resolv.conf": "/etc/resolv.conf", _authorities(): CERTIFICATES}
    there |= {path.replace("/root", home, 1) if path.startswith("/root") else path: path for path in PIP_FILES}
    return [f"{here}={inside}" for here, inside in there.items() if here and Path(here).is_file()]
