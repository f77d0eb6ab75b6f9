# SPDX-License-Identifier: Apache-2.0
"""What a decision says of itself survives the API server, and what would swamp an object is refused."""

import json
from typing import Any

import pytest

from aiworkload.api.workload_status import AIWorkloadStatus
from localcluster import ControlPlane
from localcluster.errors import KubectlError
from tests.integration.api.conftest import Create
from tests.integration.api.manifests import a_workload

pytestmark = pytest.mark.integration

NOW, LATER = "2026-11-23T12:00:00Z", "2026-11-23T12:00:30Z"
FACTOR = {
    "name": "latency",
    "points": 90,
    "weight": 4,
    "value": "12 ms of 50 ms",
    "source": "Measured",
    "ageSeconds": 3,
}
CANDIDATE = {"site": "fog-1", "variant": "int8", "feasible": True, "points": 91, "factors": [FACTOR]}
DECISION: dict[str, Any] = {
    "time": NOW,
    "reason": "Stays",
    "message": "",
    "marginPoints": 7,
    "overturns": ["if plant-7 -> cloud-1 RTT fell below 11 ms"],
    "nextCheckTime": LATER,
    "candidates": [CANDIDATE],
    "rejected": [{"reason": "NoBandwidth", "count": 3}, {"reason": "BudgetExceeded", "count": 40}],
}
PLACEMENT = {"site": "fog-1", "variant": "int8", "state": "Serving", "clients": ["plant-7", "plant-9"]}


def write(cluster: ControlPlane, name: str, status: dict[str, Any]) -> dict[str, Any]:
    patch = ("--subresource=status", "--type=merge", "-o", "json", "-p", json.dumps({"status": status}))
    answer: dict[str, Any] = json.loads(cluster.run_kubectl("patch", f"aiw/{name}", *patch))["status"]
    return answer


def test_a_decision_comes_back_as_it_was_written(api_server: ControlPlane, create: Create, fresh_name: str) -> None:
    create(a_workload(fresh_name))
    status = {"decision": DECISION, "placements": [PLACEMENT]}
    kept = write(api_server, fresh_name, status)
    assert kept["decision"] == DECISION
    assert kept["placements"][0].items() >= PLACEMENT.items()
    assert AIWorkloadStatus.model_validate(kept) == AIWorkloadStatus.model_validate(status)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"overturns": ["if it were so"] * 6}, "must have at most 5 items"),
        ({"overturns": ["x" * 257]}, "may not be more than 256"),
        ({"rejected": [{"reason": "NoBandwidth", "count": 1}] * 2}, "Duplicate value"),
        ({"rejected": [{"reason": f"R{n}", "count": 1} for n in range(33)]}, "must have at most 32 items"),
        ({"candidates": [CANDIDATE] * 11}, "must have at most 10 items"),
    ],
)
def test_a_decision_that_would_swamp_its_object_is_refused(
    change: dict[str, Any], sentence: str, api_server: ControlPlane, create: Create, fresh_name: str
) -> None:
    create(a_workload(fresh_name))
    with pytest.raises(KubectlError) as refused:
        write(api_server, fresh_name, {"decision": DECISION | change})
    assert sentence in str(refused.value)
