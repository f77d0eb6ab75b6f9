# SPDX-License-Identifier: Apache-2.0
"""Cost against the cheapest candidate.

100 x (cheapest + 0.01) / (cost + 0.01): the cheapest has 100 points, twice the price about 50. A ratio needs no scale
of its own; the cent an hour (ours) keeps differences below it from mattering, and a price of nothing comparable.
"""

from decimal import Decimal

from aiworkload.placement.context import Context, Rivals
from aiworkload.placement.cost import as_money
from aiworkload.placement.plan import Factor
from aiworkload.placement.weights import weights_of

NAME = "cost"

GRAIN = Decimal("0.01")
"""A cent an hour, in the currency of the Sites. Ours."""


def score(context: Context, rivals: Rivals) -> Factor:
    """Points for the price of an hour."""
    cost = rivals.costs[context.assignment]
    weight = weights_of(context.asking.workload.spec.placement)[NAME]
    points = min(100, int(100 * (rivals.cheapest + GRAIN) / (cost + GRAIN)))
    return Factor(NAME, points, weight, f"{as_money(cost)} per hour")
