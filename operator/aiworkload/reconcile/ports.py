# SPDX-License-Identifier: Apache-2.0
"""What the loop needs of the world, and nothing more: one narrow border each, with a fake beside the tests.

A port's failure is one of this module's errors; clients' own errors end at the border (`kube.errors`).

    ClusterError
     ├── Fenced      this process no longer leads: stop, write nothing
     ├── Conflict    somebody wrote in between: the next cycle reads again and decides anew
     └── Refused     the API server says no for good (invalid, forbidden): said in a condition or Event, not retried hot
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from aiworkload.api.site import SiteStatus
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.sensing.pulses import Renewal
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import UnreadableWorkload, Workload


class ClusterError(Exception):
    """The cluster could not be written to; nothing is lost, the next cycle tries again."""


class Fenced(ClusterError):
    """This process is not the leader any more."""


class Conflict(ClusterError):
    """The object changed since it was read."""


class Refused(ClusterError):
    """The API server refused the write for good; the message is its own."""


class EventType(StrEnum):
    """Kubernetes' two kinds of Event."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """What an Event is about."""

    kind: str
    name: str
    uid: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One Event to post: a reason from DESIGN's list and a sentence."""

    about: ObjectReference
    type: EventType
    reason: str
    message: str


class Clock(Protocol):
    """The operator's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class Cluster(Protocol):
    """The one Kubernetes cluster that a cycle works on."""

    def snapshot(self) -> Snapshot:
        """All that is known now, frozen. Never waits."""
        ...

    async def apply(self, manifest: Mapping[str, Any]) -> bool:
        """Server-side apply under our field manager. Writes only drift; True when it wrote."""
        ...

    async def create(self, manifest: Mapping[str, Any]) -> bool:
        """Create unless an object of that name exists already; True when it wrote."""
        ...

    async def delete(self, kind: str, namespace: str | None, name: str, uid: str) -> None:
        """Delete that very object (by its uid); one that is gone already is a success."""
        ...

    async def write_workload_status(self, workload: Workload | UnreadableWorkload, status: AIWorkloadStatus) -> None:
        """Replace the status by server-side apply under the status field manager, fenced by resourceVersion."""
        ...

    async def write_site_status(self, site: Site, status: SiteStatus) -> None:
        """Replace a Site's status."""
        ...


class Leases(Protocol):
    """Kubelets' Leases, which are looked at only where there is doubt."""

    async def renewals(self, nodes: Collection[str]) -> Mapping[str, Renewal | None]:
        """Each node's Lease as its kubelet last renewed it; None where there is none.

        Raises:
            ClusterError: they could not be read.
        """
        ...


class Events(Protocol):
    """Kubernetes Events, rate-limited; losing one is no error."""

    def post(self, note: Note) -> None:
        """Queue it; never waits."""
        ...
