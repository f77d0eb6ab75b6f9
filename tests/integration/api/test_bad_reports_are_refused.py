# SPDX-License-Identifier: Apache-2.0
"""The API server refuses a NodeReport with values that no clock and no socket can have given."""

import json
from typing import Any

import pytest

from localcluster import ControlPlane
from localcluster.errors import KubectlError
from tests.integration.api.conftest import Create, Refusal
from tests.integration.api.manifests import a_report

pytestmark = pytest.mark.integration

NOW, LATER = "2026-11-23T12:00:00Z", "2026-11-23T12:00:01Z"
LINK = {"site": "cloud-1", "observedTime": NOW}
BANDWIDTH = {"bandwidthKilobits": 1000, "bandwidthObservedTime": NOW, "bandwidthValidSeconds": 60}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no time": ({"observedTime": None}, "status.observedTime: Required value"),
    "a time in words": ({"observedTime": "yesterday"}, "must be of type date-time"),
    "a link from the future": (
        {"links": [LINK | {"observedTime": LATER}]},
        "a link cannot have been observed after the report that carries it",
    ),
    "valid for no time": ({"validSeconds": 0}, "should be greater than or equal to 1"),
    "valid for a day": ({"validSeconds": 86_400}, "should be less than or equal to 3600"),
    "endpoint without a port": ({"endpoint": "10.0.0.7"}, "should match"),
    "endpoint with a port that no one can listen on": ({"endpoint": "10.0.0.7:65536"}, "should match"),
    "negative round trip": ({"links": [LINK | {"rttP50Microseconds": -1}]}, "should be greater than or equal to 0"),
    "round trip of an hour": (
        {"links": [LINK | {"rttP95Microseconds": 3_600_000_000}]},
        "should be less than or equal to 60000000",
    ),
    "median above p95": (
        {"links": [LINK | {"rttP50Microseconds": 9, "rttP95Microseconds": 8}]},
        "rttP50Microseconds cannot be above rttP95Microseconds",
    ),
    "negative jitter": ({"links": [LINK | {"jitterMicroseconds": -1}]}, "should be greater than or equal to 0"),
    "more lost than sent": ({"links": [LINK | {"lossBasisPoints": 10_001}]}, "should be less than or equal to 10000"),
    "negative losses": ({"links": [LINK | {"consecutiveLosses": -1}]}, "should be greater than or equal to 0"),
    "a machine from the future": (
        {"machine": {"observedTime": LATER}},
        "the machine cannot have been observed after the report that carries it",
    ),
    "a machine at no time": ({"machine": {"cpuPercent": 5}}, "machine.observedTime: Required value"),
    "busier than busy": (
        {"machine": {"observedTime": NOW, "cpuPercent": 101}},
        "should be less than or equal to 100",
    ),
    "less than no memory": (
        {"machine": {"observedTime": NOW, "memoryPercent": -1}},
        "should be greater than or equal to 0",
    ),
    "pressed by nothing known": (
        {"machine": {"observedTime": NOW, "pressed": ["Boredom"]}},
        'supported values: "Cpu", "Memory", "Heat"',
    ),
    "pressed twice": ({"machine": {"observedTime": NOW, "pressed": ["Cpu", "Cpu"]}}, "Duplicate value"),
    "less than no disk": (
        {"machine": {"observedTime": NOW, "diskFreeMebibytes": -1}},
        "should be greater than or equal to 0",
    ),
    "a device without a name": (
        {"machine": {"observedTime": NOW, "accelerators": [{"memoryMebibytes": 1, "memoryUsedMebibytes": 1}]}},
        "accelerators[0].uuid: Required value",
    ),
    "loss counted by guessing": (
        {"links": [LINK | {"lossSource": "Guess"}]},
        'supported values: "Datagrams", "Probes"',
    ),
    "a bandwidth of no time": (
        {"links": [LINK | {"bandwidthKilobits": 1000}]},
        "bandwidthKilobits, bandwidthObservedTime and bandwidthValidSeconds come together",
    ),
    "a bandwidth from the future": (
        {"links": [LINK | BANDWIDTH | {"bandwidthObservedTime": LATER}]},
        "a bandwidth cannot have been observed after the report that carries it",
    ),
    "a bandwidth of nothing": (
        {"links": [LINK | BANDWIDTH | {"bandwidthKilobits": 0}]},
        "should be greater than or equal to 1",
    ),
    "a bandwidth that is good for ever": (
        {"links": [LINK | BANDWIDTH | {"bandwidthValidSeconds": 10**9}]},
        "should be less than or equal to 604800",
    ),
    "half a sample": ({"links": [LINK | {"samples": 0.5}]}, "must be of type integer"),
    "one site twice": ({"links": [LINK, LINK]}, "Duplicate value"),
    "unknown field": ({"lnks": []}, 'unknown field "status.lnks"'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_status_that_cannot_have_been_measured_is_refused(
    case: str, api_server: ControlPlane, create: Create, fresh_name: str
) -> None:
    status, sentence = REFUSED[case]
    report = create(a_report(fresh_name)) | {"status": {"observedTime": NOW} | status}
    with pytest.raises(KubectlError) as refused:
        api_server.run_kubectl("replace", "--subresource=status", "-f", "-", stdin=json.dumps(report))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"site": "Plant 7"}, "write lower-case letters, digits and '-'"),
        ({"peers": [{"site": "a", "endpoint": "nowhere"}]}, "write host:port"),
        ({"peers": [{"site": "a"}]}, "endpoint: Required value"),
        ({"pears": []}, 'unknown field "spec.pears"'),
    ],
)
def test_a_request_that_no_agent_can_follow_is_refused(spec: dict[str, Any], sentence: str, refusal: Refusal) -> None:
    assert sentence in refusal(a_report(**spec))
