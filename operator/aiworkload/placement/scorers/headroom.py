# SPDX-License-Identifier: Apache-2.0
"""Room that is left for bursts: the free share of CPU or memory, whichever is scarcer, after placing.

Linear from 0 points with nothing free to 100 with half of the roomiest node free; more room than that helps nobody
(ours). What stands is in the node's books already.
"""

from aiworkload.placement.context import Context, Rivals
from aiworkload.placement.plan import Factor
from aiworkload.placement.weights import weights_of

NAME = "headroom"

ENOUGH = 0.5
"""The free share from which on more does not count."""


def score(context: Context, _rivals: Rivals) -> Factor:
    """Points for the room left on the roomiest node."""
    weight = weights_of(context.asking.workload.spec.placement)[NAME]
    demand = () if context.stands else context.demand
    share = context.asking.world.ledger.free_share(context.location.site.name, demand)
    return Factor(NAME, round(100 * min(1.0, share / ENOUGH)), weight, f"{share:.0%} free")
