# SPDX-License-Identifier: Apache-2.0
"""Who leads, by one Lease.

The client's elector dies silently on a refused connection and never enforces its renew deadline; kopf's peering
compares wall clocks. Here every request has a timeout, only one's own steady clock is read (another's record counts as
alive as long as it is seen to change), and a leader that could not renew in time loses its fence by itself.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from aiworkload.kube.clock import steady_seconds
from aiworkload.kube.connection import Connection, Method
from aiworkload.kube.errors import NotFound
from aiworkload.kube.fence import Fence
from aiworkload.kube.resources import LEASE
from aiworkload.reconcile.ports import ClusterError, Conflict

_log = logging.getLogger(__name__)

_JITTER: Final = 1.1
"""Followers spread their looks by a tenth, so that they do not all grasp at once (client-go: 1.2)."""


@dataclass(frozen=True, slots=True)
class LeaseTimings:
    """In seconds; client-go's defaults."""

    duration: float = 15.0
    """How long others wait after the last seen renewal."""
    renew_deadline: float = 10.0
    """How long the leader goes on without a renewal; below `duration`, or two would lead."""
    retry: float = 2.0
    """Between two renewals, and between two looks of a follower."""


@dataclass
class Elector:
    """Takes, holds and releases the Lease, and moves the fence's deadline with it."""

    connection: Connection
    fence: Fence
    namespace: str
    name: str
    identity: str
    timings: LeaseTimings = field(default_factory=LeaseTimings)
    steady: Callable[[], float] = steady_seconds
    _record: dict[str, Any] = field(default_factory=dict[str, Any])
    _seen_at: float = 0.0
    _tried_at: float | None = None
    _told: str = ""

    @property
    def age_seconds(self) -> float:
        """Since the last attempt to take or renew; 0 before the first."""
        return 0.0 if self._tried_at is None else self.steady() - self._tried_at

    async def acquire(self) -> None:
        """Return once this process leads."""
        while not await self._try("take", self._take):  # noqa: ASYNC110 - another process's Lease rings no event
            await asyncio.sleep(self.timings.retry * random.uniform(1.0, _JITTER))  # noqa: S311 - spreads load
        _log.info("%s leads, epoch %d", self.identity, self.fence.epoch)

    async def hold(self) -> None:
        """Renew until leadership is lost; returning means that it is."""
        while self.fence.leads:
            await asyncio.sleep(min(self.timings.retry, self.fence.seconds_left))
            if self.fence.leads and await self._try("renew", self._renew) and not self._is_mine():
                break
        self.fence.close()
        _log.error("%s lost the lease %s/%s", self.identity, self.namespace, self.name)

    async def release(self) -> None:
        """Give the Lease back, so that a follower need not wait for it to run out.

        A renewal that was under way when this process was told to end may have arrived all the same: then the version
        that is known here is old, and it is given back under the new one.
        """
        if not self.fence.leads:
            return
        self.fence.close()
        known = _version(self._record)
        if not await self._try("release", self._give_back) and self._is_mine() and _version(self._record) != known:
            await self._try("release", self._give_back)

    async def _give_back(self) -> None:
        await self._write({**self._spec, "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": self._now()})

    @property
    def _spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = self._record.get("spec") or {}
        return spec

    def _is_mine(self) -> bool:
        return self._spec.get("holderIdentity") == self.identity

    async def _try(self, what: str, attempt: Callable[[], Any]) -> bool:
        """One attempt, cut off at the deadline; False when it did not work, which is for the caller to repeat."""
        self._tried_at = self.steady()
        try:
            result = await attempt()
        except Conflict:
            await self._try("read", self._read)
            return what == "renew"
        except ClusterError as error:
            self._tell(f"cannot {what} the Lease {self.namespace}/{self.name}: {error}{_cure(error)}")
            return False
        self._told = ""
        return result is not False

    def _tell(self, failure: str) -> None:
        """A failure is told once, not at every retry."""
        if failure != self._told:
            _log.warning("%s", failure)
        self._told = failure

    async def _take(self) -> bool:
        await self._read()
        if not self._record:
            return await self._lead("POST", 1)
        if self._spec.get("holderIdentity") and not self._has_run_out():
            return False
        return await self._lead("PUT", int(self._spec.get("leaseTransitions") or 0) + 1)

    def _has_run_out(self) -> bool:
        """Whether the record has not been seen to change for as long as its holder asked for."""
        duration = float(self._spec.get("leaseDurationSeconds") or self.timings.duration)
        return self.steady() >= self._seen_at + duration

    async def _lead(self, method: Method, epoch: int) -> bool:
        asked_at, now = self.steady(), self._now()
        spec = {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": round(self.timings.duration),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": epoch,
        }
        await self._write(spec, method)
        self.fence.open_until(asked_at + self.timings.renew_deadline, epoch)
        return True

    async def _renew(self) -> None:
        asked_at = self.steady()
        await self._write({**self._spec, "renewTime": self._now()})
        self.fence.open_until(asked_at + self.timings.renew_deadline, self.fence.epoch)

    async def _read(self) -> None:
        path = LEASE.path(self.namespace, self.name)
        try:
            raw = await self.connection.request("GET", path, seconds=self._patience())
        except NotFound:
            self._keep({})
        else:
            self._keep(orjson.loads(raw))

    async def _write(self, spec: Mapping[str, Any], method: Method = "PUT") -> None:
        """Write under the resourceVersion that was read: of two who grasp, one gets a Conflict."""
        known = self._record.get("metadata", {})
        body = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": known or {"name": self.name, "namespace": self.namespace},
            "spec": spec,
        }
        path = LEASE.path(self.namespace, None if method == "POST" else self.name)
        self._keep(orjson.loads(await self.connection.request(method, path, body=body, seconds=self._patience())))

    def _now(self) -> str:
        """`metav1.MicroTime`; for people to read, never compared."""
        moment = datetime.fromtimestamp(self.connection.clock.now(), UTC)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def _patience(self) -> float:
        """A request may not outlive the leadership it serves."""
        return max(0.1, min(self.timings.renew_deadline / 2, self.fence.seconds_left or self.timings.renew_deadline))

    def _keep(self, record: dict[str, Any]) -> None:
        if _version(record) != _version(self._record):
            self._seen_at = self.steady()
        self._record = record


def _cure(error: ClusterError) -> str:
    missing = isinstance(error, NotFound)
    return ". Create that namespace, or name another with AIWORKLOAD_NAMESPACE" if missing else ""


def _version(record: Mapping[str, Any]) -> str:
    return str(record.get("metadata", {}).get("resourceVersion", ""))
