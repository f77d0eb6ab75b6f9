# SPDX-License-Identifier: Apache-2.0
"""kubectl, run to its end."""

import subprocess
from pathlib import Path

from localcluster.errors import KubectlError


def run(program: Path, kubeconfig: Path, *arguments: str, stdin: str | None = None) -> str:
    """Run it as that kubeconfig's user and return what it printed.

    Raises:
        KubectlError: It failed; the message holds its standard error.
    """
    command: list[str | Path] = [program, f"--kubeconfig={kubeconfig}", *arguments]
    answer = subprocess.run(command, input=stdin, capture_output=True, encoding="utf-8", check=False)
    if answer.returncode != 0:
        raise KubectlError(f"`kubectl {' '.join(arguments)}` failed: {answer.stderr.strip()}")
    return answer.stdout
