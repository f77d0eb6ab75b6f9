# SPDX-License-Identifier: Apache-2.0
"""What a decision is: values that the operator acts on, `explain` prints and tests compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from aiworkload.api.workload_status import LatencySource, MoveTrigger
from aiworkload.placement.capacity import Demand
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, WorkloadKey

Promise = tuple[str, Demand, int]
"""Room at a site: its name, what one replica asks for, and how many."""


class RejectReason(StrEnum):
    """Why a candidate cannot host a workload."""

    PRIVACY_BOUNDARY = "PrivacyBoundary"
    OFFLINE_REQUIRED = "OfflineRequired"
    TIER_NOT_ALLOWED = "TierNotAllowed"
    SITE_NOT_SELECTED = "SiteNotSelected"
    LATENCY_UNREACHABLE = "LatencyUnreachable"
    NO_BANDWIDTH = "NoBandwidth"
    INSUFFICIENT_RESOURCES = "InsufficientResources"
    ACCELERATOR_MISSING = "AcceleratorMissing"
    VARIANT_NOT_FOR_TIER = "VariantNotForTier"
    SITE_DISCONNECTED = "SiteDisconnected"
    NODE_NOT_READY = "NodeNotReady"
    BUDGET_EXCEEDED = "BudgetExceeded"
    MEASUREMENTS_STALE = "MeasurementsStale"


class DecisionReason(StrEnum):
    """What was decided, in one word for the status."""

    PLACED = "Placed"
    """First placement: nothing stood before."""
    STAYS = "Stays"
    """The standing placement is kept; the message says by what margin, or what held a move back."""
    MOVES = "Moves"
    """A move begins or goes on; `trigger` says why."""
    HELD = "Held"
    """Facts are missing or stale, so the last decision stands."""
    INFEASIBLE = "Infeasible"
    """No candidate passes the filters; what stands, stands."""
    PARTIAL = "Partial"
    """Some of the required sites cannot host it; the others serve."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A filter's no, as a sentence with the values that led to it."""

    reason: RejectReason
    message: str


@dataclass(frozen=True, slots=True)
class Value:
    """What a factor's points came from."""

    words: str
    """The raw value: `62 ms of 50 ms, measured 3 s ago`."""
    source: str | None = None
    """Who says so, where that is told: `api.workload_status.LatencySource`."""
    age: float | None = None
    """Seconds since it was measured; None: it does not age."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One scorer's points for one candidate, with the value they came from."""

    name: str
    points: int
    """0 to 100."""
    weight: int
    value: str
    source: str | None = None
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A (site, variant) pair with its points, or the reason against it."""

    assignment: Assignment
    rejection: Rejection | None = None
    points: int = 0
    """Weighted mean of the factors, 0 to 100."""
    scarcity: int = 0
    """Points that its room there is worth to others, who want the same site."""
    factors: tuple[Factor, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether no filter rejected it."""
        return self.rejection is None

    @property
    def worth(self) -> int:
        """Its points less what others lose by it."""
        return self.points - self.scarcity


@dataclass(frozen=True, slots=True)
class LatencyEstimate:
    """p95 seen from the worst client site, in microseconds; None where it is unknown."""

    network_microseconds: int | None
    compute_microseconds: int | None
    source: LatencySource
    observed_at: float
    stale: bool = False

    @property
    def total_microseconds(self) -> int | None:
        """Network plus compute; None unless at least the network or the compute part is known."""
        parts = [part for part in (self.network_microseconds, self.compute_microseconds) if part is not None]
        return sum(parts) if parts else None


@dataclass(frozen=True, slots=True)
class Challenger:
    """The candidate that has been better than the standing one without a break."""

    assignment: Assignment
    since: float


@dataclass(frozen=True, slots=True)
class Move:
    """A placement that should leave one site for another. `from_site` equals `to_site` when the variant changes."""

    source: Assignment
    target: Assignment
    trigger: MoveTrigger
    started_at: float
    keep_source: bool = False
    """Whether the source is left alone after the switch: a silent site's pods run on (`Detached`)."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a decision looked through the candidates: what it did not look at, cannot have changed it."""

    last: tuple[int, str] | None
    """Worth and site of the last feasible one that it looked at: best first, and of equals by name. None: it looked
    for more than there were."""
    sites: frozenset[str]
    """Sites whose candidates it asked for by name."""

    def saw(self, points: int, site: str) -> bool:
        """Whether a feasible candidate with so many points may be among those looked at; it is worth no more."""
        return self.last is None or (-points, site) <= (-self.last[0], self.last[1])


