# SPDX-License-Identifier: Apache-2.0
"""One control plane for the tests that only look at it, and the words they share."""

import time
from collections.abc import Callable, Iterator

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


Eventually = Callable[..., None]


@pytest.fixture
def eventually() -> Eventually:
    """Poll until something holds, or fail with what did not hold."""

    def expect(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"Not within {seconds:.0f} s: {what}")
            time.sleep(0.1)

    return expect
