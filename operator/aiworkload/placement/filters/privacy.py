# SPDX-License-Identifier: Apache-2.0
"""The privacy boundary. It is never crossed, not in failover and not by a fallback."""

from aiworkload.api.workload import Boundary, Tier
from aiworkload.placement.context import Asking, Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to every site outside the boundary; what the spec leaves open is taken from the client sites."""
    match context.asking.workload.spec.requirements.privacy.boundary:
        case Boundary.ANYWHERE:
            return None
        case Boundary.SITE:
            return _outside_sites(context)
        case Boundary.REGION:
            return _outside_regions(context)
        case _:
            return _off_premises(context) or _outside_regions(context)


def _outside_sites(context: Context) -> Rejection | None:
    named = context.asking.workload.spec.requirements.privacy.sites
    allowed = sorted(named or context.asking.client_sites)
    site = context.location.site.name
    return None if site in allowed else _rejection(f"{site} is not among the allowed sites: {', '.join(allowed)}")


def _off_premises(context: Context) -> Rejection | None:
    site = context.location.site
    if site.spec.tier in (Tier.EDGE, Tier.FOG):
        return None
    return _rejection(f"{site.name} is {site.spec.tier} tier, and Premises are Edge and Fog sites only")


def _outside_regions(context: Context) -> Rejection | None:
    site = context.location.site
    named = context.asking.workload.spec.requirements.privacy.regions
    if not named and site.name in context.asking.client_sites:
        return None
    allowed = sorted(set(named) or _client_regions(context.asking))
    if site.spec.region and site.spec.region in allowed:
        return None
    here = f"in region {site.spec.region}" if site.spec.region else "in no region"
    return _rejection(f"{site.name} is {here}, and the data may be in {', '.join(allowed) or 'no known region'} only")


def _client_regions(asking: Asking) -> set[str]:
    sites = (asking.world.locations.get(name) for name in asking.client_sites)
    return {found.site.spec.region for found in sites if found and found.site.spec.region}


def _rejection(message: str) -> Rejection:
    return Rejection(RejectReason.PRIVACY_BOUNDARY, message)
