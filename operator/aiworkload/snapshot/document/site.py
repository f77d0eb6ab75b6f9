# SPDX-License-Identifier: Apache-2.0
"""A Site in the file: its manifest, and when one of its nodes was last heard."""

from typing import Annotated, Any, Literal

from pydantic import Field

from aiworkload.api.site import Connectivity, SiteSpec, SiteStatus
from aiworkload.snapshot.document.base import Age, ObjectMetadata, Part, Version, age, as_given, before, given, since
from aiworkload.snapshot.site import REPORT_VALID_SECONDS, Site


class SitePart(Part):
    """A Site as it is applied. A manifest that kubectl printed may be pasted."""

    api_version: Version | None = None
    kind: Literal["Site"] | None = None
    metadata: ObjectMetadata
    spec: SiteSpec
    status: SiteStatus | None = None
    """What the operator has published: its memory of the site's connectivity."""
    last_report_age_seconds: Age | None = None
    """How long before `takenTime` a report of one of its nodes was last seen to change. Absent: never."""
    report_valid_seconds: Annotated[Age, Field(ge=0)] = REPORT_VALID_SECONDS
    """How long that report is good for: it is late when half of this is over."""

    def to_site(self, nodes: tuple[str, ...], taken_at: float) -> Site:
        """As decisions see it, with these nodes. Connectivity is as published; `decide` derives it anew."""
        heard, status = self.last_report_age_seconds, self.status
        return Site(
            name=self.metadata.name,
            spec=self.spec,
            uid=self.metadata.uid,
            generation=self.metadata.generation,
            labels=dict(self.metadata.labels),
            nodes=nodes,
            last_report_at=None if heard is None else before(taken_at, heard),
            report_valid_seconds=self.report_valid_seconds,
            connectivity=(status and status.connectivity) or Connectivity.CONNECTED,
            connectivity_since=since(status.connectivity_since_time if status else None),
            published=status,
        )


def site_json(site: Site, taken_at: float) -> dict[str, Any]:
    """A Site as it is written."""
    metadata: dict[str, Any] = {
        "uid": site.uid or None,
        "generation": site.generation if site.generation != 1 else None,
        "labels": dict(sorted(site.labels.items())) or None,
    }
    optional: dict[str, Any] = {
        "status": None if site.published is None else as_given(site.published),
        "reportValidSeconds": site.report_valid_seconds if site.report_valid_seconds != REPORT_VALID_SECONDS else None,
        "lastReportAgeSeconds": None if site.last_report_at is None else age(site.last_report_at, taken_at),
    }
    return {
        "metadata": {"name": site.name, **given(metadata)},
        "spec": as_given(site.spec),
        **given(optional),
    }
