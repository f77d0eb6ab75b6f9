# SPDX-License-Identifier: Apache-2.0
"""PriorityClasses as facts: the numbers behind the names that workloads carry."""

from aiworkload.kube.projection.base import Fact, Metadata


class PriorityClassFact(Fact):
    """One class of scheduling.k8s.io/v1."""

    metadata: Metadata
    value: int
    global_default: bool = False

    def essence(self) -> object:
        """All that a workload's priority follows from."""
        return (self.value, self.global_default)
