# SPDX-License-Identifier: Apache-2.0
"""Every improving move around a choice, at once: shifts, swaps and ejection chains, as arrays.

A **shift** takes a group to another option that has room. An **ejection** takes group a into a full bin and sends
group b from there elsewhere: to where there is room, to a's old place (a swap), or into a bin that c leaves in turn
(a chain).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from aiworkload.placement.assignment.layout import SLACK, Layout, every
from aiworkload.placement.assignment.problem import Flags, Floats, Integers

NOBODY: Final = -1
TENANTS: Final = 16
"""How many of a bin's groups may be asked to leave: those for whom it costs least. Chosen by experiment."""
GAIN: Final = 1e-9
"""What counts as an improvement, in the caller's cost unit: below it is rounding. Ours."""


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """A feasible choice, (G,) options, and the room that it leaves, (B + 1, D)."""

    chosen: Integers
    room: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """M moves: up to three groups each take the option named, NOBODY where fewer; what each changes the cost by."""

    options: Integers
    change: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Escapes:
    """(G,) how each group leaves its bin most cheaply: its option, another's who makes room there, and the change."""

    own: Integers
    other: Integers
    change: Floats


def stand_of(layout: Layout, chosen: Integers) -> Stand:
    """The choice with its room."""
    room = 1.0 - layout.load(chosen)
    room[-1] = np.inf
    return Stand(chosen, room)


def deltas(layout: Layout, stand: Stand) -> Floats:
    """(N,) what the cost changes by when the option's group takes it."""
    return layout.cost - layout.cost[stand.chosen][layout.group]


def fits(layout: Layout, stand: Stand, options: Integers) -> Flags:
    """Whether each option has room, its group's own usage given back where it stays in its bin."""
    fitting = every(layout.usage[options] <= stand.room[layout.bin[options]] + SLACK)
    current = stand.chosen[layout.group[options]]
    stays = np.flatnonzero(layout.bin[current] == layout.bin[options])
    freed = stand.room[layout.bin[options[stays]]] + layout.usage[current[stays]]
    fitting[stays] = every(layout.usage[options[stays]] <= freed + SLACK)
    return fitting


def best_of(layout: Layout, options: Integers, change: Floats, groups: int) -> Integers:
    """(G,) the position within `options` of each group's least change; NOBODY for groups without one."""
    order = np.lexsort((change, layout.group[options]))
    owner = layout.group[options[order]]
    leads = np.ones(len(order), dtype=bool)
    leads[1:] = owner[1:] != owner[:-1]
    found = np.full(groups, NOBODY)
    found[owner[leads]] = order[leads]
    return found


def ways_out(layout: Layout, stand: Stand, change: Floats, open_options: Integers) -> Escapes:
    """Each group's cheapest option with room in another bin."""
    groups = len(layout.first)
    leaving = open_options[layout.bin[open_options] != layout.bin[stand.chosen[layout.group[open_options]]]]
    found = best_of(layout, leaving, change[leaving], groups)
    has = found != NOBODY
    own = np.full(groups, NOBODY)
    own[has] = leaving[found[has]]
    return Escapes(own, np.full(groups, NOBODY), np.where(has, change[own], np.inf))


def tenants(layout: Layout, stand: Stand, options: Integers, leaving: Floats) -> tuple[Integers, Integers]:
    """Each option with the groups that stand in its bin, its own left out: positions in `options`, and groups.

    Of a bin with many only the `TENANTS` that leave at the least cost, (G,): a cloud region holds thousands.
    """
    bins = len(layout.scale)
    at = layout.bin[stand.chosen]
    order = np.lexsort((leaving, at))
    count = np.bincount(at, minlength=bins)
    begin = np.concatenate([[0], np.cumsum(count)[:-1]])
    wanted = layout.bin[options]
    many = np.minimum(count, TENANTS)[wanted]
    row = np.repeat(np.arange(len(options)), many)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    who = order[begin[wanted][row] + offset]
    others = who != layout.group[options[row]]
    return row[others], who[others]


def makes_room(layout: Layout, stand: Stand, options: Integers, leaver: Integers) -> Flags:
    """Whether each option fits once that group has left its bin."""
    freed = stand.room[layout.bin[options]] + layout.usage[stand.chosen[leaver]]
    return every(layout.usage[options] <= freed + SLACK)
