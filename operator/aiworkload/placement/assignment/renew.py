# SPDX-License-Identifier: Apache-2.0
"""Leaving a local optimum: some bins are emptied and filled anew, and of what comes out each part that is better stays.

Ruin and recreate (Schrimpf et al., Journal of Computational Physics 2000) usually keeps or drops a new choice whole.
In a large instance one part of it is better and another worse, so here the two choices are cut where they do not
touch: groups that changed are joined when they share a bin that could be full, and each such part is judged by
itself.

Which bins are emptied is spread evenly by multiples of the golden ratio (a Weyl sequence): no dice, equal every time.
"""

from typing import Final

import numpy as np

from aiworkload.placement.assignment.construct import constructed
from aiworkload.placement.assignment.layout import SLACK, Layout
from aiworkload.placement.assignment.moves import GAIN
from aiworkload.placement.assignment.problem import Flags, Floats, Integers

GOLDEN: Final = 0.6180339887498949
RUINED_SHARE: Final = 0.04
"""Share of the bins that are emptied at a time; at least `RUINED_LEAST`. Chosen by experiment."""
RUINED_LEAST: Final = 2
NOISE: Final = 0.05
"""How far desires are shaken, as a share of what a group pays on average. Ours."""
_FAR: Final = 1e12


def renewed(layout: Layout, chosen: Integers, desire: Floats, near: Integers, turn: int) -> Integers:
    """The choice with some bins emptied and filled anew, also by others that want in; `turn` says which bins."""
    bins, count = len(layout.scale), len(layout.first)
    share = max(RUINED_SHARE, RUINED_LEAST / bins)
    ruined = (np.arange(1, bins + 1) * GOLDEN * (2 * turn + 3) + turn * GOLDEN**2) % 1.0 < share
    ruined[-1] = False
    freed = ruined[layout.bin[chosen]]
    wishes = near[(layout.cost[near] < layout.cost[chosen][layout.group[near]] - GAIN) & ruined[layout.bin[near]]]
    freed[layout.group[wishes]] = True
    room = np.maximum(0.0, 1.0 - layout.load(chosen[~freed]))
    room[-1] = np.inf
    paid = float(desire[chosen].sum()) / count
    shaken = np.full(len(desire), _FAR)
    shaken[near] = desire[near] + NOISE * paid * ((near * GOLDEN * (turn + 1)) % 1.0 - 0.5)
    return np.where(freed, constructed(layout, shaken, room, freed), chosen)


def merged(layout: Layout, old: Integers, new: Integers, roomy: Flags) -> Integers:
    """The better of two feasible choices in each part where they differ; parts meet in bins that are not roomy.

    Where roomy bins turn out not to hold what both bring, the better of the two is returned whole.
    """
    differ = np.flatnonzero(old != new)
    parts = _parts(layout, old[differ], new[differ], roomy)
    gains = layout.cost[new[differ]] - layout.cost[old[differ]]
    change = np.bincount(parts, gains, int(parts.max(initial=0)) + 1)
    taken = differ[change[parts] < 0]
    best = old.copy()
    best[taken] = new[taken]
    if np.all(layout.load(best)[:-1] <= 1.0 + SLACK):
        return best
    return new if layout.cost[new].sum() < layout.cost[old].sum() else old


def _parts(layout: Layout, old: Integers, new: Integers, roomy: Flags) -> Integers:
    """For each changed group the number of its part: connected components by spreading the least label."""
    bins = len(layout.scale)
    alone = bins + np.arange(len(old))
    left = np.where(roomy[layout.bin[old]], alone, layout.bin[old])
    entered = np.where(roomy[layout.bin[new]], alone, layout.bin[new])
    label = np.arange(bins + len(old))
    while True:
        least = np.minimum(label[left], label[entered])
        spread = label.copy()
        np.minimum.at(spread, left, least)
        np.minimum.at(spread, entered, least)
        spread = spread[spread]
        if np.array_equal(spread, label):
            return label[left]
        label = spread
