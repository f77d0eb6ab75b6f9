# SPDX-License-Identifier: Apache-2.0
"""Accelerator fit: points for a model on the hardware that suits its kind.

The table is `placement.family.FIT`: a feature-based model gains nothing from a GPU and keeps others off it; a
transformer starves on a small CPU. Of `Other` nothing is known, so all are equal.
"""

from typing import Final

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.context import Context
from aiworkload.placement.plan import Value

NAME: Final = "accelerator"


def points(pairs: Pairs) -> Array:
    """Points for the fit of model and hardware."""
    return pairs.fit


def words(context: Context) -> Value:
    """Which kind on which hardware."""
    return Value(f"{context.asking.workload.spec.model.family} on {context.hardware}")
