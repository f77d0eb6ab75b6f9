# SPDX-License-Identifier: Apache-2.0
"""Agents report, time passes, and nothing worth a write happens: counted in the API server's audit log."""

import time

import pytest

from demo.stage import Stage
from demo.usage import line_count, writes
from tests.integration.operator import words

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

IDLE_SECONDS = 60
SETTLING_SECONDS = 10
"""Until the last Event of what happened before is posted."""


def test_for_a_minute_it_writes_its_lease_and_nothing_else(stage: Stage) -> None:
    """With a workload that stands, four sites and twelve measured links."""
    words.apply(stage, words.a_workload("resident", tier="Edge"), words.a_workload("guest", tier="Cloud"))
    words.expect(stage, "it settles", lambda: len(words.deployments_of(stage, "resident")) == 1)
    words.expect_settled(stage, "guest", "eu-central")
    log = stage.cluster.audit_log
    assert log
    time.sleep(SETTLING_SECONDS)  # the measurement itself
    before = line_count(log)
    time.sleep(IDLE_SECONDS)  # the measurement itself

    written = writes(log, stage.operator_account.user, skip_lines=before)
    reports = writes(log, stage.agent_account.user, skip_lines=before)
    words.delete(stage, "aiw", "resident", "guest")
    assert reports["nodereports/status"] > 0
    assert set(written) == {"leases"}, written
