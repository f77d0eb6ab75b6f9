# SPDX-License-Identifier: Apache-2.0
"""Local search: all improving moves are found at once as arrays, then taken best first as far as they stay feasible."""

from typing import Final

import numpy as np

from aiworkload.placement.assignment.layout import SLACK, Layout
from aiworkload.placement.assignment.moves import (
    GAIN,
    NOBODY,
    Escapes,
    Moves,
    Stand,
    best_of,
    deltas,
    fits,
    makes_room,
    stand_of,
    tenants,
    ways_out,
)
from aiworkload.placement.assignment.problem import Floats, Integers
from aiworkload.placement.assignment.repack import repacked

DESCENTS: Final = 6
"""Passes of shifts and ejections between two packings anew. Ours."""
RELATIVE_WEIGHT: Final = 0.01
"""What a resource without a price counts for in packing, as a share of the dearest. Ours."""

WORTHWHILE: Final = 0.0003
"""A round that lowers the cost by a smaller share is the last: rounds take seconds, and later ones bring ever less. On
the landscapes of 200 x 2,000 it halves the time for a thousandth of a per cent. Ours."""


def improved(layout: Layout, prices: Floats, chosen: Integers, near: Integers, rounds: int) -> Integers:
    """The choice after so many rounds at most, or once a round improves it by next to nothing.

    Args:
        layout: the instance.
        prices: (B + 1, D) of whole bins: how scarce each resource is, which says what to pack first.
        chosen: (G,) a feasible choice.
        near: the options worth looking at, ascending, the outside ones among them.
        rounds: passes over all moves.
    """
    stand = stand_of(layout, chosen)
    weights = (prices + RELATIVE_WEIGHT * prices.max(), np.ones_like(prices), np.zeros_like(prices))
    for _ in range(rounds):
        before = layout.cost[stand.chosen].sum()
        stand = _descended(layout, stand, near)
        for weight in weights:
            stand = repacked(layout, stand, near, weight)
        if layout.cost[stand.chosen].sum() > before - max(GAIN, WORTHWHILE * before):
            break
    return stand.chosen


def _descended(layout: Layout, stand: Stand, near: Integers) -> Stand:
    """After the best shifts and ejections there are, a few times."""
    for _ in range(DESCENTS):
        moves = _moves(layout, stand, near)
        if not len(moves.change):
            break
        stand = _taken(layout, stand, moves)
    return stand


def _moves(layout: Layout, stand: Stand, near: Integers) -> Moves:
    """Shifts while there are any, they cost least to find; then ejections of growing depth."""
    change = deltas(layout, stand)
    fit = fits(layout, stand, near)
    open_options, closed = near[fit], near[~fit]
    better = open_options[change[open_options] < -GAIN]
    if len(better):
        return _as_moves(better, np.full(len(better), NOBODY), np.full(len(better), NOBODY), change[better])
    out = ways_out(layout, stand, change, open_options)
    wanted = closed[change[closed] < -GAIN]
    pairs = _ejections(layout, stand, change, wanted, out, swaps=True)
    if len(pairs.change):
        return pairs
    return _ejections(
        layout,
        stand,
        change,
        wanted,
        _deeper(layout, stand, change, _worthwhile(layout, stand, change, wanted, closed), out),
        swaps=False,
    )


def _as_moves(first: Integers, second: Integers, third: Integers, change: Floats) -> Moves:
    return Moves(np.stack([first, second, third], axis=1), change)


def _ejections(layout: Layout, stand: Stand, change: Floats, wanted: Integers, out: Escapes, *, swaps: bool) -> Moves:
    """Moves that take a wanted option and send one tenant of its bin away."""
    row, tenant = tenants(layout, stand, wanted, out.change)
    option = wanted[row]
    room = makes_room(layout, stand, option, tenant)
    option, tenant = option[room], tenant[room]
    total = change[option] + out.change[tenant]
    good = total < -GAIN
    moves = [_as_moves(option[good], out.own[tenant[good]], out.other[tenant[good]], total[good])]
    if swaps:
        moves.append(_swaps(layout, stand, change, option, tenant))
    return Moves(np.concatenate([m.options for m in moves]), np.concatenate([m.change for m in moves]))


def _swaps(layout: Layout, stand: Stand, change: Floats, option: Integers, tenant: Integers) -> Moves:
    """Moves that send the tenant to where the newcomer stood."""
    bins = len(layout.scale)
    old = stand.chosen[layout.group[option]]
    keys = layout.group * bins + layout.bin
    wanted = tenant * bins + layout.bin[old]
    back = np.searchsorted(keys, wanted)
    back = np.minimum(back, len(keys) - 1)
    total = change[option] + change[back]
    found = np.flatnonzero((keys[back] == wanted) & (total < -GAIN))
    option, back = option[found], back[found]
    room = makes_room(layout, stand, back, layout.group[option])
    return _as_moves(option[room], back[room], np.full(int(room.sum()), NOBODY), total[found][room])


def _worthwhile(layout: Layout, stand: Stand, change: Floats, wanted: Integers, closed: Integers) -> Integers:
    """Of the closed options those that cost their group less than somebody would gain by taking its place."""
    most = np.zeros(len(layout.scale))
    np.maximum.at(most, layout.bin[wanted], -change[wanted])
    return closed[change[closed] < most[layout.bin[stand.chosen]][layout.group[closed]]]


def _deeper(layout: Layout, stand: Stand, change: Floats, closed: Integers, out: Escapes) -> Escapes:
    """Each group's cheapest way out when it may send a tenant away itself."""
    row, tenant = tenants(layout, stand, closed, out.change)
    option = closed[row]
    leaves = layout.bin[option] != layout.bin[stand.chosen[layout.group[option]]]
    useful = leaves & (change[option] + out.change[tenant] < out.change[layout.group[option]])
    option, tenant = option[useful], tenant[useful]
    room = makes_room(layout, stand, option, tenant)
    option, tenant = option[room], tenant[room]
    total = change[option] + out.change[tenant]
    found = best_of(layout, option, total, len(layout.first))
    has = found != NOBODY
    best = found[has]
    own, other, cheapest = out.own.copy(), out.other.copy(), out.change.copy()
    own[has], other[has], cheapest[has] = option[best], out.own[tenant[best]], total[best]
    return Escapes(own, other, cheapest)


def _taken(layout: Layout, stand: Stand, moves: Moves) -> Stand:
    """Take each group's best move, the best of all first, if nobody in it has moved yet and it still fits."""
    chosen, room = stand.chosen.copy(), stand.room.copy()
    moved = np.zeros(len(chosen), dtype=bool)
    leading = best_of(layout, moves.options[:, 0], moves.change, len(chosen))
    leading = leading[leading != NOBODY]
    for index in leading[np.argsort(moves.change[leading], kind="stable")].tolist():
        options = moves.options[index][moves.options[index] != NOBODY]
        groups = layout.group[options]
        if not moved[groups].any() and _entered(layout, room, chosen[groups], options):
            chosen[groups] = options
            moved[groups] = True
    return stand_of(layout, chosen)


def _entered(layout: Layout, room: Floats, before: Integers, options: Integers) -> bool:
    """Update the room for these groups' changes; False, and all as it was, when they do not fit."""
    touched = np.concatenate([layout.bin[before], layout.bin[options]])
    saved = room[touched]
    np.add.at(room, layout.bin[before], layout.usage[before])
    np.subtract.at(room, layout.bin[options], layout.usage[options])
    if np.all(room[layout.bin[options]] >= -SLACK):
        return True
    room[touched] = saved
    return False
