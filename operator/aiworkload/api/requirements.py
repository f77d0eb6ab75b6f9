# SPDX-License-Identifier: Apache-2.0
"""What must hold wherever a workload runs: latency, traffic, privacy, cost and what happens when the uplink dies."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from aiworkload.api.base import LabelValue, Model, Money, Name, list_map, list_set, rules


class Boundary(StrEnum):
    """How far a workload's data may travel."""

    ANYWHERE = "Anywhere"
    REGION = "Region"
    PREMISES = "Premises"
    SITE = "Site"


class OfflineMode(StrEnum):
    """Whether a replica must stand at every client site and go on alone."""

    NOT_REQUIRED = "NotRequired"
    REQUIRED = "Required"


class Client(Model):
    """A site where requests come from."""

    site: Name
    """The name of a Site."""
    requests_per_second: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    """Expected from there: weighs the site and prices its traffic."""


class LatencyRequirement(Model):
    """The target: 95 of 100 requests answered within so many milliseconds, seen from the client sites."""

    p95_milliseconds: Annotated[int, Field(ge=1, le=600_000)]
    """The target."""
    clients: Annotated[tuple[Client, ...], Field(max_length=64, json_schema_extra=list_map("site"))] = ()
    """Where requests come from. Without any, only compute counts towards the target."""


class TrafficRequirement(Model):
    """Size of one request and one response: what a distant placement costs in egress."""

    request_kibibytes: Annotated[int, Field(ge=0, le=1_048_576)] = 0
    response_kibibytes: Annotated[int, Field(ge=0, le=1_048_576)] = 0


class PrivacyRequirement(Model):
    """A boundary that is never crossed, not in failover, not by a fallback."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.boundary in ['Region', 'Premises'] || !has(self.regions) || self.regions.size() == 0",
                "regions are read for boundary Region and Premises only: set one of them, or leave regions out",
            ),
            (
                "self.boundary == 'Site' || !has(self.sites) || self.sites.size() == 0",
                "sites are read for boundary Site only: set boundary: Site, or leave sites out",
            ),
        )
    )

    boundary: Boundary = Boundary.ANYWHERE
    """Region and Premises hold the data in regions (Premises not in the cloud), Site at sites."""
    regions: Annotated[tuple[LabelValue, ...], Field(max_length=32, json_schema_extra=list_set())] = ()
    """Absent: the client sites' regions."""
    sites: Annotated[tuple[Name, ...], Field(max_length=64, json_schema_extra=list_set())] = ()
    """Absent: the client sites."""


class OfflineRequirement(Model):
    """What happens when the uplink dies.

    Without `autonomySeconds` a required replica goes on for as long as the cut lasts.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.autonomySeconds) || self.mode == 'Required'",
                "autonomySeconds says how long a replica goes on alone: set mode: Required with it",
            ),
        )
    )

    mode: OfflineMode = OfflineMode.NOT_REQUIRED
    """Required: a replica at every client site."""
    autonomy_seconds: Annotated[int, Field(ge=60, le=31_536_000)] | None = None
    """How long it must go on alone."""


class CostRequirement(Model):
    """What the workload may cost at most."""

    max_per_hour: Money
    """Over all its sites together, as estimated from the prices of the Sites and in their currency."""


class Requirements(Model):
    """What must hold wherever the workload runs."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                (
                    "!has(self.privacy) || self.privacy.boundary != 'Site'"
                    " || (has(self.privacy.sites) && self.privacy.sites.size() > 0)"
                    " || (has(self.latency) && has(self.latency.clients) && self.latency.clients.size() > 0)"
                ),
                (
                    "privacy.boundary: Site needs to know which sites: name privacy.sites, or latency.clients whose"
                    " sites are taken"
                ),
            ),
            (
                (
                    "!has(self.privacy) || !(self.privacy.boundary in ['Region', 'Premises'])"
                    " || (has(self.privacy.regions) && self.privacy.regions.size() > 0)"
                    " || (has(self.latency) && has(self.latency.clients) && self.latency.clients.size() > 0)"
                ),
                (
                    "privacy.boundary: Region or Premises needs to know which regions: name privacy.regions, or"
                    " latency.clients whose sites' regions are taken"
                ),
            ),
            (
                (
                    "!has(self.offline) || self.offline.mode != 'Required'"
                    " || (has(self.latency) && has(self.latency.clients) && self.latency.clients.size() > 0)"
                ),
                "offline.mode: Required puts a replica at every client site: name them in latency.clients",
            ),
            (
                (
                    "!has(self.offline) || self.offline.mode != 'Required' || !has(self.privacy)"
                    " || self.privacy.boundary != 'Site' || !has(self.privacy.sites) || self.privacy.sites.size() == 0"
                    " || !has(self.latency) || !has(self.latency.clients)"
                    " || self.latency.clients.all(c, c.site in self.privacy.sites)"
                ),
                (
                    "offline.mode: Required puts a replica at every client site, but privacy.sites leaves one of them"
                    " out: add it there, or take it from latency.clients"
                ),
            ),
        )
    )

    latency: LatencyRequirement | None = None
    traffic: TrafficRequirement = TrafficRequirement()
    privacy: PrivacyRequirement = PrivacyRequirement()
    offline: OfflineRequirement = OfflineRequirement()
    cost: CostRequirement | None = None
    """Absent: whatever it costs."""
