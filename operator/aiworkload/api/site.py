# SPDX-License-Identifier: Apache-2.0
"""`Site`: nodes at one location that share an uplink; the unit of placement and the end of every link."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from aiworkload.api.base import Labels, LabelValue, Model, Money, Name, Timestamp, list_map
from aiworkload.api.conditions import Condition
from aiworkload.api.workload import Tier


class Connectivity(StrEnum):
    """A site as the control plane sees it. A silent site is not a dead one."""

    CONNECTED = "Connected"
    DEGRADED = "Degraded"
    DISCONNECTED = "Disconnected"
    LOST = "Lost"


class SiteCost(Model):
    """What a site costs.

    `perHour` is the price of one whole node for an hour (its amortised price on own premises); a workload pays
    its share of a node. `perGibibyteEgress` is paid for what its clients at other sites send and receive.
    """

    per_hour: Money = "0"
    per_gibibyte_egress: Money = "0"


class DeclaredLink(Model):
    """A link's values by its owner's word: used until measured, and marked as declared."""

    site: Name
    """The other end: the name of another Site."""
    rtt_milliseconds: Annotated[int, Field(ge=0, le=60_000)]
    """Round trip."""
    bandwidth_megabits: Annotated[int, Field(ge=1, le=10_000_000)] | None = None


class SiteSpec(Model):
    """A location. Without a `nodeSelector` it is a client site that hosts nothing."""

    tier: Tier
    region: LabelValue = ""
    """What privacy boundaries compare."""
    node_selector: Annotated[Labels, Field(min_length=1)] | None = None
    """Labels of the site's nodes, all of them."""
    cost: SiteCost = SiteCost()
    links: Annotated[tuple[DeclaredLink, ...], Field(max_length=256, json_schema_extra=list_map("site"))] = ()
    """Declared links to other sites."""


class SiteStatus(Model):
    """What is seen of the site. `lastContactTime` is written when contact is lost, not while it lasts."""

    connectivity: Connectivity | None = None
    connectivity_since_time: Timestamp | None = None
    """When the connectivity became what it is."""
    nodes: Annotated[int, Field(ge=0)] = 0
    ready_nodes: Annotated[int, Field(ge=0)] = 0
    last_contact_time: Timestamp | None = None
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16, json_schema_extra=list_map("type"))] = ()