@dataclass(frozen=True, slots=True)
class Decision:
    """What should be true of one workload, and why."""

    key: WorkloadKey
    reason: DecisionReason
    message: str
    assignments: tuple[Assignment, ...] = ()
    """Where it should serve. Empty: nowhere feasible and nothing stands."""
    serves: Mapping[Assignment, tuple[str, ...]] = field(default_factory=dict[Assignment, tuple[str, ...]])
    """Client sites by the assignment that is to serve them (workloads at several sites)."""
    kept: tuple[Assignment, ...] = ()
    """Placements to leave alone though they should not serve: detached at silent sites, or moves' sources."""
    move: Move | None = None
    """The move in flight or to begin (single-site workloads)."""
    rolled_back: Move | None = None
    """A move that has just been given up: its target is to be removed and the move recorded."""
    candidates: Sequence[Candidate] = ()
    """Best first; rejected ones last, by name."""
    refused: Mapping[RejectReason, int] = field(default_factory=dict[RejectReason, int])
    """How many of all candidates each rule refused."""
    overturns: Sequence[str] = field(default=(), compare=False)
    """What would have to change for the runner-up to win, or for a refused candidate to fit; searched when read."""
    margin_points: int | None = None
    """Points of the chosen candidate over the best other feasible one."""
    challenger: Challenger | None = None
    suppressed: str | None = None
    """The stability rule that holds a wanted move back, as a sentence; None: no move is wanted."""
    latency: LatencyEstimate | None = None
    latency_met: bool | None = None
    """None: no target, or unknown."""
    cost_per_hour: str | None = None
    next_check_at: float | None = None
    """When a window that is running out makes a new decision due, even if nothing changes."""
    looked: Looked | None = field(default=None, repr=False, compare=False)
    """How far it looked; None: as far as there was anything."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Which decisions are to be looked at again although nothing about them changes."""

    restless: frozenset[WorkloadKey] = frozenset()
    """Something of them is on its way."""
    held: frozenset[WorkloadKey] = frozenset()
    """A rule holds a move back, which may rest on the state of the whole cluster."""
    sending: frozenset[WorkloadKey] = frozenset()
    """Requests will go to where by status and Service nobody is served yet; others may not count on that bandwidth."""
    checks: Mapping[WorkloadKey, float] = field(default_factory=dict[WorkloadKey, float])
    """A window runs out at that time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All decisions of one cycle."""

    decided_at: float
    decisions: Mapping[WorkloadKey, Decision] = field(default_factory=dict[WorkloadKey, Decision])
    sites_check_at: float | None = None
    """When a site's connectivity may change by time alone."""
    seen: Snapshot = field(default_factory=lambda: Snapshot(0.0), repr=False, compare=False)
    """The snapshot with each site's connectivity judged, as these decisions rest on it."""
    fresh: frozenset[WorkloadKey] = field(default=frozenset(), compare=False)
    """Workloads that were decided anew; the other decisions stand from an earlier plan."""
    advised: Mapping[WorkloadKey, object] = field(default_factory=dict[WorkloadKey, object], repr=False, compare=False)
    """What the solver had said when these were decided (`placement.advice`)."""
    promised: Mapping[WorkloadKey, tuple[Promise, ...]] = field(
        default_factory=dict[WorkloadKey, tuple[Promise, ...]], repr=False, compare=False
    )
    """Room given to what does not stand yet."""
    watch: Watch = field(default_factory=Watch, repr=False, compare=False)
    memory: object = field(default=None, repr=False, compare=False)
    """What `decide` made of the snapshot, for the next one to begin with (`placement.reckoning`)."""

    @property
    def next_check_at(self) -> float | None:
        """The earliest time at which any decision or site is due again by time alone."""
        checks = (self.sites_check_at, *self.watch.checks.values())
        return min((at for at in checks if at is not None), default=None)
