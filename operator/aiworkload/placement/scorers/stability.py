# SPDX-License-Identifier: Apache-2.0
"""Stability: points for staying where it stands, and for the site that it was driven from.

Both have 100 points, everywhere else 0. Without the second, a workload whose site recovered would never return to it
when both are equally good.
"""

from typing import Final

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.context import Context
from aiworkload.placement.plan import Value

NAME: Final = "stability"


def points(pairs: Pairs) -> Array:
    """Points for staying, or for returning."""
    return 100.0 * (pairs.stands | pairs.home)


def words(context: Context) -> Value:
    """Which of the two it is."""
    if context.stands:
        return Value("stands here")
    home = context.location.site.name in context.asking.homes
    return Value("was driven from here" if home else "new here")
