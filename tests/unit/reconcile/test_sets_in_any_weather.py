# SPDX-License-Identifier: Apache-2.0
"""A workload at several sites keeps every promise in any weather and through any crash, and then comes to rest."""

import asyncio
import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiworkload.snapshot.workload import Workload, WorkloadKey
from tests.unit.reconcile.storm import Storm, make_storm, spec
from tests.unit.reconcile.weather import Weather, live_through, weather_of

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
WEATHER = weather_of(st.tuples(st.just("edit"), st.just(KEY), st.sampled_from(sorted(EDITS))))


def make_spread(which: str = "two at least") -> Storm:
    """The storm's four sites, and one workload at two of them."""
    storm = make_storm()
    workload = Workload(KEY, EDITS[which], uid="uid-spread", created_at=storm.clock.now())
    storm.cluster.base = replace(storm.cluster.base, workloads={KEY: workload})
    return storm


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(WEATHER)
def test_no_write_breaks_a_promise_and_all_comes_to_rest(weather: Weather) -> None:
    asyncio.run(live_through(make_spread(), weather, EDITS))


def test_a_link_that_swings_faster_than_the_windows_changes_nothing() -> None:
    async def swing(storm: Storm) -> set[str]:
        await storm.live(40)
        storm.cluster.writes.clear()
        for milliseconds in (120, 5) * 12:
            storm.milliseconds["plant-8"] = storm.milliseconds["plant-7"] = milliseconds
            await storm.live(4, step=2.0)
        return {what for what in storm.cluster.writes if not what.startswith(("status", "site"))}

    assert asyncio.run(swing(make_spread("as before"))) == set()
