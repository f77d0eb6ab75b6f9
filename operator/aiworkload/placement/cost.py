# SPDX-License-Identifier: Apache-2.0
"""What a placement costs in an hour: its share of nodes, and the egress of clients at other sites.

Money is Decimal throughout: cents do not survive binary fractions.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from aiworkload.api.workload import Client, TrafficRequirement
from aiworkload.placement.capacity import Demand
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site

_KIBIBYTES_PER_GIBIBYTE: Final = Decimal(1024 * 1024)
_SECONDS_PER_HOUR: Final = 3600
_MONEY_LIMIT: Final = Decimal("999999999.999999")
"""The largest amount that the API's `Money` can hold."""


def node_share(nodes: Sequence[Node], demand: Demand) -> Decimal:
    """The dominant share of the site's mean node that one replica takes; at most a whole one.

    Dominant share as in Dominant Resource Fairness (Ghodsi et al., NSDI 2011): the resource it takes most of.
    """
    parts = (_part(nodes, resource, amount) for resource, amount in demand if amount > 0)
    return min(Decimal(1), max(parts, default=Decimal(0)))


def _part(nodes: Sequence[Node], resource: str, amount: int) -> Decimal:
    allocatable = sum(node.allocatable.get(resource, 0) for node in nodes)
    return Decimal(amount) * len(nodes) / allocatable if allocatable else Decimal(1)


def egress_per_hour(site: Site, clients: Sequence[Client], traffic: TrafficRequirement) -> Decimal:
    """What clients at other sites send and receive in an hour, at this site's price."""
    price = Decimal(site.spec.cost.per_gibibyte_egress)
    kibibytes = traffic.request_kibibytes + traffic.response_kibibytes
    if not price or not kibibytes:
        return Decimal(0)
    requests = sum(client.requests_per_second for client in clients if client.site != site.name) * _SECONDS_PER_HOUR
    return requests * kibibytes / _KIBIBYTES_PER_GIBIBYTE * price


def as_money(amount: Decimal) -> str:
    """A decimal string with at most six decimals, as the API holds it."""
    rounded = min(amount, _MONEY_LIMIT).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return text or "0"
