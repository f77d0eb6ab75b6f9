# SPDX-License-Identifier: Apache-2.0
"""A workload at several sites keeps every promise in any weather and through any crash, and then comes to rest."""

import asyncio
import os
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiworkload.snapshot.workload import Workload, WorkloadKey
from tests.unit.reconcile.storm import TIERS, Storm, make_storm, spec

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "10"))
KEY = WorkloadKey("factory", "spread")
BOTH = ["plant-7", "plant-8"]
EDITS = {
    "as before": spec(clients=BOTH, placement={"maxSites": 2}),
    "two at least": spec(clients=BOTH, placement={"minSites": 2, "maxSites": 2}),
    "three": spec(clients=BOTH, placement={"minSites": 2, "maxSites": 3}),
    "one": spec(clients=BOTH),
    "fog and cloud": spec(clients=BOTH, placement={"maxSites": 2, "tiers": ["Fog", "Cloud"]}),
    "premises": spec(
        clients=BOTH, placement={"minSites": 2, "maxSites": 2}, requirements={"privacy": {"boundary": "Premises"}}
    ),
}
SITES = st.sampled_from(sorted(TIERS))
EVENTS = st.one_of(
    st.tuples(st.just("link"), SITES, st.sampled_from([2, 30, 45, 60, 120])),
    st.tuples(st.just("cut"), SITES, st.none()),
    st.tuples(st.just("heal"), SITES, st.none()),
    st.tuples(st.just("fill"), SITES, st.sampled_from([0, 6000, 8000])),
    st.tuples(st.just("never ready"), SITES, st.booleans()),
    st.tuples(st.just("edit"), st.just(""), st.sampled_from(sorted(EDITS))),
    st.tuples(st.just("die"), st.integers(0, 6), st.booleans()),
)
WEATHER = st.lists(st.tuples(EVENTS, st.sampled_from([3, 12, 40, 90, 250])), min_size=2, max_size=9)


def make_spread(which: str = "two at least") -> Storm:
    """The storm's four sites, and one workload at two of them."""
    storm = make_storm()
    workload = Workload(KEY, EDITS[which], uid="uid-spread", created_at=storm.clock.now())
    storm.cluster.base = replace(storm.cluster.base, workloads={KEY: workload})
    return storm


def strike(storm: Storm, event: tuple[Any, ...]) -> None:
    """One thing happens."""
    what, where, how = event
    if what == "link":
        storm.milliseconds[where] = how
    elif what == "cut":
        storm.cut.setdefault(where, storm.clock.now())
    elif what == "heal":
        storm.cut.pop(where, None)
    elif what == "fill":
        base, name = storm.cluster.base, f"{where}-a"
        storm.cluster.base = replace(
            base, nodes={**base.nodes, name: replace(base.nodes[name], requested={"cpu": how})}
        )
    elif what == "never ready":
        (storm.cluster.never_ready.add if how else storm.cluster.never_ready.discard)(where)
    elif what == "edit":
        storm.edit(KEY, spec=EDITS[how])
    else:
        storm.die_in, storm.die_after = where, how


async def play(weather: list[tuple[tuple[Any, ...], int]]) -> None:
    storm = make_spread()
    await storm.live(20)
    for event, seconds in weather:
        strike(storm, event)
        await storm.live(seconds, step=2.3 if seconds < 100 else 11.0)
    await storm.settle()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(WEATHER)
def test_no_write_breaks_a_promise_and_all_comes_to_rest(weather: list[tuple[tuple[Any, ...], int]]) -> None:
    asyncio.run(play(weather))


def test_a_link_that_swings_faster_than_the_windows_changes_nothing() -> None:
    async def swing(storm: Storm) -> set[str]:
        await storm.live(40)
        storm.cluster.writes.clear()
        for milliseconds in (120, 5) * 12:
            storm.milliseconds["plant-8"] = storm.milliseconds["plant-7"] = milliseconds
            await storm.live(4, step=2.0)
        return {what for what in storm.cluster.writes if not what.startswith(("status", "site"))}

    assert asyncio.run(swing(make_spread("as before"))) == set()
