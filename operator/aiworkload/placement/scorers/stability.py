# SPDX-License-Identifier: Apache-2.0
"""A bonus for where the workload stands, and for the site it was driven from: breaks ties, never outweighs a need.

Both have 100 points, everywhere else 0. Without the second, a workload whose site recovered would never return to it
when both are equally good.
"""

from aiworkload.placement.context import Context, Rivals
from aiworkload.placement.plan import Factor
from aiworkload.placement.weights import weights_of

NAME = "stability"


def score(context: Context, _rivals: Rivals) -> Factor:
    """Points for staying, or for returning."""
    weight = weights_of(context.asking.workload.spec.placement)[NAME]
    if context.stands:
        return Factor(NAME, 100, weight, "stands here")
    if context.location.site.name in context.asking.homes:
        return Factor(NAME, 100, weight, "was driven from here")
    return Factor(NAME, 0, weight, "new here")
