# SPDX-License-Identifier: Apache-2.0
"""Accuracy: points for how right the variant is, against the best variant of the same model.

100 points for the best, 10 less for each per cent that it is right less often, none from ten per cent on. A variant
whose accuracy nobody told counts as perfect. Ours.
"""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.context import Context
from aiworkload.placement.plan import Value

NAME: Final = "accuracy"

POINTS_PER_PERCENT: Final = 10


def points(pairs: Pairs) -> Array:
    """Points for being right."""
    if not pairs.rows.accuracy.any():
        return np.array(100.0)
    return np.maximum(0.0, 100.0 - POINTS_PER_PERCENT * pairs.of_row(pairs.rows.accuracy))


def words(context: Context) -> Value:
    """How often the variant is right, by its owner's word."""
    percent = context.variant.accuracy_percent
    return Value("not told" if percent is None else f"{percent} % right")
