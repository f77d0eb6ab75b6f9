# SPDX-License-Identifier: Apache-2.0
"""The rules that all workloads of one `decide` share: one budget and one breaker for each world."""

from dataclasses import dataclass
from typing import Self

from aiworkload.placement import breaker
from aiworkload.placement.budget import MoveBudget
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ClusterRules:
    """What the cluster bears."""

    budget: MoveBudget
    breaker: breaker.Breaker

    @classmethod
    def of(cls, seen: Snapshot, policy: Policy, now: float) -> Self:
        """As a judged snapshot sets them, before this cycle has spent anything."""
        return cls(MoveBudget.of(seen, policy, now), breaker.state(seen, policy, now))
