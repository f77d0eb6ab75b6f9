# SPDX-License-Identifier: Apache-2.0
"""A real control plane with the product's manifest, for what no fake can show: relists, outages, and who leads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import ControlPlane

MANIFEST = Path(__file__).parents[3] / "manifests" / "install.yaml"


@pytest.fixture(scope="module")
def cluster() -> Iterator[ControlPlane]:
    """An API server with the product's CRDs, accounts, roles and policies, and nothing of it running."""
    with ControlPlane.start(audit=True) as started:
        started.run_kubectl("apply", "--server-side", "-f", str(MANIFEST))
        started.run_kubectl("wait", "--for=condition=Established", "crd", "--all")
        yield started
