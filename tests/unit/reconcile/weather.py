# SPDX-License-Identifier: Apache-2.0
"""What may happen to a storm's sites and workloads, as strategies, and a storm that lives through it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.snapshot.workload import WorkloadKey
from tests.unit.reconcile.storm import TIERS, Storm

Event = tuple[str, Any, Any]
Weather = list[tuple[Event, int]]
"""Each event with the seconds until the next."""
Edits = Mapping[str, AIWorkloadSpec]

SITES = st.sampled_from(sorted(TIERS))
EVENTS = st.one_of(
    st.tuples(st.just("link"), SITES, st.sampled_from([2, 30, 45, 60, 120])),
    st.tuples(st.just("cut"), SITES, st.none()),
    st.tuples(st.just("heal"), SITES, st.none()),
    st.tuples(st.just("fill"), SITES, st.sampled_from([0, 6000, 8000])),
    st.tuples(st.just("never ready"), SITES, st.booleans()),
    st.tuples(st.just("die"), st.integers(0, 6), st.booleans()),
)


def weather_of(*more: st.SearchStrategy[Event]) -> st.SearchStrategy[Weather]:
    """A few of `EVENTS` and of these."""
    return st.lists(st.tuples(st.one_of(EVENTS, *more), st.sampled_from([3, 12, 40, 90, 250])), min_size=2, max_size=9)


async def live_through(storm: Storm, weather: Weather, edits: Edits) -> None:
    """Weather, and then the rest that it has to come to."""
    await storm.live(20)
    for event, seconds in weather:
        strike(storm, event, edits)
        await storm.live(seconds, step=2.3 if seconds < 100 else 11.0)
    await storm.settle()


def strike(storm: Storm, event: Event, edits: Edits) -> None:
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
        "edit": lambda: edit(storm, where, edits[how]),
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


def edit(storm: Storm, key: WorkloadKey, spec: AIWorkloadSpec) -> None:
    """The owner changes the spec."""
    workload = storm.cluster.base.workloads.get(key)
    if workload is None:
        return
    if workload.spec.requirements.offline.mode != spec.requirements.offline.mode:
        storm.disturbed.add(key)
    storm.edit(key, spec=spec)
