# SPDX-License-Identifier: Apache-2.0
"""What a replay found, as values: what clients saw, what it cost, who moved and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiworkload.simulation.shapes import Floats
from aiworkload.snapshot.workload import WorkloadKey


@dataclass(frozen=True, slots=True)
class MoveTold:
    """One move that ended."""

    from_site: str
    to_site: str
    trigger: str
    result: str
    start: float
    """Since the epoch."""
    end: float
    reason: str
    """The decision's own sentence when it began."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A client's requests were answered there, or nowhere."""

    client: str
    """Empty: the workload names no client."""
    begin: float
    """Since the epoch."""
    end: float
    site: str | None
    variant: str | None


@dataclass(frozen=True, slots=True)
class Samples:
    """What clients saw at each sampled instant while the workload was there."""

    seconds: Floats
    """Of the scenario."""
    milliseconds: Floats
    """The slowest client's wait; NaN where one of them got no answer."""
    attained: Floats
    """Share of the requests that were answered within the target, 0 to 1; without a target: answered."""
    cost_per_hour: Floats
    """Nodes and egress."""


@dataclass(frozen=True, slots=True)
class WorkloadReport:
    """One workload over the whole scenario."""

    key: WorkloadKey
    target_milliseconds: int | None
    present_seconds: float
    attained_time_percent: float | None
    """Share of the time at which all of its clients got their answers within the target; None: nothing was sampled."""
    attained_requests_percent: float | None
    """The same by requests: each counts."""
    p95_milliseconds: float | None
    """Of all answered requests."""
    unserved_seconds: float
    """Time at which at least one client got no answer, from the first answer on."""
    first_answer_seconds: float | None
    """From its arrival to the first answer to all clients; None: never."""
    cost: float
    """In the currency of the Sites, over the whole scenario."""
    egress_gibibytes: float
    """What its clients at other sites sent and received."""
    moves: tuple[MoveTold, ...]
    stays: tuple[Stay, ...]
    samples: Samples
    message: str
    """What the operator said of it in the end."""

    @property
    def sites(self) -> dict[str, float]:
        """Seconds by site at which its clients were answered there, longest first."""
        found: dict[str, float] = {}
        for stay in self.stays:
            if stay.site is not None:
                found[stay.site] = found.get(stay.site, 0.0) + stay.end - stay.begin
        return dict(sorted(found.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, slots=True)
class EventTold:
    """Something that happened, by the scenario."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """A whole replay."""

    scenario: str
    description: str
    start: float
    """Since the epoch."""
    seconds: float
    seed: int
    workloads: Mapping[WorkloadKey, WorkloadReport]
    tiers: Mapping[str, str]
    """By site."""
    happened: tuple[EventTold, ...] = ()
    posted: tuple[EventTold, ...] = ()
    """The operator's Kubernetes Events."""
    cycles: int = 0
    writes: int = 0
    failures: tuple[str, ...] = field(default=())

    @property
    def cost(self) -> float:
        """Of all workloads together."""
        return sum(workload.cost for workload in self.workloads.values())

    @property
    def moves(self) -> int:
        """Of all workloads together."""
        return sum(len(workload.moves) for workload in self.workloads.values())
