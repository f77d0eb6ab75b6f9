# SPDX-License-Identifier: Apache-2.0
"""The operator's tasks: streams always, the loop only while leading.

A follower keeps its streams warm, so that taking over costs no list. Whatever ends by itself ends the process: all
state is in the API, and a restart is the one recovery that is always tested.
"""

import asyncio
import gc
import logging
import os
import socket
import time
from collections.abc import Callable, Coroutine
from enum import IntEnum
from typing import Any, Final
from uuid import uuid4

from aiworkload.kube.apply import KubeCluster
from aiworkload.kube.connection import Connection
from aiworkload.kube.events import EventPoster
from aiworkload.kube.fence import Fence
from aiworkload.kube.lease import Elector, LeaseTimings
from aiworkload.kube.node_leases import NodeLeases
from aiworkload.kube.node_metrics import NodeMetrics
from aiworkload.kube.store import Store
from aiworkload.kube.streams import streams
from aiworkload.kube.watch import Stream
from aiworkload.reconcile.cycle import CycleReport, Options
from aiworkload.reconcile.loop import Pace, run_loop
from aiworkload.reconcile.ports import Fenced
from aiworkload.settings import OperatorSettings
from aiworkload.telemetry.health import Health
from aiworkload.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)

LEASE_NAME: Final = "aiworkload-operator"
DRAIN_SECONDS: Final = 5.0
"""How long a stopping process waits for the writes under way; half of a request's longest time. Ours."""


class ExitCode(IntEnum):
    """How the process ends."""

    STOPPED = 0
    FAILED = 1
    MISCONFIGURED = 2
    LEADERSHIP_LOST = 3


class Service:
    """Everything that runs in the process, wired together once."""

    def __init__(self, settings: OperatorSettings, connection: Connection) -> None:
        self._settings = settings
        self._clock = connection.clock
        self._fence = Fence()
        self._store = Store(self._clock.now)
        self._streams = streams(connection, self._store)
        self.metrics: Final = Metrics()
        self._cluster = KubeCluster(
            connection, self._store, self._fence, self._clock.now, on_write=self.metrics.count_write
        )
        identity = f"{os.environ.get('POD_NAME') or socket.gethostname()}_{uuid4().hex[:8]}"
        self._events = EventPoster(connection, identity, may_post=lambda: self._fence.leads)
        timings = settings.lease
        self._leases = NodeLeases(connection)
        self._node_metrics = NodeMetrics(connection, self._store)
        self._elector = Elector(
            connection,
            self._fence,
            settings.namespace,
            LEASE_NAME,
            identity,
            LeaseTimings(timings.duration_seconds, timings.renew_deadline_seconds, timings.retry_seconds),
        )
        self._cycle_at: float | None = None
        self._tasks: set[asyncio.Task[ExitCode]] = set()
        self.ended: Final = asyncio.Event()
        """Set when something ended by itself (the process must end too, with `exit_code`), or when all is stopped."""
        self.exit_code = ExitCode.STOPPED
        self._introduce_streams()

    @property
    def health(self) -> Health:
        """Alive and ready, for the probes."""
        return Health(
            stream_ages={stream.name: _age_of(stream) for stream in self._streams},
            streams_synced={stream.name: stream.synced.is_set for stream in self._streams},
            elector_age=lambda: self._elector.age_seconds,
            loop_age=lambda: None if self._cycle_at is None else time.monotonic() - self._cycle_at,
            resync_seconds=self._settings.loop.resync_seconds,
        )

    def start(self) -> None:
        """Begin. The tasks must exist before kopf runs: at its exit it cancels every task made after it."""
        for stream in self._streams:
            self._keep(stream.name, stream.run())
        self._keep("events", self._events.run())
        self._keep("node metrics", self._node_metrics.run())
        self._keep("leadership", self._lead())

    async def stop(self) -> None:
        """End cleanly: no new write, those under way answered, the Lease given back."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._cluster.drain(DRAIN_SECONDS)
        await self._elector.release()
        self.ended.set()

    def _keep(self, name: str, work: Coroutine[Any, Any, ExitCode | None]) -> None:
        self._tasks.add(asyncio.create_task(self._supervised(name, work), name=name))

    async def _supervised(self, name: str, work: Coroutine[Any, Any, ExitCode | None]) -> ExitCode:
        code = ExitCode.FAILED
        try:
            code = await work or code
        except Fenced as error:
            _log.warning("%s", error)
            code = ExitCode.LEADERSHIP_LOST
        except Exception:  # noqa: BLE001 - the last stop: it is logged whole and ends the process
            _log.exception("%s ended unexpectedly; the process ends and is to be started again", name)
        self.exit_code = code
        self.ended.set()
        return code

    async def _lead(self) -> ExitCode:
        """Wait for facts, then for leadership, then run the loop until leadership is lost."""
        await asyncio.gather(*(stream.synced.wait() for stream in self._streams))
        # What the watches hold lives as long as the process: without this, each full collection walks all of it.
        gc.collect()
        gc.freeze()
        await self._elector.acquire()
        self._cycle_at = time.monotonic()
        loop = asyncio.create_task(self._loop(), name="loop")
        hold = asyncio.create_task(self._elector.hold(), name="lease")
        try:
            done, _ = await asyncio.wait({loop, hold}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.cancel()
            hold.cancel()
            await asyncio.gather(loop, hold, return_exceptions=True)
        for task in done:
            task.result()
        return ExitCode.LEADERSHIP_LOST

    async def _loop(self) -> None:
        settings = self._settings
        await run_loop(
            cluster=self._cluster,
            events=self._events,
            clock=self._clock,
            options=Options(
                settings.policy.policy(),
                settings.server.image,
                settings.sensing.peers_per_site,
                settings.discover_sites,
            ),
            pace=Pace(settings.loop.debounce_seconds, settings.loop.resync_seconds, settings.loop.advice_seconds),
            wake=self._store.changed,
            observe=self._observe,
            leases=self._leases,
        )

    def _observe(self, report: CycleReport, seconds: float) -> None:
        self._cycle_at = time.monotonic()
        self.metrics.observe_cycle(report, seconds)

    def _introduce_streams(self) -> None:
        for stream in self._streams:
            stream.on_relist = self.metrics.count_relist
        self.metrics.watch_process(
            leads=lambda: self._fence.leads,
            epoch=lambda: self._fence.epoch,
            events_lost=lambda: self._events.dropped,
            ages={stream.name: _age_of(stream) for stream in self._streams},
        )


def _age_of(stream: Stream) -> Callable[[], float]:
    return lambda: stream.age_seconds
