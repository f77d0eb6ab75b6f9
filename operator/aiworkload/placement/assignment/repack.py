# SPDX-License-Identifier: Apache-2.0
"""Bins packed anew: which of its tenants and of those who want in should a bin hold, all bins at once.

Shifts and ejections move one group into a bin. Where a few big groups fill a bin, a better choice often takes several
out and several in. For each bin this is a knapsack: a tenant is worth what its way out costs, a newcomer what it
would gain. It is packed greedily by worth a unit of priced usage (Dantzig's rule), which is enough to find who should
change places.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from aiworkload.placement.assignment.layout import SLACK, Layout, every, first_of_each
from aiworkload.placement.assignment.moves import GAIN, Stand, deltas, fits, stand_of, ways_out
from aiworkload.placement.assignment.problem import Flags, Floats, Integers

PASSES: Final = 4
"""How often those who did not fit behind a bigger one are asked again. Ours."""


@dataclass(frozen=True, slots=True, eq=False)
class Bids:
    """Who could be in which bin: options with their worth to it; the first `tenants` stand there now; (G,) ways out."""

    options: Integers
    worth: Floats
    tenants: int
    way_out: Integers


def repacked(layout: Layout, stand: Stand, near: Integers, weights: Floats) -> Stand:
    """The choice with every bin packed anew that gains by it, the most first, as far as they do not disturb others."""
    bids = _bids(layout, stand, near)
    inside = packed(layout, bids, weights)
    bins = len(layout.scale)
    after = np.bincount(layout.bin[bids.options], np.where(inside, bids.worth, 0.0), bins)
    before = np.bincount(layout.bin[bids.options[: bids.tenants]], bids.worth[: bids.tenants], bins)
    gain = after - before
    order = np.argsort(-gain, kind="stable")
    return _applied(layout, stand, bids, inside, order[gain[order] > GAIN])


def _bids(layout: Layout, stand: Stand, near: Integers) -> Bids:
    change = deltas(layout, stand)
    out = ways_out(layout, stand, change, near[fits(layout, stand, near)])
    stays = stand.chosen[layout.bin[stand.chosen] < len(layout.scale) - 1]
    wanted = near[(change[near] < -GAIN) & (layout.bin[near] != layout.bin[stand.chosen[layout.group[near]]])]
    worth = np.concatenate([out.change[layout.group[stays]], -change[wanted]])
    return Bids(np.concatenate([stays, wanted]), worth, len(stays), out.own)


def packed(layout: Layout, bids: Bids, weights: Floats) -> Flags:
    """Which bids each bin takes: by worth a unit of weighted usage, as far as they fit, a group only once in a bin."""
    size = np.einsum("nd,nd->n", weights[layout.bin[bids.options]], layout.usage[bids.options])
    order = np.lexsort((-bids.worth / (size + 1e-12), layout.bin[bids.options]))
    room = np.ones(layout.scale.shape)
    inside = np.zeros(len(order), dtype=bool)
    for _ in range(PASSES):
        options = bids.options[order]
        fit = every(layout.usage[options] <= room[layout.bin[options]] + SLACK)
        order = order[fit]
        options = options[fit]
        starts = np.flatnonzero(first_of_each(layout.bin[options]))
        running = np.cumsum(layout.usage[options], axis=0)
        before = np.concatenate([np.zeros((1, running.shape[1])), running])[starts]
        within = running - np.repeat(before, np.diff(np.append(starts, len(order))), axis=0)
        taken = every(within <= room[layout.bin[options]] + SLACK)
        inside[order[taken]] = True
        room -= layout.load(options[taken])
        order = order[~taken]
    return inside


def _applied(layout: Layout, stand: Stand, bids: Bids, inside: Flags, bins: Integers) -> Stand:
    """Repack these bins in turn where nobody in it has moved yet, and what is sent out finds its room."""
    chosen, room = stand.chosen.copy(), stand.room.copy()
    moved = np.zeros(len(chosen), dtype=bool)
    is_tenant = np.arange(len(bids.options)) < bids.tenants
    changes = np.flatnonzero(inside != is_tenant)
    changes = changes[np.argsort(layout.bin[bids.options[changes]], kind="stable")]
    at = layout.bin[bids.options[changes]]
    for one in bins.tolist():
        rows = changes[np.searchsorted(at, one) : np.searchsorted(at, one, side="right")]
        groups = layout.group[bids.options[rows]]
        options = np.where(is_tenant[rows], bids.way_out[groups], bids.options[rows])
        if moved[groups].any() or len(np.unique(groups)) < len(groups):
            continue
        touched = np.concatenate([layout.bin[chosen[groups]], layout.bin[options]])
        saved = room[touched]
        np.add.at(room, layout.bin[chosen[groups]], layout.usage[chosen[groups]])
        np.subtract.at(room, layout.bin[options], layout.usage[options])
        if np.all(room[layout.bin[options]] >= -SLACK):
            chosen[groups] = options
            moved[groups] = True
        else:
            room[touched] = saved
    return stand_of(layout, chosen)
