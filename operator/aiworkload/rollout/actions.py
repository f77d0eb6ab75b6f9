# SPDX-License-Identifier: Apache-2.0
"""What a step asks of the cluster, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiworkload.api.workload_status import MoveStatus, PlacementState
from aiworkload.snapshot.workload import Assignment


@dataclass(frozen=True, slots=True)
class Fact:
    """Something worth an Event."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Apply:
    """Make an object so; where it is so already, nothing is written."""

    manifest: Mapping[str, Any]
    facts: tuple[Fact, ...] = ()
    """True once it has been written, and announced then."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove that very object."""

    kind: str
    namespace: str
    name: str
    uid: str


Action = Apply | Delete


class Stage(StrEnum):
    """The step a workload is at. The names are the files of this room."""

    PREPARE = "Prepare"
    GIVE_UP = "GiveUp"
    WARM = "Warm"
    SWITCH = "Switch"
    DRAIN = "Drain"
    REMOVE = "Remove"
    SETTLED = "Settled"


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to do for one workload, and what it means."""

    stage: Stage
    actions: tuple[Action, ...] = ()
    """Carried out in order; a failure ends the step and the next cycle begins anew."""
    wait_until: float | None = None
    """When time alone makes the next step due (seconds since the epoch)."""
    ended: tuple[MoveStatus, ...] = ()
    """Moves that this step sees ended and that the status does not hold yet: recorded *before* any deletion."""
    states: Mapping[Assignment, PlacementState] = field(default_factory=dict[Assignment, PlacementState])
