# SPDX-License-Identifier: Apache-2.0
"""The demo's stage for tests: a real control plane, four measured sites, the real operator, and eyes on the API."""

from collections.abc import Iterator

import pytest

from demo.processes import OPERATOR_SETTINGS
from demo.stage import Stage, raised
from demo.world import World

LEASE = {
    "AIWORKLOAD_LEASE_DURATION_SECONDS": "12",
    "AIWORKLOAD_LEASE_RENEW_DEADLINE_SECONDS": "10",
    "AIWORKLOAD_LEASE_RETRY_SECONDS": "1",
}
"""A killed operator's successor waits for the Lease to run out: 15 s by default."""


@pytest.fixture(scope="package")
def stage() -> Iterator[Stage]:
    """Everything stands, every site is Connected and every link is measured."""
    with raised(World(), print, {**OPERATOR_SETTINGS, **LEASE}) as standing:
        yield standing


@pytest.fixture(autouse=True)
def running_operator(stage: Stage) -> Iterator[None]:
    """A test may end with its operator killed; the next one finds it running."""
    yield
    if not stage.operator.running:
        stage.restart_operator()
