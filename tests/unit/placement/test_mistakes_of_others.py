# SPDX-License-Identifier: Apache-2.0
"""Mistakes found in placement code elsewhere, each as a test that would fail here if it were made.

Those of other rooms are tested where they belong: a stuck first placement in `test_first_placements_that_fail.py`, the
claim of two Sites on one node in `tests/unit/kube/test_nodes_belong_to_the_oldest_site.py`, readiness in
`tests/unit/rollout/`, a request that never answers in `tests/integration/kube/`, an edge that comes back in
`tests/integration/operator/`.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from aiworkload.placement.plan import Decision, RejectReason
from tests.builders import a_link, a_node, a_placement, a_site, a_snapshot, a_variant, a_workload
from tests.expectations import decided, expect_rejected, expect_serves_at

FACTORS = ("latency", "cost", "bandwidth", "headroom", "connectivity", "stability", "accuracy", "accelerator")
WEIGHTS = dict.fromkeys(FACTORS, 0)
SMALL = a_variant("v", resources={"requests": {"cpu": "500m", "memory": "1Gi"}})


def between_two(factor: str, *, one: Mapping[str, Any], other: Mapping[str, Any], **asked: object) -> Decision:
    """Two fog sites alike in all but what is told, and a workload to which a single factor counts."""
    sites, nodes, links = [a_site("plant", hosts=False)], [], []
    for name, told in (("one", one), ("other", other)):
        sites.append(
            a_site(name, tier="Fog", per_hour=told.get("price", "0.1"), connectivity=told.get("state", "Connected"))
        )
        nodes.append(a_node(f"{name}-1", site=name, cpu=told.get("cpu", "8"), used_cpu=told.get("used", "0")))
        links.append(a_link("plant", name, told.get("rtt", 10), jitter=told.get("jitter", 0)))
    spec = {"target": 50, "clients": ["plant"], "variants": [SMALL], "weights": {**WEIGHTS, factor: 1}, **asked}
    return decided(a_snapshot(sites=sites, nodes=nodes, links=links, workloads=[a_workload(**spec)]))


ALONE: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]] = {
    "latency": ({"rtt": 5}, {"rtt": 45}, {}),
    "cost": ({"price": "0.01"}, {"price": "10"}, {}),
    "headroom": ({"used": "0"}, {"used": "7"}, {}),
    "connectivity": ({"jitter": 0}, {"jitter": 15}, {}),
    "accelerator": ({"cpu": "16"}, {"cpu": "2"}, {"family": "Transformer", "target": 9000}),
}
"""By factor: what the better site has, what the worse one has, and what the workload says."""


@pytest.mark.parametrize("factor", ALONE)
def test_every_factor_of_a_site_can_decide_alone_and_either_way(factor: str) -> None:
    """No factor cancels out because a score reads the other operand's field, or hangs on another factor being told."""
    better, worse, asked = ALONE[factor]
    expect_serves_at(between_two(factor, one=better, other=worse, **asked), "one")
    expect_serves_at(between_two(factor, one=worse, other=better, **asked), "other")


def test_a_factor_counts_where_another_is_not_told() -> None:
    """Price decides though nobody asked for a latency, and so no path is of interest."""
    for one, other, cheaper in (("0.01", "10", "one"), ("10", "0.01", "other")):
        sites = [a_site("one", per_hour=one), a_site("other", per_hour=other)]
        workload = a_workload(cpu="1", weights={**WEIGHTS, "cost": 1})
        expect_serves_at(decided(a_snapshot(sites=sites, workloads=[workload])), cheaper)


def test_a_machine_of_which_nothing_is_known_has_no_room() -> None:
    """An error read the wrong way round would make every such node free."""
    nodes = [a_node("fog-1", site="fog", cpu="0", memory="0")]
    found = decided(a_snapshot(sites=[a_site("fog", tier="Fog")], nodes=nodes, workloads=[a_workload(cpu="1")]))
    expect_rejected(found, "fog", RejectReason.INSUFFICIENT_RESOURCES)


def test_a_stale_measurement_is_unknown_and_neither_slow_nor_quick() -> None:
    """A workload stays through a silence of its links, though what they said last would have driven it out."""
    sites = [a_site("plant", hosts=False), a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")]
    links = [a_link("plant", "fog", 4000, age=900), a_link("plant", "cloud", 1, age=900)]
    workload = a_workload(target=50, clients=["plant"], cpu="1", placements=[a_placement("fog")])
    found = decided(a_snapshot(sites=sites, links=links, workloads=[workload]))
    expect_serves_at(found, "fog")
    assert found.move is None


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_new_variant_is_rolled_out_and_not_the_first_alone(version: str) -> None:
    """What stands of the variant before is no reason to think that all is done."""
    standing = a_placement("fog", f"v{int(version) - 1}")
    workload = a_workload(variants=[a_variant(f"v{version}")], placements=[standing])
    found = decided(a_snapshot(sites=[a_site("fog", tier="Fog")], workloads=[workload]))
    assert [it.variant for it in found.assignments] == [f"v{version}"], found.message
    assert found.move is not None
    assert found.move.trigger.value == "SpecChanged"
