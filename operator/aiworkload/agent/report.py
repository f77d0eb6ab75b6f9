# SPDX-License-Identifier: Apache-2.0
"""What is published of the links and the machine, and when.

A write costs the API server more than everything the agent does (DESIGN 10: a status patch is 2.4 ms of its CPU), so
samples stay here and a report goes out when a decision could change, and as a heartbeat.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiworkload.agent.bandwidth import Bandwidth
from aiworkload.agent.machine import MachineUse, use_changed
from aiworkload.agent.moment import Moment
from aiworkload.agent.window import LinkSummary
from aiworkload.api.node_report import (
    OUTAGE_LOSSES,
    AcceleratorReport,
    LinkReport,
    MachineReport,
    NodeReportStatus,
)
from aiworkload.api.timestamps import to_rfc3339

Links = Mapping[str, LinkSummary]
"""What is known of each link, by the site at its other end."""

MOST_LINKS: Final = 256
"""The NodeReport's own bound."""
TRUSTED_SAMPLES: Final = 3
"""Probes before a link is told: nobody should move because of a single first answer. Ours."""
CHANGED_PERCENT: Final = 20
"""A p95 that differs this much from the published one is news (DESIGN 8)."""
CHANGED_MICROSECONDS: Final = 1000
"""But not below a millisecond: on a local network 20 % is noise, and no target is stated finer. Ours."""
CHANGED_LOSS_BASIS_POINTS: Final = 100
"""A loss that differs by a percentage point from the published one is news, which is as sure as it gets. Ours."""
HEARTBEATS_VALID: Final = 2.5
"""A report outlives one heartbeat that was missed, with half a heartbeat left for its way. Ours."""


class WriteReason(StrEnum):
    """Why a report goes out."""

    FIRST = "First"
    OUTAGE = "Outage"
    CHANGE = "Change"
    SILENT_PEER = "SilentPeer"
    HEARTBEAT = "Heartbeat"


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """How often to write, in seconds."""

    min_write_seconds: float = 10.0
    """At the earliest this long after the last report, except for an outage (DESIGN 8)."""
    heartbeat_seconds: float = 30.0
    """At the latest this long after it (DESIGN 8): in quiet a node costs the API server two writes a minute."""
    valid_seconds: int = 75
    """As long as `HEARTBEATS_VALID`; what gets worse meanwhile is written as a change or an outage, not awaited."""
    bandwidth_valid_seconds: int = 4500


@dataclass(frozen=True, slots=True)
class Published:
    """What the API server holds of us, and when (monotonic seconds) it took it."""

    links: Links
    at: float
    machine: MachineUse | None = None


def valid_seconds(heartbeat_seconds: float) -> int:
    """How long a report is good for when it is renewed this often."""
    return math.ceil(HEARTBEATS_VALID * heartbeat_seconds)


def tellable(links: Links) -> dict[str, LinkSummary]:
    """The links with enough probes to be believed, in the order of their names."""
    believed = sorted(site for site, link in links.items() if link.samples >= TRUSTED_SAMPLES)
    return {site: links[site] for site in believed[:MOST_LINKS]}


def write_reason(
    published: Published | None,
    links: Links,
    now: float,
    policy: WritePolicy,
    machine: MachineUse | None = None,
    *,
    misses_peers: bool = False,
) -> WriteReason | None:
    """Why to write these (tellable) links and this use now, at this monotonic second; None: not yet.

    `misses_peers`: a peer has fallen silent, and the answer to a write tells whether it has another address now.
    """
    if published is None:
        return WriteReason.FIRST
    elapsed = now - published.at
    if any(_crossed_outage(published.links.get(site), link) for site, link in links.items()):
        return WriteReason.OUTAGE
    changed = _changed(published.links, links) or use_changed(published.machine, machine)
    if changed and elapsed >= policy.min_write_seconds:
        return WriteReason.CHANGE
    if misses_peers and elapsed >= policy.min_write_seconds:
        return WriteReason.SILENT_PEER
    return WriteReason.HEARTBEAT if elapsed >= policy.heartbeat_seconds else None


def build_status(
    links: Links, now: Moment, policy: WritePolicy, endpoint: str | None, machine: MachineUse | None = None
) -> NodeReportStatus:
    """The report at this moment; how long ago each part was observed does not depend on the wall clock."""
    return NodeReportStatus(
        observed_time=to_rfc3339(now.epoch),
        valid_seconds=policy.valid_seconds,
        endpoint=endpoint,
        links=tuple(_link_report(site, link, now, policy) for site, link in links.items()),
        machine=machine and _machine_report(machine, now),
    )


def _link_report(site: str, link: LinkSummary, now: Moment, policy: WritePolicy) -> LinkReport:
    return LinkReport(
        site=site,
        rtt_p50_microseconds=link.rtt_p50,
        rtt_p95_microseconds=link.rtt_p95,
        jitter_microseconds=link.jitter,
        loss_basis_points=link.loss_basis_points,
        loss_source=link.loss_source,
        samples=link.samples,
        consecutive_losses=min(link.consecutive_losses, 1_000_000),
        bandwidth_kilobits=link.bandwidth and min(max(1, link.bandwidth.kilobits), 1_000_000_000),
        bandwidth_observed_time=link.bandwidth and to_rfc3339(now.date_of(link.bandwidth.observed_at)),
        bandwidth_valid_seconds=policy.bandwidth_valid_seconds if link.bandwidth else None,
        observed_time=to_rfc3339(now.date_of(link.observed_at)),
    )


def _machine_report(use: MachineUse, now: Moment) -> MachineReport:
    return MachineReport(
        cpu_percent=use.cpu,
        memory_percent=use.memory,
        pressed=tuple(sorted(use.pressed)),
        disk_free_mebibytes=use.disk_free,
        accelerators=tuple(
            AcceleratorReport(
                uuid=device.uuid,
                use_percent=device.use_percent,
                memory_mebibytes=device.memory_mebibytes,
                memory_used_mebibytes=device.memory_used_mebibytes,
            )
            for device in use.accelerators
        ),
        observed_time=to_rfc3339(now.date_of(use.observed_at)),
    )


def _crossed_outage(before: LinkSummary | None, after: LinkSummary) -> bool:
    was_out = before is not None and before.consecutive_losses >= OUTAGE_LOSSES
    return was_out != (after.consecutive_losses >= OUTAGE_LOSSES)


def _changed(before: Links, after: Links) -> bool:
    return before.keys() != after.keys() or any(_link_changed(before[site], after[site]) for site in after)


def _link_changed(before: LinkSummary, after: LinkSummary) -> bool:
    return (
        _loss_changed(before, after)
        or before.loss_source is not after.loss_source
        or _bandwidth_changed(before.bandwidth, after.bandwidth)
        or _rtt_changed(before.rtt_p95, after.rtt_p95)
    )


def _loss_changed(before: LinkSummary, after: LinkSummary) -> bool:
    """By a point and by a fifth: what is sure to within a point is no news below it."""
    old, new = before.loss_basis_points, after.loss_basis_points
    return abs(new - old) >= max(CHANGED_LOSS_BASIS_POINTS, old * CHANGED_PERCENT / 100)


def _bandwidth_changed(before: Bandwidth | None, after: Bandwidth | None) -> bool:
    if before is None or after is None:
        return before is not after
    return 100 * abs(after.kilobits - before.kilobits) >= CHANGED_PERCENT * before.kilobits


def _rtt_changed(before: int | None, after: int | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= max(CHANGED_MICROSECONDS, before * CHANGED_PERCENT / 100)
