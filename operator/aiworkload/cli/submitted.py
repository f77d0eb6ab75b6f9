# SPDX-License-Identifier: Apache-2.0
"""An object that `plan` puts in place, and what applying it would do."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Submitted:
    """One object of the files, after its check."""

    kind: Literal["AIWorkload", "Site"]
    namespace: str
    """Empty for a Site."""
    name: str
    exists: bool
    changed: bool
    """Whether its spec would be another than now; true for a new one."""
