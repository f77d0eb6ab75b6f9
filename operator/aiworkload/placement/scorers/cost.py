# SPDX-License-Identifier: Apache-2.0
"""Cost: points for the price of an hour, against the cheapest site that the owner's rules allow.

100 x (cheapest + 0.01) / (cost + 0.01): the cheapest has 100 points, twice the price about 50. A ratio needs no scale
of its own; the cent an hour (ours) keeps differences below it from mattering, and a price of nothing comparable.
The cheapest is taken over all that the owner allows, whether it is in contact and has room now or not: otherwise a
full site would change the points of all others. What has no nodes, or computes for longer than the
target allows, can never serve, so it is no measure.
"""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.context import Context, hourly_cost
from aiworkload.placement.cost import as_money
from aiworkload.placement.plan import Value

NAME: Final = "cost"

GRAIN: Final = 0.01
"""A cent an hour, in the currency of the Sites. Ours."""


def points(pairs: Pairs) -> Array:
    """Points for the price of an hour."""
    return np.floor(np.minimum(100.0, 100 * (pairs.cheapest + GRAIN) / (pairs.hourly_cost + GRAIN) + 1e-9))


def words(context: Context) -> Value:
    """The price of an hour."""
    return Value(f"{as_money(hourly_cost(context))} per hour")
