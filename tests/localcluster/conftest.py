# SPDX-License-Identifier: Apache-2.0
"""One control plane for the tests that only look at it."""

from collections.abc import Iterator

import pytest

from localcluster import ControlPlane

# A node falls silent after this long, so that a test of silence does not take a minute.
GRACE_SECONDS = 8


@pytest.fixture(scope="session")
def cluster() -> Iterator[ControlPlane]:
    """A whole control plane with an audit log and a short grace period for silent nodes."""
    manager = [f"--node-monitor-grace-period={GRACE_SECONDS}s", "--node-monitor-period=1s"]
    with ControlPlane.start(audit=True, extra_args={"kube-controller-manager": manager}) as running:
        yield running
