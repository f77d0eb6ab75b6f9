# SPDX-License-Identifier: Apache-2.0
"""A link in the file: what was measured, how long ago, in the units of a NodeReport."""

from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from aiworkload.api.node_report import Microseconds
from aiworkload.snapshot.document.base import Age, Part, age, before, given
from aiworkload.snapshot.link import Link, LinkSource

VALID_SECONDS: Final = 30.0
"""As a NodeReport says where its agent does not."""
SiteName = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class LinkPart(Part):
    """The path between two sites as measured at one end, or as somebody declares it."""

    from_: Annotated[SiteName, Field(alias="from")]
    """The site that measured it."""
    to: SiteName
    """The other end."""
    rtt_p50_microseconds: Microseconds | None = None
    rtt_p95_microseconds: Microseconds | None = None
    """Absent: no answer came back, and `consecutiveLosses` says how often."""
    jitter_microseconds: Microseconds = 0
    loss_basis_points: Annotated[int, Field(ge=0, le=10_000)] = 0
    consecutive_losses: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    bandwidth_kilobits: Annotated[int, Field(ge=0)] | None = None
    """Absent: as declared in the Site's `links`, if it is."""
    source: LinkSource = LinkSource.MEASURED
    age_seconds: Age = 0.0
    """How long before `takenTime` it was measured. Only measured links have an age."""
    valid_seconds: Annotated[Age, Field(ge=0)] = VALID_SECONDS
    """How old it may be and still count. Older means unknown."""

    def to_link(self, taken_at: float) -> Link:
        """As decisions see it."""
        return Link(
            from_site=self.from_,
            to_site=self.to,
            rtt_p50_microseconds=self.rtt_p50_microseconds,
            rtt_p95_microseconds=self.rtt_p95_microseconds,
            jitter_microseconds=self.jitter_microseconds,
            loss_basis_points=self.loss_basis_points,
            consecutive_losses=self.consecutive_losses,
            bandwidth_kilobits=self.bandwidth_kilobits,
            source=self.source,
            observed_at=before(taken_at, self.age_seconds) if self.source is LinkSource.MEASURED else 0.0,
            valid_seconds=self.valid_seconds,
        )


def link_json(link: Link, taken_at: float) -> dict[str, Any]:
    """A link as it is written."""
    measured = link.source is LinkSource.MEASURED
    optional: dict[str, Any] = {
        "rttP50Microseconds": link.rtt_p50_microseconds,
        "rttP95Microseconds": link.rtt_p95_microseconds,
        "jitterMicroseconds": link.jitter_microseconds or None,
        "lossBasisPoints": link.loss_basis_points or None,
        "consecutiveLosses": link.consecutive_losses or None,
        "bandwidthKilobits": link.bandwidth_kilobits,
        "source": None if measured else link.source.value,
        "ageSeconds": age(link.observed_at, taken_at) if measured else None,
        "validSeconds": link.valid_seconds if link.valid_seconds != VALID_SECONDS else None,
    }
    return {"from": link.from_site, "to": link.to_site, **given(optional)}
