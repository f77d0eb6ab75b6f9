# SPDX-License-Identifier: Apache-2.0
"""The privacy boundary. It is never crossed, not in failover and not by a fallback."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from aiworkload.api.workload import Boundary, Tier
from aiworkload.placement.block import Array, Block
from aiworkload.placement.columns import TIER_BITS, Bools, Geography
from aiworkload.placement.context import Context
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.PRIVACY_BOUNDARY


def refuses(block: Block) -> Array:
    """Every site outside the boundary; what the spec leaves open is taken from the client sites."""
    return ~block.stacked(block.rows.bounded, _inside)


def _inside(needs: Needs, geography: Geography) -> Bools:
    privacy = needs.workload.spec.requirements.privacy
    clients = [site for site, _ in needs.clients]
    match privacy.boundary:
        case Boundary.SITE:
            return _at(privacy.sites or clients, geography)
        case Boundary.REGION:
            return _in_regions(needs, clients, geography)
        case _:
            on_premises: Bools = geography.tiers != TIER_BITS[Tier.CLOUD]
            return np.logical_and(on_premises, _in_regions(needs, clients, geography))


def _at(sites: Iterable[str], geography: Geography) -> Bools:
    found = np.zeros(len(geography), np.bool_)
    found[geography.column(sites)] = True
    return found


def _in_regions(needs: Needs, clients: list[str], geography: Geography) -> Bools:
    named = needs.workload.spec.requirements.privacy.regions
    theirs = {int(geography.region_codes[column]) for column in geography.column(clients)}
    allowed = {geography.regions.get(region, -1) for region in named} if named else theirs
    admitted = np.zeros(len(geography.regions) + 1, np.bool_)
    admitted[sorted(allowed - {-1})] = True
    inside: Bools = admitted[geography.region_codes]
    return inside if named else np.logical_or(inside, _at(clients, geography))


def sentence(context: Context) -> str:
    """Where it is, and where the data may be."""
    privacy = context.asking.workload.spec.requirements.privacy
    site = context.location.site
    if privacy.boundary is Boundary.SITE:
        allowed = sorted(privacy.sites or context.asking.client_sites)
        return f"{site.name} is not among the allowed sites: {', '.join(allowed)}"
    if privacy.boundary is Boundary.PREMISES and site.spec.tier is Tier.CLOUD:
        return f"{site.name} is {site.spec.tier} tier, and Premises are Edge and Fog sites only"
    allowed = sorted(set(privacy.regions) or _client_regions(context))
    here = f"in region {site.spec.region}" if site.spec.region else "in no region"
    return f"{site.name} is {here}, and the data may be in {', '.join(allowed) or 'no known region'} only"


def _client_regions(context: Context) -> set[str]:
    sites = (context.asking.world.locations.get(name) for name in context.asking.client_sites)
    return {found.site.spec.region for found in sites if found and found.site.spec.region}
