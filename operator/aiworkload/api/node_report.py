# SPDX-License-Identifier: Apache-2.0
"""`NodeReport`: what one node's agent measured. Same name as its Node, owned by it, written by its agent only."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field, StringConstraints

from aiworkload.api.base import Model, Name, Timestamp, list_map, list_set, rules, says

_PORT: Final = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
"""From 1 to 65535."""

Endpoint = Annotated[
    str,
    StringConstraints(pattern=rf"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):{_PORT}$", max_length=280),
    Field(
        json_schema_extra=says(
            "write host:port with a port from 1 to 65535, an IPv6 address in brackets, for example 10.0.0.7:9777"
        )
    ),
]
"""`host:port`; an IPv6 address stands in brackets."""

Microseconds = Annotated[int, Field(ge=0, le=60_000_000)]
"""At most a minute: a longer round trip is a loss."""


class Peer(Model):
    """Another site's agent to probe."""

    site: Name
    endpoint: Endpoint


class NodeReportSpec(Model):
    """What the operator asks of the agent: which site it stands in and whom to probe."""

    site: Name | None = None
    peers: Annotated[tuple[Peer, ...], Field(max_length=256, json_schema_extra=list_map("site"))] = ()


class LossSource(StrEnum):
    """What a link's loss was counted with.

    `Datagrams`: single packets there and back, so that round trips need not tell of loss too. `Probes`: probes over
    TCP without an answer in time, which repeats lost packets itself, so that round trips tell of loss too.
    """

    DATAGRAMS = "Datagrams"
    PROBES = "Probes"


OUTAGE_LOSSES: Final = 5
"""Probes in a row without an answer that make an outage (Liqo); reaching and leaving it is told at once."""


class LinkReport(Model):
    """One link as this node measured it: a sliding window of kept-connection round trips.

    Without a single answer in the window there is no round trip to tell: the losses speak alone.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                (
                    "!has(self.rttP50Microseconds) || !has(self.rttP95Microseconds)"
                    " || self.rttP50Microseconds <= self.rttP95Microseconds"
                ),
                (
                    "rttP50Microseconds cannot be above rttP95Microseconds: half of the samples cannot exceed what"
                    " 95 % stay under"
                ),
            ),
            (
                (
                    "has(self.bandwidthKilobits) == has(self.bandwidthObservedTime)"
                    " && has(self.bandwidthKilobits) == has(self.bandwidthValidSeconds)"
                ),
                (
                    "bandwidthKilobits, bandwidthObservedTime and bandwidthValidSeconds come together: a bandwidth of"
                    " no time cannot be believed"
                ),
            ),
        )
    )

    site: Name
    rtt_p50_microseconds: Microseconds | None = None
    rtt_p95_microseconds: Microseconds | None = None
    jitter_microseconds: Microseconds = 0
    loss_basis_points: Annotated[int, Field(ge=0, le=10_000)] = 0
    loss_source: LossSource = LossSource.PROBES
    samples: Annotated[int, Field(ge=0, le=100_000)] = 0
    consecutive_losses: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    bandwidth_kilobits: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """A second, from here to there, by bursts."""
    bandwidth_observed_time: Timestamp | None = None
    bandwidth_valid_seconds: Annotated[int, Field(ge=1, le=604_800)] | None = None
    """Bursts are rare, so a bandwidth is believed longer than the rest of the report."""
    observed_time: Timestamp


Percent = Annotated[int, Field(ge=0, le=100)]


class MachinePressure(StrEnum):
    """Why a machine does its work late.

    `Cpu`, `Memory`: work waits for it. `Heat`: the machine slows itself down.
    """

    CPU = "Cpu"
    MEMORY = "Memory"
    HEAT = "Heat"


STRAINS: Final = frozenset({MachinePressure.CPU, MachinePressure.MEMORY})
"""Under these an agent probes nobody: it would disturb inference, and measure its own waiting."""


Mebibytes = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""Up to nearly a pebibyte."""


BUSY_USE_PERCENT: Final = 50
BUSY_MEMORY_PERCENT: Final = 5
"""A device is busy when it computes half of the time, or a process keeps a twentieth of its memory: an idle one keeps
next to none. Ours."""


def is_device_busy(use_percent: int | None, memory: int, memory_used: int) -> bool:
    """Whether somebody uses a device, its memory in any unit."""
    return (use_percent or 0) >= BUSY_USE_PERCENT or 100 * memory_used >= BUSY_MEMORY_PERCENT * max(1, memory)


class AcceleratorReport(Model):
    """One device as its driver sees it, whoever uses it: pods, other containers, processes beside Kubernetes."""

    uuid: Annotated[str, StringConstraints(min_length=1, max_length=96)]
    use_percent: Percent | None = None
    """Of the time lately in which it computed; absent: the driver does not tell."""
    memory_mebibytes: Mebibytes
    memory_used_mebibytes: Mebibytes

    @property
    def is_busy(self) -> bool:
        """Whether somebody uses it."""
        return is_device_busy(self.use_percent, self.memory_mebibytes, self.memory_used_mebibytes)


class MachineReport(Model):
    """How busy the whole machine is, whoever keeps it busy: what requests do not tell.

    A part that could not be measured is absent, which is not idle.
    """

    cpu_percent: Percent | None = None
    """Of all its cores, over the time since the report before."""
    memory_percent: Percent | None = None
    """Of its memory, without what the kernel would give back."""
    pressed: Annotated[tuple[MachinePressure, ...], Field(max_length=3, json_schema_extra=list_set())] = ()
    """While `Cpu` or `Memory` is among them the agent probes nobody, so that its links keep their last times."""
    disk_free_mebibytes: Mebibytes | None = None
    """On the disk of pods' volumes, for models."""
    accelerators: Annotated[
        tuple[AcceleratorReport, ...], Field(max_length=32, json_schema_extra=list_map("uuid"))
    ] = ()
    observed_time: Timestamp

    @property
    def is_strained(self) -> bool:
        """Whether its agent probes nobody."""
        return not STRAINS.isdisjoint(self.pressed)


class NodeReportStatus(Model):
    """Written on material change and as a heartbeat, not per sample."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.links) || self.links.all(l, l.observedTime <= self.observedTime)",
                "a link cannot have been observed after the report that carries it",
            ),
            (
                (
                    "!has(self.links) || self.links.all(l, !has(l.bandwidthObservedTime)"
                    " || l.bandwidthObservedTime <= self.observedTime)"
                ),
                "a bandwidth cannot have been observed after the report that carries it",
            ),
            (
                "!has(self.machine) || self.machine.observedTime <= self.observedTime",
                "the machine cannot have been observed after the report that carries it",
            ),
        )
    )

    observed_time: Timestamp
    valid_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    endpoint: Endpoint | None = None
    links: Annotated[tuple[LinkReport, ...], Field(max_length=256, json_schema_extra=list_map("site"))] = ()
    machine: MachineReport | None = None
