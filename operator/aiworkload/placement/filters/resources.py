# SPDX-License-Identifier: Apache-2.0
"""Room for all replicas, each whole on one node.

A new placement must leave headroom for bursts; one that stands has its room, and is asked only for replicas that
found no node.
"""

from typing import Final

from aiworkload.placement.block import Array, Block, Pairs
from aiworkload.placement.capacity import Demand
from aiworkload.placement.columns import Bools, Ints
from aiworkload.placement.context import Context
from aiworkload.placement.fitting import has_room, room_anywhere
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.INSUFFICIENT_RESOURCES


def refuses(block: Pairs) -> Array:
    """A site whose nodes cannot take every replica, each whole on one node."""
    no = ~has_room(block) & ~block.stands
    for number, column, placement in block.grid.standing:
        key = block.rows.needs[number][0].workload.key
        if (key, placement.assignment) in block.situation.cramped:
            no |= (block.r == number) & (block.c == column)
    return no


def refuses_newcomers(grid: Block, rows: Ints) -> Bools:
    """[rows, S] as `refuses` of what stands nowhere yet, at every site."""
    return ~room_anywhere(grid, rows)


def sentence(context: Context) -> str:
    """How many replicas there is room for."""
    if context.stands:
        message = f"{context.location.site.name} has no room for the replicas that wait for a node"
        return f"{message} ({_words(context.demand)} each)"
    site, replicas = context.location.site.name, context.asking.workload.spec.scaling.min_replicas
    headroom = context.asking.world.policy.headroom_percent
    slots = context.asking.world.ledger.slots(site, context.demand)
    return (
        f"{site} has room for {slots} of {replicas} replicas of {_words(context.demand)}, each whole on one node with"
        f" {headroom} % of CPU and memory left free"
    )


def _words(demand: Demand) -> str:
    return ", ".join(_word(resource, amount) for resource, amount in demand if resource != "pods") or "one pod"


def _word(resource: str, amount: int) -> str:
    if resource == "cpu":
        return f"{amount} m CPU"
    if resource == "memory":
        return f"{amount // (1024 * 1024)} MiB"
    if resource == "ephemeral-storage":
        return f"{-(-amount // (1024 * 1024))} MiB of disk"
    return f"{amount} {resource}"
