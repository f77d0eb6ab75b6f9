# SPDX-License-Identifier: Apache-2.0
"""The images that the lab runs, each with its Dockerfile, its name and what is copied into it."""

import tomllib
from pathlib import Path

from localcluster.images.bases import HERE
from localcluster.images.dockerbuild import archive

PROJECT = HERE.parents[1]
DOCKERFILE = PROJECT / "operator" / "Dockerfile"


def version() -> str:
    """The product's version, which is the tag that the chart asks for."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def operator_name() -> str:
    """The image's reference: what the chart's `aiworkload-operator:VERSION` means to a container runtime."""
    return f"docker.io/library/aiworkload-operator:{version()}"


def operator() -> Path:
    """The archive of the one image of operator and agent, built from `operator/Dockerfile` when it is not in the cache.

    Raises:
        BuildError: Not root, a program is missing, or a step failed; the sentence says which.
    """
    return archive(DOCKERFILE, context=PROJECT, kind="operator", name=operator_name())


TRITON_NAME = "docker.io/library/triton:lab"
"""The lab's Triton; its own model `double` lies in `/opt/models`."""


def triton() -> Path:
    """The archive of a real Triton server, CPU only, built when it is not in the cache.

    Raises:
        BuildError: Not root, a program is missing, or a step failed; the sentence says which.
    """
    return archive(HERE / "triton.Dockerfile", context=HERE, kind="triton", name=TRITON_NAME)
