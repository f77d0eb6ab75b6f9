# SPDX-License-Identifier: Apache-2.0
"""Whatever weather, edits and crashes come in whatever order, no write breaks a promise, and then all comes to rest.

`STORM_EXAMPLES=2000` makes it a long search; what CI runs takes well under a minute.
"""

import asyncio
import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.reconcile.storm import KEY, SPECS, VARIANTS, make_storm, spec
from tests.unit.reconcile.weather import SITES, Weather, live_through, weather_of

EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "15"))
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
WEATHER = weather_of(
    st.tuples(st.just("cordon"), SITES, st.booleans()),
    st.tuples(st.just("deaf"), st.just(""), st.booleans()),
    st.tuples(st.just("edit"), KEYS, st.sampled_from(sorted(EDITS))),
    st.tuples(st.just("approve"), KEYS, SITES),
    st.tuples(st.just("remove site"), SITES, st.none()),
    st.tuples(st.just("remove workload"), KEYS, st.none()),
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(WEATHER)
def test_no_write_breaks_a_promise_and_all_comes_to_rest(weather: Weather) -> None:
    asyncio.run(live_through(make_storm(), weather, EDITS))


def test_good_weather_moves_nothing() -> None:
    storm = make_storm()
    asyncio.run(storm.settle())
    assert storm.switches.get(KEY, []) == []
