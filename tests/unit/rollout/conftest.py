# SPDX-License-Identifier: Apache-2.0
"""A workload on its way from fog-1 to plant-7, at any point of that way."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from aiworkload.api.site import Connectivity, SiteSpec
from aiworkload.api.workload import AIWorkloadSpec, Tier
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.plan import Decision, DecisionReason, Move
from aiworkload.rollout.view import View
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Service, Workload, WorkloadKey

FOG, PLANT = Assignment("fog-1", "default"), Assignment("plant-7", "default")
NOW = 1_800_000_000.0
MOVE = Move(FOG, PLANT, MoveTrigger.LATENCY_VIOLATED, started_at=NOW)
KEY = WorkloadKey("factory", "detector")

ViewBuilder = Callable[..., View]


def placement(at: Assignment, *, ready: bool = True, **changes: object) -> Placement:
    standing = Placement(
        site=at.site,
        variant=at.variant,
        name=f"detector-{at.site}",
        uid=f"uid-{at.site}",
        created_at=NOW - 1000,
        replicas=1,
        ready_replicas=int(ready),
    )
    return replace(standing, **changes)


def switched(at: float) -> MoveIntent:
    return MoveIntent("fog-1", "plant-7", MoveTrigger.LATENCY_VIOLATED, start_time=NOW, switch_time=at)


@pytest.fixture
def a_view() -> ViewBuilder:
    def build(
        *placements: Placement,
        wanted: tuple[Assignment, ...] = (PLANT,),
        selects: Assignment | None = FOG,
        intent: MoveIntent | None = None,
        silent: tuple[str, ...] = (),
        service: bool = True,
        now: float = NOW,
        spec: dict[str, object] | None = None,
        **decision: object,
    ) -> View:
        sites = {
            name: Site(
                name,
                SiteSpec(tier=Tier.EDGE, node_selector={"site": name}),
                connectivity=Connectivity.DISCONNECTED if name in silent else Connectivity.CONNECTED,
            )
            for name in ("fog-1", "plant-7")
        }
        workload = Workload(
            KEY,
            AIWorkloadSpec.model_validate({"model": {"uri": "s3://models/detector"}, **(spec or {})}),
            uid="uid-detector",
            placements=placements,
            service=Service("detector", selects, intent) if service else None,
        )
        made = Decision(KEY, DecisionReason.MOVES, "because", assignments=wanted)
        return View(workload, replace(made, **decision), sites, now, "triton:test")

    return build
