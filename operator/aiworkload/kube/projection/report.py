# SPDX-License-Identifier: Apache-2.0
"""NodeReports as facts, with the API server's own time of the last write."""

import math
from collections.abc import Mapping
from typing import Any, Final

from aiworkload.api.node_report import LinkReport, LossSource, NodeReportSpec, NodeReportStatus
from aiworkload.api.timestamps import to_epoch
from aiworkload.kube.projection.base import Fact, Metadata, Written
from aiworkload.kube.projection.live_use import busy_devices, disk_free, shares
from aiworkload.snapshot.measured import with_repeats

_MATERIAL_CHANGE: Final = 0.2
"""A round trip that changed by less wakes nobody: the agents' own threshold for writing at once (Oakestra)."""


class ReportMetadata(Metadata):
    """With the times of writes: the first list after a start needs to know how old a report is."""

    managed_fields: tuple[Written, ...] = ()

    @property
    def status_written_at(self) -> float | None:
        """When the status was last written, by the API server's clock; None: never."""
        times = [w.time.timestamp() for w in self.managed_fields if w.subresource == "status" and w.time]
        return max(times, default=None)


class ReportFact(Fact):
    """What one node's agent measured, and what it was asked to measure."""

    metadata: ReportMetadata  # pyright: ignore[reportIncompatibleVariableOverride] - frozen, so it may narrow
    spec: NodeReportSpec = NodeReportSpec()
    status: NodeReportStatus | None = None

    def essence(self) -> object:
        """Everything but times and small changes, so that heartbeats wake nobody; the snapshot has them anyway."""
        status = self.status
        links = tuple(_coarse(link) for link in status.links) if status else ()
        return (self.metadata.uid, self.spec, status and status.endpoint, status is None, links, self._use())

    def _use(self) -> object:
        machine = self.status.machine if self.status else None
        return machine and (shares(machine), disk_free(machine), busy_devices(machine), len(machine.accelerators))

    def differences(self, desired: Mapping[str, Any]) -> list[str]:
        """The spec is small and wholly ours."""
        return [] if NodeReportSpec.model_validate(desired.get("spec", {})) == self.spec else ["spec"]

    def age_of(self, observed_time: str) -> float:
        """Seconds from an observation to the report, both by the node's clock, which may be wrong."""
        if self.status is None or observed_time == self.status.observed_time:
            return 0.0
        apart = to_epoch(self.status.observed_time) - to_epoch(observed_time)
        return max(0.0, apart)


def felt_p95(link: LinkReport) -> int | None:
    """What requests over this link see at the 95th percentile, in microseconds; None: nothing was answered.

    Where datagrams count the loss, round trips are those of packets that came through; a request's are not.
    """
    p50, p95 = link.rtt_p50_microseconds, link.rtt_p95_microseconds
    if p50 is None or p95 is None or link.loss_source is LossSource.PROBES:
        return p95
    return with_repeats(p50, p95, link.loss_basis_points)


def _coarse(link: LinkReport) -> tuple[str, int | None, int, int | None]:
    return (
        link.site,
        _logarithmic(felt_p95(link)),
        min(link.consecutive_losses, 10),
        _logarithmic(link.bandwidth_kilobits),
    )


def _logarithmic(figure: int | None) -> int | None:
    return None if figure is None else int(math.log(max(1, figure), 1 + _MATERIAL_CHANGE))
