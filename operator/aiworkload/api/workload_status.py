# SPDX-License-Identifier: Apache-2.0
"""`AIWorkload.status`: what the operator decided, where things run, and why."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from aiworkload.api.base import Model, Money, Name, Timestamp, list_map
from aiworkload.api.conditions import Condition
from aiworkload.api.workload import Tier

Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, StringConstraints(max_length=1024)]
Reason = Annotated[str, StringConstraints(max_length=64)]


class PlacementState(StrEnum):
    """Where a placement is in its life; `Detached` runs on alone at a silent site."""

    PREPARING = "Preparing"
    WARMING = "Warming"
    SERVING = "Serving"
    DRAINING = "Draining"
    DETACHED = "Detached"


class MoveTrigger(StrEnum):
    """What set a move off."""

    LATENCY_VIOLATED = "LatencyViolated"
    SITE_DISCONNECTED = "SiteDisconnected"
    SITE_LOST = "SiteLost"
    RESOURCE_PRESSURE = "ResourcePressure"
    BETTER_SITE = "BetterSite"
    FAILBACK = "Failback"
    SPEC_CHANGED = "SpecChanged"
    MANUAL = "Manual"


class MoveResult(StrEnum):
    """How a move ended."""

    COMPLETED = "Completed"
    ROLLED_BACK = "RolledBack"


class LatencySource(StrEnum):
    """Where a latency figure comes from; what rests on measured links is Predicted: no request was measured."""

    MEASURED = "Measured"
    PREDICTED = "Predicted"
    DECLARED = "Declared"
    ESTIMATED = "Estimated"


class PlacementStatus(Model):
    """One site where the workload stands."""

    site: Name
    variant: Name
    tier: Tier | None = None
    node_names: Annotated[tuple[Annotated[str, StringConstraints(max_length=253)], ...], Field(max_length=32)] = ()
    replicas: Count = 0
    ready_replicas: Count = 0
    state: PlacementState
    since_time: Timestamp | None = None
    clients: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    """Client sites whose requests it is meant for, where the workload stands at several sites."""


class LatencyStatus(Model):
    """p95 as last judged: network round trip to the worst client site, plus compute."""

    network_p95_milliseconds: Count | None = None
    compute_p95_milliseconds: Count | None = None
    total_p95_milliseconds: Count | None = None
    source: LatencySource | None = None
    observed_time: Timestamp | None = None


class CostStatus(Model):
    """What the standing placements cost, in the currency of the Sites."""

    estimated_per_hour: Money


class FactorStatus(Model):
    """One scorer's word on one candidate."""

    name: Reason
    points: Annotated[int, Field(ge=0, le=100)]
    weight: Count
    value: Annotated[str, StringConstraints(max_length=128)] = ""
    source: Reason | None = None
    """Where the value comes from: Measured, Predicted, Declared, Estimated and the like."""
    age_seconds: Count | None = None
    """How old the measurement behind it was. Absent: nothing measured is behind it."""


class CandidateStatus(Model):
    """A site and variant that were considered, with the points or the reason against."""

    site: Name
    variant: Name
    feasible: bool
    reject_reason: Reason | None = None
    reject_message: Text | None = None
    points: Annotated[int, Field(ge=0, le=100)] | None = None
    factors: Annotated[tuple[FactorStatus, ...], Field(max_length=16)] = ()


class ChallengerStatus(Model):
    """The candidate that has been better than the standing one, and since when without a break."""

    site: Name
    variant: Name
    since_time: Timestamp


class RejectedStatus(Model):
    """How many candidates were rejected for one reason, of all and not only of the ten that are listed."""

    reason: Reason
    count: Count


Overturn = Annotated[str, StringConstraints(max_length=256)]
"""One thing that would have to change for another candidate to win, in a sentence."""


class DecisionStatus(Model):
    """The last decision: ten best candidates, why the first one won, by how much, and what would overturn it."""

    time: Timestamp
    reason: Reason
    message: Text = ""
    margin_points: Annotated[int, Field(ge=-100, le=100)] | None = None
    challenger: ChallengerStatus | None = None
    overturns: Annotated[tuple[Overturn, ...], Field(max_length=5)] = ()
    """What would have to change for the runner-up to win."""
    next_check_time: Timestamp | None = None
    """When it is looked at again at the latest, if nothing changes before."""
    candidates: Annotated[tuple[CandidateStatus, ...], Field(max_length=10)] = ()
    rejected: Annotated[tuple[RejectedStatus, ...], Field(max_length=32, json_schema_extra=list_map("reason"))] = ()


class MoveStatus(Model):
    """One move that ended."""

    from_site: Name
    to_site: Name
    trigger: MoveTrigger
    start_time: Timestamp
    end_time: Timestamp
    result: MoveResult


class AIWorkloadStatus(Model):
    """Derived from the same frozen facts as the decision; written only when it changes."""

    observed_generation: Count = 0
    replicas: Count = 0
    ready_replicas: Count = 0
    selector: Annotated[str, StringConstraints(max_length=256)] = ""
    sites: Annotated[str, StringConstraints(max_length=1024)] = ""
    placements: Annotated[
        tuple[PlacementStatus, ...], Field(max_length=128, json_schema_extra=list_map("site", "variant"))
    ] = ()
    latency: LatencyStatus | None = None
    cost: CostStatus | None = None
    decision: DecisionStatus | None = None
    moves: Annotated[
        tuple[MoveStatus, ...], Field(max_length=10, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = ()
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16, json_schema_extra=list_map("type"))] = ()
