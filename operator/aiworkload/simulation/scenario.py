# SPDX-License-Identifier: Apache-2.0
"""A scenario: a cluster, its network over time, who comes and goes, and what goes wrong when.

Sites, nodes and workloads are written as in a recorded snapshot (`snapshot.document`), so the same pieces serve both.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from aiworkload.api.base import Money
from aiworkload.api.names import API_VERSION
from aiworkload.simulation.quantities import Duration
from aiworkload.simulation.shapes import Milliseconds, Percent, RecordedTrace, Shape
from aiworkload.snapshot.document.base import Moment, Part
from aiworkload.snapshot.document.node import NodePart
from aiworkload.snapshot.document.site import SitePart
from aiworkload.snapshot.document.workload import WorkloadPart

SiteName = Annotated[str, StringConstraints(min_length=1, max_length=63)]
Ends = Annotated[tuple[SiteName, SiteName], Field(description="two sites")]


class About(Part):
    """What the scenario is called."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=253)]


class Pace(Part):
    """How fast the parts of the cluster are."""

    report: Annotated[Duration, Field(gt=0)] = 10.0
    """At least between two reports of an agent because of something that changed: the agents' own default."""
    heartbeat: Annotated[Duration, Field(gt=0)] = 30.0
    """At most between two of its reports: the agents' own default."""
    probe: Annotated[Duration, Field(gt=0)] = 2.0
    """Between two probes of a link: the agents' own default."""
    resync: Annotated[Duration, Field(gt=0)] = 30.0
    """At the latest between two looks of the operator at figures that moved a little: its own default."""
    advice: Duration = 30.0
    """At least between two looks at all workloads together: the operator's own default."""
    startup: Duration = 10.0
    """From a pod's start to its first answer, where the workload says nothing else. Ours."""
    node_grace: Duration = 40.0
    """Silence of a node until Kubernetes calls it not ready: its own default."""
    sample: Annotated[Duration, Field(gt=0)] = 10.0
    """Between two instants at which clients are asked how long they wait."""


class FileTrace(Part):
    """A trace in a file beside the scenario."""

    file: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    """CSV with the columns `rttMilliseconds` and perhaps `lossPercent`, or JSON with the fields of an inline trace."""
    column: Annotated[str, StringConstraints(max_length=253)] = "rttMilliseconds"
    """The CSV's column with the round trips."""
    step_seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """How long each row holds. Needed for CSV."""
    repeat: bool = True


class LinkPart(Part):
    """The path between two sites, the same both ways."""

    between: Ends
    rtt_milliseconds: Milliseconds | None = None
    """Constant. Or give `trace` or `shape`."""
    jitter_milliseconds: Milliseconds = 0.0
    """Mean of what queues add to each single round trip, exponentially distributed."""
    loss_percent: Percent = 0.0
    bandwidth_megabits: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Absent: enough for everybody."""
    trace: RecordedTrace | FileTrace | None = None
    shape: Shape | None = None


class Load(Part):
    """Requests a second from now on, by client site."""

    at: Duration = 0.0
    requests_per_second: dict[SiteName, Annotated[float, Field(ge=0, le=1_000_000)]]


class ScenarioWorkload(WorkloadPart):
    """An AIWorkload with its life in the scenario."""

    arrives: Duration = 0.0
    """When it is applied."""
    departs: Duration | None = None
    """When it is deleted. Absent: never."""
    startup: Duration | None = None
    """From a pod's start to its first answer: image, model and warming. Absent: `pace.startup`."""
    load: tuple[Load, ...] = ()
    """What clients really send. Absent: the rates of the spec, all the time."""
    declare_load: bool = True
    """Whether whoever looks after the workload also writes the load into the spec, as far as it is whole requests."""


class Target(Part):
    """A site's whole uplink, or one link."""

    site: SiteName | None = None
    link: Ends | None = None


class Degradation(Part):
    """What becomes of a link."""

    link: Ends
    add_milliseconds: Milliseconds = 0.0
    factor: Annotated[float, Field(gt=0, le=1000)] = 1.0
    loss_percent: Percent = 0.0


class Price(Part):
    """New prices of a site."""

    site: SiteName
    per_hour: Money | None = None
    per_gibibyte_egress: Money | None = None


class Edit(Part):
    """A change that an owner applies."""

    workload: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    """Its name."""
    spec: dict[str, Any]
    """Merged into the spec (JSON merge patch: null removes a field)."""


class Event(Part):
    """Something that happens. Exactly one of the fields beside `at` and `for` says what."""

    at: Duration
    for_: Annotated[Duration | None, Field(alias="for")] = None
    """After so long it is undone: a cut heals, a node comes back, a degradation ends, the operator starts again."""
    cut: Target | None = None
    heal: Target | None = None
    degrade: Degradation | None = None
    node_down: str | None = None
    node_up: str | None = None
    operator: Literal["Stop", "Start"] | None = None
    price: Price | None = None
    edit: Edit | None = None


class Scenario(Part):
    """The whole file."""

    api_version: Annotated[str, StringConstraints(pattern=f"^{API_VERSION}$")]
    kind: Literal["Scenario"]
    metadata: About
    description: str = ""
    duration: Annotated[Duration, Field(gt=0)]
    start_time: Moment = "2026-01-05T00:00:00Z"
    """A Monday's midnight, if nothing else is said."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    pace: Pace = Pace()
    policy: dict[str, float] = Field(default={})
    """Thresholds of the operator that differ from its defaults, as in `placement.policy`, in camelCase."""
    sites: Annotated[tuple[SitePart, ...], Field(min_length=1)]
    nodes: tuple[NodePart, ...] = ()
    links: tuple[LinkPart, ...] = ()
    workloads: tuple[ScenarioWorkload, ...] = ()
    events: tuple[Event, ...] = ()
