# SPDX-License-Identifier: Apache-2.0
"""What `plan -o json` prints, as models: its JSON schema in docs/reference/ is made from them, and so is every answer.

Fields are never left out: what does not apply is null.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from aiworkload.api.base import Model
from aiworkload.api.workload_status import LatencySource, MoveTrigger
from aiworkload.placement.plan import DecisionReason, RejectReason


class Answer(Model):
    """A part of the answer."""

    model_config = ConfigDict(extra="forbid")


class Action(StrEnum):
    """What applying an object would do."""

    CREATE = "Create"
    CHANGE = "Change"
    NONE = "None"


class ObjectAnswer(Answer):
    """An object of the files."""

    kind: Literal["AIWorkload", "Site"]
    namespace: str | None
    """null for a Site."""
    name: str
    action: Action


class PlaceAnswer(Answer):
    """A site and the variant that serves there."""

    site: str
    variant: str


class MoveAnswer(Answer):
    """A move that begins or goes on. A change of the variant leaves a site for itself."""

    source: PlaceAnswer
    target: PlaceAnswer
    trigger: MoveTrigger
    start_time: str
    keep_source: bool
    """Whether the source's pods are left alone after the switch: a silent site's run on."""


class LatencyAnswer(Answer):
    """p95 where it would serve: network to the worst client site, plus compute; null where it is unknown."""

    network_p95_milliseconds: int | None
    compute_p95_milliseconds: int | None
    total_p95_milliseconds: int | None
    source: LatencySource
    observed_time: str | None
    stale: bool


class CostAnswer(Answer):
    """In the currency of the Sites."""

    estimated_per_hour: str


class FactorAnswer(Answer):
    """One scorer's word."""

    name: str
    points: int
    """0 to 100."""
    weight: int
    value: str
    """The value that the points come from, in words."""
    source: str | None
    """Where it comes from: Measured, Predicted, Declared, Estimated and the like; null: from no measurement."""
    age_seconds: int | None
    """How old the measurement behind it was."""


class CandidateAnswer(Answer):
    """A site and variant that were considered: the points, or the reason against it."""

    site: str
    variant: str
    feasible: bool
    reject_reason: RejectReason | None
    reject_message: str | None
    points: int | None
    """0 to 100; null for one that is not feasible."""
    factors: tuple[FactorAnswer, ...]


class ChallengerAnswer(Answer):
    """The candidate that has been better than the standing one without a break."""

    site: str
    variant: str
    since_time: str


class WorkloadAnswer(Answer):
    """One decision, beside what stands."""

    namespace: str
    name: str
    in_file: bool
    """Whether a file of `-f` holds it."""
    changes: bool
    """Whether its spec would change, or its place would be another than without the files and options."""
    from_: Annotated[tuple[PlaceAnswer, ...], Field(alias="from")]
    """Where it stands."""
    to: tuple[PlaceAnswer, ...]
    """Where it would serve."""
    otherwise: tuple[PlaceAnswer, ...] | None
    """Where it would serve without the files and options; null where there is no such comparison."""
    reason: DecisionReason
    trigger: MoveTrigger | None
    """Of the move; null where there is none."""
    message: str
    held_back: str | None
    """The rule that holds a wanted move back, as a sentence."""
    move: MoveAnswer | None
    kept: tuple[PlaceAnswer, ...]
    """What is left alone though it should not serve."""
    margin_points: int | None
    """Of the chosen candidate over the next best feasible one."""
    challenger: ChallengerAnswer | None
    latency: LatencyAnswer | None
    latency_met: bool | None
    """null: no target, or unknown."""
    cost: CostAnswer | None
    next_check_time: str | None
    """When it is due again by time alone."""
    candidates: tuple[CandidateAnswer, ...]
    """Best first; rejected ones last."""


class PlanSource(StrEnum):
    """Where the facts come from."""

    CLUSTER = "Cluster"
    SNAPSHOT = "Snapshot"


class PlanAnswer(Answer):
    """What `kubectl aiworkload plan -o json` prints."""

    kind: Literal["Plan"] = "Plan"
    source: PlanSource
    """Where the facts come from."""
    decided_at: str
    """RFC 3339; of a recorded snapshot the time when it was taken."""
    changes: bool
    """The exit code as a boolean: whether anything would change."""
    objects: tuple[ObjectAnswer, ...]
    """Those of the files."""
    workloads: tuple[WorkloadAnswer, ...]
    """With `--snapshot` all; else those of the files and all others that would be affected."""
