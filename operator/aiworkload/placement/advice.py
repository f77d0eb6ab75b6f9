# SPDX-License-Identifier: Apache-2.0
"""What the solver of all workloads together says to one of them: the stability rules judge it as any other move."""

from dataclasses import dataclass

from aiworkload.snapshot.workload import Assignment


@dataclass(frozen=True, slots=True)
class Advised:
    """A place that the solver of all workloads together would rather have it at."""

    target: Assignment
    gain: int
    """Points that the whole exchange gains, for each of its moves."""
    words: str
    """Why, as a clause."""
