# SPDX-License-Identifier: Apache-2.0
"""Whatever weather, edits and crashes come in whatever order, no write breaks a promise, and then all comes to rest.

`STORM_EXAMPLES=2000` makes it a long search; what CI runs takes well under a minute.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiworkload.snapshot.workload import WorkloadKey
from tests.unit.reconcile.storm import KEY, SPECS, TIERS, VARIANTS, Storm, make_storm, spec

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "15"))
SITES = st.sampled_from(sorted(TIERS))
KEYS = st.sampled_from(sorted(SPECS))
FOG_AND_CLOUD = {"tiers": ["Fog", "Cloud"]}
EDITS = {
    "as before": spec(placement=FOG_AND_CLOUD),
    "without its variant": spec(variants=VARIANTS[1:], placement=FOG_AND_CLOUD),
    "another image": spec(placement=FOG_AND_CLOUD, server={"image": "triton:other"}),
    "edge only": spec(placement={"tiers": ["Edge"]}),
    "premises": spec(requirements={"privacy": {"boundary": "Premises"}}),
    "its site": spec(requirements={"privacy": {"boundary": "Site"}}),
    "its region": spec(requirements={"privacy": {"boundary": "Region"}}, placement=FOG_AND_CLOUD),
    "three replicas": spec(placement=FOG_AND_CLOUD, scaling={"minReplicas": 3}),
    "by hand": spec(placement=FOG_AND_CLOUD, migration={"mode": "Manual"}),
    "at every client": spec(clients=["plant-7", "plant-8"], requirements={"offline": {"mode": "Required"}}),
    "for nobody": spec(clients=[]),
    "for a site that is none": spec(clients=["nowhere"], placement=FOG_AND_CLOUD),
}
EVENTS = st.one_of(
    st.tuples(st.just("link"), SITES, st.sampled_from([2, 30, 45, 60, 120])),
    st.tuples(st.just("cut"), SITES, st.none()),
    st.tuples(st.just("heal"), SITES, st.none()),
    st.tuples(st.just("fill"), SITES, st.sampled_from([0, 6000, 8000])),
    st.tuples(st.just("cordon"), SITES, st.booleans()),
    st.tuples(st.just("never ready"), SITES, st.booleans()),
    st.tuples(st.just("deaf"), st.just(""), st.booleans()),
    st.tuples(st.just("edit"), KEYS, st.sampled_from(sorted(EDITS))),
    st.tuples(st.just("approve"), KEYS, SITES),
    st.tuples(st.just("remove site"), SITES, st.none()),
    st.tuples(st.just("remove workload"), KEYS, st.none()),
    st.tuples(st.just("die"), st.integers(0, 6), st.booleans()),
)
WEATHER = st.lists(st.tuples(EVENTS, st.sampled_from([3, 12, 40, 90, 250])), min_size=2, max_size=9)


def strike(storm: Storm, event: tuple[Any, ...]) -> None:
    """One thing happens."""
    what, where, how = event
    happenings: dict[str, Callable[[], object]] = {
        "link": lambda: storm.milliseconds.update({where: how}),
        "cut": lambda: storm.cut.setdefault(where, storm.clock.now()),
        "heal": lambda: storm.cut.pop(where, None),
        "fill": lambda: change_node(storm, where, requested={"cpu": how}),
        "cordon": lambda: change_node(storm, where, unschedulable=how),
        "never ready": lambda: (storm.cluster.never_ready.add if how else storm.cluster.never_ready.discard)(where),
        "deaf": lambda: setattr(storm, "deaf", how),
        "edit": lambda: edit(storm, where, how),
        "approve": lambda: storm.edit(where, approved_site=how),
        "remove site": lambda: remove(storm, "sites", where),
        "remove workload": lambda: remove(storm, "workloads", where),
        "die": lambda: (setattr(storm, "die_in", where), setattr(storm, "die_after", how)),
    }
    happenings[what]()


def change_node(storm: Storm, site: str, **changes: object) -> None:
    """The site's one node fills up, or is cordoned."""
    base, name = storm.cluster.base, f"{site}-a"
    storm.cluster.base = replace(base, nodes={**base.nodes, name: replace(base.nodes[name], **changes)})


def remove(storm: Storm, kind: str, name: object) -> None:
    """A Site or a workload is deleted, and what it owned with it."""
    kept = {key: found for key, found in getattr(storm.cluster.base, kind).items() if key != name}
    storm.cluster.base = replace(storm.cluster.base, **{kind: kept})
    storm.cluster.collect_garbage()


def edit(storm: Storm, key: WorkloadKey, which: str) -> None:
    """The owner changes the spec."""
    workload = storm.cluster.base.workloads.get(key)
    if workload is None:
        return
    if workload.spec.requirements.offline.mode != EDITS[which].requirements.offline.mode:
        storm.disturbed.add(key)
    storm.edit(key, spec=EDITS[which])


async def play(weather: list[tuple[tuple[Any, ...], int]]) -> None:
    storm = make_storm()
    await storm.live(20)
    for event, seconds in weather:
        strike(storm, event)
        await storm.live(seconds, step=2.3 if seconds < 100 else 11.0)
    await storm.settle()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(WEATHER)
def test_no_write_breaks_a_promise_and_all_comes_to_rest(weather: list[tuple[tuple[Any, ...], int]]) -> None:
    asyncio.run(play(weather))


def test_good_weather_moves_nothing() -> None:
    storm = make_storm()
    asyncio.run(storm.settle())
    assert storm.switches.get(KEY, []) == []
