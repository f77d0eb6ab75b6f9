# SPDX-License-Identifier: Apache-2.0
"""What holds for every snapshot there is."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import DecisionReason
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_workload
from tests.unit.placement.worlds import examples

NAMES = ("a", "b", "c", "d")
TIERS = st.sampled_from(["Edge", "Fog", "Cloud"])
REGIONS = st.sampled_from(["eu", "us", ""])
SITES = st.tuples(*(st.tuples(TIERS, REGIONS, st.integers(0, 3)) for _ in NAMES))
LATENCIES = st.dictionaries(st.sampled_from(NAMES[1:]), st.integers(1, 120), min_size=0)
SPECS = st.fixed_dictionaries(
    {
        "cpu": st.sampled_from(["500m", "2", "5"]),
        "boundary": st.sampled_from(["Anywhere", "Region", "Premises", "Site"]),
        "tiers": st.lists(TIERS, min_size=1, unique=True),
        "replicas": st.integers(1, 3),
    }
)


def a_world(
    sites: tuple[tuple[str, str, int], ...], latencies: dict[str, Any], specs: list[dict[str, Any]], **workload: object
) -> Snapshot:
    places = [a_site(n, tier=t, region=r, per_hour=str(p)) for n, (t, r, p) in zip(NAMES, sites, strict=True)]
    nodes = [a_node(f"{name}-1", site=name, cpu="10") for name in NAMES]
    links = [a_link("a", other, milliseconds) for other, milliseconds in latencies.items()]
    workloads = [
        a_workload(f"w{n}", target=50, clients=["a"], created=float(n), **spec, **workload)
        for n, spec in enumerate(specs)
    ]
    return a_snapshot(sites=places, nodes=nodes, links=links, workloads=workloads)


@examples(25)
@given(SITES, LATENCIES, st.lists(SPECS, max_size=6))
def test_no_assignment_ever_violates_what_its_owner_demands(
    sites: tuple[tuple[str, str, int], ...], latencies: dict[str, Any], specs: list[dict[str, Any]]
) -> None:
    snapshot = a_world(sites, latencies, specs)
    used = dict.fromkeys(NAMES, 0.0)
    for key, decision in decide(snapshot, Policy(), NOW).decisions.items():
        spec = specs[int(key.name[1:])]
        for where in decision.assignments:
            site = snapshot.sites[where.site].spec
            assert site.tier in spec["tiers"]
            assert spec["boundary"] != "Site" or where.site == "a"
            assert spec["boundary"] != "Premises" or site.tier != "Cloud"
            home = snapshot.sites["a"].spec.region
            assert spec["boundary"] in ("Anywhere", "Site") or where.site == "a" or site.region == home != ""
            assert latencies.get(where.site, 0) <= 50
            used[where.site] += spec["replicas"] * {"500m": 0.5, "2": 2, "5": 5}[spec["cpu"]]
    assert all(cpu <= 9 for cpu in used.values()), "a node of 10 CPU keeps 10 % headroom, whoever came first"


@examples(25)
@given(SITES, LATENCIES, st.lists(SPECS, max_size=4), st.randoms())
def test_the_order_of_what_comes_in_makes_no_difference(
    sites: tuple[tuple[str, str, int], ...], latencies: dict[str, Any], specs: list[dict[str, Any]], random: Random
) -> None:
    snapshot = a_world(sites, latencies, specs)

    def shuffled(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    mixed = replace(
        snapshot,
        sites=shuffled(snapshot.sites),
        nodes=shuffled(snapshot.nodes),
        links=shuffled(snapshot.links),
        workloads=shuffled(snapshot.workloads),
    )
    assert decide(mixed, Policy(), NOW) == decide(snapshot, Policy(), NOW)


@examples(25)
@given(SITES, LATENCIES, SPECS)
def test_with_nothing_changed_what_was_placed_stays_for_good(
    sites: tuple[tuple[str, str, int], ...], latencies: dict[str, Any], spec: dict[str, Any]
) -> None:
    spec = {**spec, "cpu": None}
    first = decide(a_world(sites, latencies, [spec]), Policy(), NOW)
    (decision,) = first.decisions.values()
    if not decision.assignments:
        return
    stands = [a_placement(decision.assignments[0].site, created=0.0, replicas=spec["replicas"])]
    (again,) = decide(a_world(sites, latencies, [spec], placements=stands), Policy(), NOW).decisions.values()
    assert again.reason in (DecisionReason.STAYS, DecisionReason.HELD)
    assert again.move is None
    assert again.assignments == decision.assignments


@examples(25)
@given(SITES, st.fixed_dictionaries({n: st.integers(1, 120) for n in NAMES[1:]}), SPECS, st.integers(0, 120))
def test_a_better_link_never_makes_a_site_less_likely(
    sites: tuple[tuple[str, str, int], ...], latencies: dict[str, Any], spec: dict[str, Any], gain: int
) -> None:
    (before,) = decide(a_world(sites, latencies, [spec]), Policy(), NOW).decisions.values()
    if not before.assignments or before.assignments[0].site == "a":
        return
    chosen = before.assignments[0].site
    better = {**latencies, chosen: max(0, latencies[chosen] - gain)}
    (after,) = decide(a_world(sites, better, [spec]), Policy(), NOW).decisions.values()
    assert after.assignments == before.assignments
