# SPDX-License-Identifier: Apache-2.0
"""One site: its owner's word (`SiteSpec`) and what is seen of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiworkload.api.site import Connectivity, SiteSpec, SiteStatus

REPORT_VALID_SECONDS: Final = 30.0
"""As a NodeReport is good for where its agent says nothing else."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site with the evidence for its connectivity and the state that was last published."""

    name: str
    spec: SiteSpec
    uid: str = ""
    generation: int = 1
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    nodes: tuple[str, ...] = ()
    """Names of the nodes that this site selects and no older site does."""
    contested_nodes: tuple[tuple[str, str], ...] = ()
    """(node, other site) for each node that another site selects too; the older site keeps it."""
    last_report_at: float | None = None
    """When the newest report of any of its nodes was seen to change; None: never."""
    report_valid_seconds: float = REPORT_VALID_SECONDS
    """How long that report is good for, by its agent's own word."""
    connectivity: Connectivity = Connectivity.CONNECTED
    """As derived for this snapshot (`placement.connectivity`), from the evidence and `published`."""
    connectivity_since: float = 0.0
    published: SiteStatus | None = None
    """The status that the API server holds: the memory of the state machine across restarts."""
