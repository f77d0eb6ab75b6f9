# SPDX-License-Identifier: Apache-2.0
from typing import Any

from demo.availability import Availability


def endpoint_slice(name: str, *, ready: int = 0, unready: int = 0) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": "detector"}},
        "endpoints": [{"conditions": {"ready": number < ready}} for number in range(ready + unready)],
    }


def test_a_service_that_always_had_a_ready_endpoint_has_no_gap() -> None:
    seen = Availability()
    seen.saw(endpoint_slice("a", ready=1), exists=True, at=1)
    seen.saw(endpoint_slice("a", ready=1, unready=1), exists=True, at=12)
    assert seen.gaps("detector", 10, 20) == 0
    assert seen.observations("detector", 10, 20) == 1


def test_a_moment_without_a_ready_endpoint_is_a_gap() -> None:
    seen = Availability()
    seen.saw(endpoint_slice("a", ready=1), exists=True, at=1)
    seen.saw(endpoint_slice("a", unready=1), exists=True, at=11)
    seen.saw(endpoint_slice("a", ready=1), exists=True, at=12)
    assert seen.gaps("detector", 10, 20) == 1


def test_a_service_that_was_down_when_the_time_began_has_a_gap() -> None:
    seen = Availability()
    seen.saw(endpoint_slice("a", unready=1), exists=True, at=1)
    assert seen.gaps("detector", 10, 20) == 1


def test_a_service_that_was_never_seen_has_a_gap() -> None:
    assert Availability().gaps("detector", 10, 20) == 1


def test_one_slice_covers_for_another_that_is_deleted() -> None:
    seen = Availability()
    seen.saw(endpoint_slice("a", ready=1), exists=True, at=1)
    seen.saw(endpoint_slice("b", ready=1), exists=True, at=2)
    seen.saw(endpoint_slice("a", ready=1), exists=False, at=11)
    assert seen.gaps("detector", 10, 20) == 0
    seen.saw(endpoint_slice("b", ready=1), exists=False, at=12)
    assert seen.gaps("detector", 10, 20) == 1


def test_an_endpoint_that_says_nothing_of_readiness_counts_as_ready_as_in_kubernetes() -> None:
    seen = Availability()
    unsaid = {**endpoint_slice("a"), "endpoints": [{"conditions": {}}]}
    seen.saw(unsaid, exists=True, at=1)
    assert seen.gaps("detector", 0, 2) == 0
