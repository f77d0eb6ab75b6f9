# SPDX-License-Identifier: Apache-2.0
"""Sites that cannot be what they say: a condition says so, and the next good object works."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.stage import Stage
from demo.topology import SITE_LABEL
from tests.integration.operator import words

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def a_site(name: str, **selector: str) -> dict[str, Any]:
    return {
        "apiVersion": "aiworkload.dev/v1alpha1",
        "kind": "Site",
        "metadata": {"name": name},
        "spec": {"tier": "Edge", "region": "nowhere", "nodeSelector": selector},
    }


@pytest.fixture(autouse=True)
def no_bad_sites_left(stage: Stage) -> Iterator[None]:
    """What these tests add is gone afterwards."""
    yield
    words.delete(stage, "aiw", "after")
    words.delete(stage, "site", "empty", "greedy")


def expect_the_next_good_object_to_work(stage: Stage) -> None:
    words.apply(stage, words.a_workload("after", tier="Cloud"))
    words.expect_settled(stage, "after", "eu-central")
    assert stage.operator.running


def test_a_site_that_selects_no_node_says_so(stage: Stage) -> None:
    words.apply(stage, a_site("empty", **{SITE_LABEL: "no-such-place"}))
    found = words.expect(
        stage,
        "the Site says that it has no nodes",
        lambda: words.has_condition(
            stage, "Site", "empty", condition="NodesSelected", status="False", reason="NoNodes"
        ),
    )
    assert "no-such-place" in found
    expect_the_next_good_object_to_work(stage)


def test_of_two_sites_that_select_one_node_the_older_keeps_it_and_the_younger_says_so(stage: Stage) -> None:
    words.apply(stage, a_site("greedy", **{"kubernetes.io/hostname": "fog-1-node-1"}))
    found = words.expect(
        stage,
        "the younger Site says that the node is another's",
        lambda: words.has_condition(
            stage, "Site", "greedy", condition="NodesUndisputed", status="False", reason="NodesSelectedTwice"
        ),
    )
    assert "fog-1-node-1 is also selected by fog-1" in found
    older = stage.world.find("Site", "fog-1") or {}
    assert older["status"]["nodes"] == 2
    expect_the_next_good_object_to_work(stage)


def test_a_workload_of_a_client_site_that_is_unknown_says_why_it_waits(stage: Stage) -> None:
    stray = words.a_workload("after", tier="Edge")
    stray["spec"]["requirements"] = {"latency": {"p95Milliseconds": 50, "clients": [{"site": "atlantis"}]}}
    words.apply(stage, stray)
    found = words.expect(
        stage,
        "its condition names the site",
        lambda: any(
            "atlantis" in one.get("message", "")
            for one in ((stage.world.find("AIWorkload", "after", words.NAMESPACE) or {}).get("status") or {}).get(
                "conditions", []
            )
        ),
    )
    assert found
    words.delete(stage, "aiw", "after")
    expect_the_next_good_object_to_work(stage)
