# SPDX-License-Identifier: Apache-2.0
"""Room for all replicas, each whole on one node.

A new placement must leave headroom for bursts; one that stands has its room, and is asked only for replicas that
found no node.
"""

from aiworkload.placement.capacity import Demand
from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site whose nodes cannot take every replica."""
    if context.stands:
        return _standing(context)
    site, replicas = context.location.site.name, context.asking.workload.spec.scaling.min_replicas
    headroom = context.asking.world.policy.headroom_percent
    slots = context.asking.world.ledger.slots(site, context.demand, headroom)
    if slots >= replicas:
        return None
    return Rejection(
        RejectReason.INSUFFICIENT_RESOURCES,
        f"{site} has room for {slots} of {replicas} replicas of {_words(context.demand)}, each whole on one node with"
        f" {headroom} % of CPU and memory left free",
    )


def _standing(context: Context) -> Rejection | None:
    if context.asking.reserved.get(context.assignment, True):
        return None
    message = f"{context.location.site.name} has no room for the replicas that wait for a node"
    return Rejection(RejectReason.INSUFFICIENT_RESOURCES, f"{message} ({_words(context.demand)} each)")


def _words(demand: Demand) -> str:
    return ", ".join(_word(resource, amount) for resource, amount in demand if resource != "pods") or "one pod"


def _word(resource: str, amount: int) -> str:
    if resource == "cpu":
        return f"{amount} m CPU"
    if resource == "memory":
        return f"{amount // (1024 * 1024)} MiB"
    return f"{amount} {resource}"
