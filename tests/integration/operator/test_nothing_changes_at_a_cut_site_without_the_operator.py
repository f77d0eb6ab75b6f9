# SPDX-License-Identifier: Apache-2.0
"""The data path never needs the operator: a site that is cut off while it goes away keeps all it has."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from demo import manifests, sightings
from demo.stage import NODE_GRACE_SECONDS, Stage
from tests.integration.operator import words

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SITE = "plant-9"
NAMES = ("privacy-bound", "offline-required")


@pytest.fixture
def residents(stage: Stage) -> Iterator[tuple[str, ...]]:
    """Two workloads that serve at the plant."""
    words.apply(stage, *(document for name in NAMES for document in manifests.sample(name)))
    for name in NAMES:
        words.expect_settled(stage, name, SITE)
    yield NAMES
    stage.network.reconnect(SITE)
    words.delete(stage, "aiw", *NAMES)
    words.expect(stage, f"{SITE} is back", lambda: sightings.site_is(stage.world, SITE, {"Connected"}))


def standing(stage: Stage) -> dict[str, Any]:
    """All that the product keeps for the residents: pods by uid, Deployments and Services by what they ask for."""
    kept: dict[str, Any] = {name: sightings.pods(stage.world, name) for name in NAMES}
    for kind in ("Deployment", "Service"):
        for item in stage.world.all(kind):
            if item["metadata"].get("labels", {}).get(sightings.WORKLOAD_LABEL) in NAMES:
                kept[f"{kind} {item['metadata']['name']}"] = (item["metadata"]["uid"], item["spec"])
    return kept


def test_an_operator_deleted_a_second_after_the_cut_leaves_all_as_it_was(
    stage: Stage, residents: tuple[str, ...]
) -> None:
    """Watched until well after Kubernetes itself has given the nodes up."""
    before = standing(stage)
    assert len(before) == 3 * len(residents)
    stage.network.cut_off(SITE)
    time.sleep(1)  # the scene itself: the operator goes a second after the cut
    stage.operator.stop()

    gone_quiet = f"the nodes of {SITE} are NotReady"
    words.expect(stage, gone_quiet, lambda: sightings.nodes_not_ready(stage.world, SITE))
    words.expect_throughout(
        stage, lambda: None if standing(stage) == before else standing(stage), NODE_GRACE_SECONDS / 2
    )
    stage.network.reconnect(SITE)
    stage.restart_operator()
    words.expect(stage, f"{SITE} is back", lambda: sightings.site_is(stage.world, SITE, {"Connected"}))
    for name in residents:
        words.expect_settled(stage, name, SITE)
    assert standing(stage) == before
