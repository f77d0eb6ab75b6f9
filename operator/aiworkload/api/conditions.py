# SPDX-License-Identifier: Apache-2.0
"""Kubernetes conditions: how a custom resource says what is true of it now, since when and why."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from aiworkload.api.base import Model, Timestamp


class ConditionStatus(StrEnum):
    """`Unknown` means that it could not be found out, which is not `False`."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Model):
    """One condition, in the shape of `metav1.Condition`."""

    type: Annotated[str, StringConstraints(max_length=64)]
    status: ConditionStatus
    reason: Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z]([A-Za-z0-9]*)$")]
    message: Annotated[str, StringConstraints(max_length=1024)] = ""
    last_transition_time: Timestamp
    observed_generation: Annotated[int, Field(ge=0)] = 0
