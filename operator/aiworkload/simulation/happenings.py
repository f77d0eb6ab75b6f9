# SPDX-License-Identifier: Apache-2.0
"""What happens to the virtual cluster at which second, in order: owners' changes, machines, the operator itself.

Cuts and degradations of links are not carried out here: they are known from the beginning (`outages`, `paths`). What
they do to machines is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import Any, Final, cast

from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.simulation.cluster import VirtualCluster
from aiworkload.simulation.controllers import VirtualNode
from aiworkload.simulation.loads import declared_at
from aiworkload.simulation.outages import Outages, within
from aiworkload.simulation.scenario import Edit, Event, Price, Scenario, ScenarioWorkload
from aiworkload.simulation.standing import take_up
from aiworkload.snapshot.workload import Workload, WorkloadKey

SERVER_IMAGE: Final = "triton:simulated"
"""Nothing is pulled."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to do at a second of the scenario."""

    at: float
    what: str
    """In words, for the timeline."""
    do: Callable[[], None]


class Stage:
    """The virtual cluster with its machines and its operator's process, as a scenario's events find them."""

    def __init__(self, scenario: Scenario, cluster: VirtualCluster, outages: Outages, start: float) -> None:
        self.operator_runs = True
        self.present: dict[WorkloadKey, ScenarioWorkload] = {}
        self._scenario = scenario
        self._cluster = cluster
        self._outages = outages
        self._start = start

    def happenings(self) -> list[Happening]:
        """All of them, in order."""
        found = [*self._lives(), *self._machines(), *(h for event in self._scenario.events for h in self._event(event))]
        return sorted(found, key=lambda happening: happening.at)

    # workloads come and go

    def _lives(self) -> Iterator[Happening]:
        for workload in self._scenario.workloads:
            key = workload.key
            yield Happening(workload.arrives, f"{key.name} arrives", partial(self._arrive, workload))
            if workload.departs is not None:
                yield Happening(workload.departs, f"{key.name} departs", partial(self._depart, key))
            for load in workload.load:
                if load.at > workload.arrives and workload.declare_load:
                    yield Happening(load.at, "", partial(self._declare, workload, load.at))

    def _arrive(self, workload: ScenarioWorkload) -> None:
        applied = workload.to_workload()
        created = applied.created_at or self._start + workload.arrives
        fresh = replace(applied, uid=applied.uid or f"uid-{workload.key}", created_at=created)
        startup = self._scenario.pace.startup if workload.startup is None else workload.startup
        self.present[workload.key] = workload
        self._cluster.add(fresh, startup)
        take_up(self._cluster, fresh, startup, SERVER_IMAGE, self._start + workload.arrives)
        self._declare(workload, workload.arrives)

    def _depart(self, key: WorkloadKey) -> None:
        self.present.pop(key, None)
        self._cluster.remove(key)

    def _declare(self, workload: ScenarioWorkload, at: float) -> None:
        """Whoever looks after the workload writes the present load into its spec."""
        rates = declared_at(workload, at)
        standing = self._cluster.workloads.get(workload.key)
        if not rates or standing is None or standing.spec.requirements.latency is None:
            return
        clients = [{"site": site, "requestsPerSecond": rate} for site, rate in rates.items()]
        self._edit(standing, {"requirements": {"latency": {"clients": clients}}})

    # machines

    def _machines(self) -> Iterator[Happening]:
        """A node falls silent when it is down or its site's uplink is cut, and is heard again when neither holds."""
        for name, node in self._cluster.nodes.items():
            down = self._outages.nodes.get(name, ())
            cut = self._outages.uplinks.get(node.base.site or "", ())
            for at in sorted({edge for interval in (*down, *cut) for edge in interval if isfinite(edge)}):
                yield Happening(at, "", partial(self._switch, node, at))

    def _switch(self, node: VirtualNode, at: float) -> None:
        node.up = not within(self._outages.nodes.get(node.base.name, ()), at)
        heard = node.up and not self._outages.is_cut(node.base.site or "", at)
        if heard:
            node.silent_since = None
        elif node.silent_since is None:
            node.silent_since = self._start + at

    # events

    def _event(self, event: Event) -> Iterator[Happening]:
        yield Happening(event.at, words_of_event(event), partial(self._carry_out, event))
        if event.for_ is not None:
            yield Happening(event.at + event.for_, f"over: {words_of_event(event)}", partial(self._undo, event))

    def _carry_out(self, event: Event) -> None:
        if event.operator is not None:
            self.operator_runs = event.operator == "Start"
        if event.price is not None:
            self._reprice(event.price)
        if event.edit is not None:
            self._edit_named(event.edit)

    def _undo(self, event: Event) -> None:
        if event.operator == "Stop":
            self.operator_runs = True

    def _reprice(self, price: Price) -> None:
        spec = self._cluster.sites[price.site].spec
        given = {"per_hour": price.per_hour, "per_gibibyte_egress": price.per_gibibyte_egress}
        changes = {name: value for name, value in given.items() if value is not None}
        self._cluster.edit_site(price.site, spec.model_copy(update={"cost": spec.cost.model_copy(update=changes)}))

    def _edit_named(self, edit: Edit) -> None:
        for workload in [w for w in self._cluster.workloads.values() if w.key.name == edit.workload]:
            self._edit(workload, edit.spec)

    def _edit(self, workload: Workload, patch: Mapping[str, Any]) -> None:
        before = workload.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
        spec = AIWorkloadSpec.model_validate(merged(before, patch))
        if spec != workload.spec:
            self._cluster.workloads[workload.key] = replace(workload, spec=spec, generation=workload.generation + 1)
            self._cluster.touched()


def merged(standing: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7396): objects are merged, null removes, all else replaces."""
    found = dict(standing)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(found.get(key), Mapping):
            found[key] = merged(cast("Mapping[str, Any]", found[key]), cast("Mapping[str, Any]", value))
        else:
            found[key] = value
    return found


def words_of_event(event: Event) -> str:
    """What happens, in a few words."""
    for target, verb in ((event.cut, "is cut off"), (event.heal, "is back")):
        if target is not None:
            return f"{target.site} {verb}" if target.site else f"the link {' - '.join(target.link or ())} {verb}"
    said = {
        "degraded": event.degrade and f"the link {' - '.join(event.degrade.link)} gets worse",
        "down": event.node_down and f"{event.node_down} goes down",
        "up": event.node_up and f"{event.node_up} comes up",
        "operator": event.operator and f"the operator is {'stopped' if event.operator == 'Stop' else 'started'}",
        "price": event.price and f"{event.price.site} has new prices",
        "edit": event.edit and f"{event.edit.workload} is edited",
    }
    return next((words for words in said.values() if words), "nothing")
