# SPDX-License-Identifier: Apache-2.0
"""A real API server with the product installed from its manifest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import ControlPlane
from tests.integration.agent.world import ROOT, World


@pytest.fixture(scope="module")
def cluster() -> Iterator[ControlPlane]:
    """An API server with the product's CRDs, accounts, roles and policies; nothing runs but the tests' agents."""
    with ControlPlane.start(controller_manager=False, scheduler=False) as running:
        running.run_kubectl("apply", "--server-side", "-f", str(ROOT / "manifests" / "install.yaml"))
        running.run_kubectl("wait", "--for=condition=Established", "crd/nodereports.aiworkload.dev")
        yield running


@pytest.fixture
def world(cluster: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """The cluster, and agents that end with the test."""
    world = World(cluster, tmp_path)
    yield world
    world.stop_agents()
