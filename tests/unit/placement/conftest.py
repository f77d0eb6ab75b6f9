# SPDX-License-Identifier: Apache-2.0
"""The world that most decisions here are made in: a plant, a fog site, a cloud, and the links between them."""

from collections.abc import Mapping
from typing import Any

import pytest

from aiworkload.placement.plan import Decision
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.site import Site
from tests.builders import a_link, a_node, a_placement, a_site, a_snapshot, a_workload
from tests.expectations import Story, decided


@pytest.fixture
def story() -> Story:
    """Tell what is different from a good day: the workload stands at fog, its clients at plant, target 50 ms."""

    def tell(
        *,
        plant_to: Mapping[str, Any] | None = None,
        places: Mapping[str, Site] | None = None,
        nodes: Mapping[str, Any] | None = None,
        **workload: object,
    ) -> Decision:
        known = {
            "plant": a_site("plant", hosts=False),
            "fog": a_site("fog", tier="Fog", per_hour="0.1"),
            "cloud": a_site("cloud", tier="Cloud", per_hour="0.1"),
            **(places or {}),
        }
        machines = {s.name: a_node(f"{s.name}-1", site=s.name) for s in known.values() if s.spec.node_selector}
        machines.update(nodes or {})
        links = [
            to if isinstance(to, Link) else a_link("plant", site, to)
            for site, to in {"fog": 10, "cloud": 10, **(plant_to or {})}.items()
        ]
        given = {"target": 50, "clients": ["plant"], "cpu": "1", "placements": [a_placement("fog")], **workload}
        found = [node for node in machines.values() if node is not None]
        return decided(a_snapshot(sites=known.values(), nodes=found, links=links, workloads=[a_workload(**given)]))

    return tell
