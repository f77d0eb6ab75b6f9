# SPDX-License-Identifier: Apache-2.0
"""A feasible choice from prices: groups propose to their best option, bins take those who would regret a no the most.

Regret is what a group loses when it must take its second best option that still has room (Martello and Toth's MTHG,
1981, on reduced costs as in Lagrangian heuristics). All bins decide at once: a round is a few array operations, and
those that were turned away propose again to what still has room.
"""

import numpy as np

from aiworkload.placement.assignment.layout import SLACK, Layout, every, first_of_each
from aiworkload.placement.assignment.problem import Flags, Floats, Integers


def constructed(layout: Layout, desire: Floats, room: Floats, groups: Flags) -> Integers:
    """Options for these groups, (G,) flags, within this room, (B + 1, D), preferring the least desire, (N,).

    Returns:
        (G,) the option of each; -1 for groups that were not asked for.
    """
    chosen = np.full(len(layout.first), -1)
    room = room.copy()
    options = np.flatnonzero(groups[layout.group])
    while len(options):
        options = options[every(layout.usage[options] <= room[layout.bin[options]] + SLACK)]
        picks, regret = _proposals(layout, desire, options)
        taken = _accepted(layout, picks, regret, room)
        chosen[layout.group[taken]] = taken
        room -= layout.load(taken)
        room[-1] = np.inf
        options = options[chosen[layout.group[options]] < 0]
    return chosen


def _proposals(layout: Layout, desire: Floats, options: Integers) -> tuple[Integers, Floats]:
    """Each group's best option and what it loses with the second best."""
    owner = layout.group[options]
    begins = first_of_each(owner)
    starts = np.flatnonzero(begins)
    row = np.cumsum(begins) - 1
    wanted = desire[options]
    least = np.minimum.reduceat(wanted, starts)
    hits = np.flatnonzero(wanted <= least[row])
    best = hits[first_of_each(owner[hits])]
    wanted[best] = np.inf
    return options[best], np.minimum.reduceat(wanted, starts) - least


def _accepted(layout: Layout, picks: Integers, regret: Floats, room: Floats) -> Integers:
    """In each bin the proposals of greatest regret, as far as they fit one after the other."""
    order = np.lexsort((-regret, layout.bin[picks]))
    picks = picks[order]
    at = layout.bin[picks]
    starts = np.flatnonzero(first_of_each(at))
    running = np.cumsum(layout.usage[picks], axis=0)
    before = np.concatenate([np.zeros((1, running.shape[1])), running])[starts]
    lengths = np.diff(np.append(starts, len(picks)))
    within = running - np.repeat(before, lengths, axis=0)
    return picks[every(within <= room[at] + SLACK)]
