# SPDX-License-Identifier: Apache-2.0
"""The agent's life: answer probes, probe, and publish, until cancelled.

Measuring never waits for publishing: with the API server out of reach the windows go on, and the first write after it
tells what is true then.
"""

import asyncio
import faulthandler
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Protocol

from aiworkload.agent.bandwidth_rounds import Rounds
from aiworkload.agent.burst_receiver import BurstReceiver
from aiworkload.agent.datagram_echo import DatagramEcho
from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import parse_endpoint
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.machine import Machine, MachineUse
from aiworkload.agent.measuring import Measuring
from aiworkload.agent.moment import Moment
from aiworkload.agent.publish import PublishError
from aiworkload.agent.report import Links, Published, build_status, tellable, write_reason
from aiworkload.agent.retries import Retries
from aiworkload.agent.settings import Settings
from aiworkload.agent.way import Myself
from aiworkload.api.node_report import OUTAGE_LOSSES, NodeReportSpec, NodeReportStatus

_log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""Between two looks at whether a report is due; shorter when probes come faster. Ours."""
KEYS_SECONDS: Final = 10.0
"""Between two looks at the key file; a kubelet takes up to a minute to renew it anyway. Ours."""
BEAT_SECONDS: Final = 10.0
STUCK_SECONDS: Final = 60
"""An event loop that has not run for this long is stuck: the process ends and shows where. Ours."""


class ReportSink(Protocol):
    """Where reports go."""

    async def publish(self, status: NodeReportStatus) -> NodeReportSpec:
        """Write it, and learn what the operator asks.

        Raises:
            PublishError: it was not written.
        """
        ...


class Agent:
    """One node's agent."""

    def __init__(self, settings: Settings, sink: ReportSink, machine: Machine | None = None) -> None:
        """Read the keys. Another `machine` than this one is for tests.

        Raises:
            KeysError: there is a key file, and it cannot be used.
        """
        self._settings = settings
        self._sink = sink
        self._keys = KeyFile(settings.key_file) if settings.key_file else None
        self._endpoint = str(settings.endpoint) if settings.endpoint else None
        self._machine = machine or _this_machine(settings)
        self._strained = False
        self._published: Published | None = None
        self._trouble: str | None = None
        self._retries = Retries(settings.policy.heartbeat_seconds)
        self._lost: set[str] = set()

    async def run(self) -> None:
        """Run until cancelled. Whatever breaks for good ends the process, so that it is started again.

        Raises:
            OSError: the listening address cannot be had.
        """
        async with self._answering(), asyncio.TaskGroup() as group:
            measuring = self._measuring(group)
            measuring.probe(self._settings.peers)
            group.create_task(_beat(), name="beat")
            if self._keys:
                group.create_task(_follow(self._keys), name="keys")
            await self._publish_forever(measuring)

    def _measuring(self, group: asyncio.TaskGroup) -> Measuring:
        told = self._settings
        return Measuring(
            group,
            told.timing,
            told.window,
            self._keys,
            paused=lambda: self._strained,
            rounds=self._rounds(),
            myself=Myself(told.listen, told.endpoint),
        )

    def _rounds(self) -> Rounds | None:
        turns = self._settings.bandwidth
        return Rounds(self._keys, turns, lambda: self._strained) if self._keys and turns else None

    def _burst_receiver(self) -> BurstReceiver | None:
        turns = self._settings.bandwidth
        return BurstReceiver(self._keys, turns.receive_bytes_per_hour) if self._keys and turns else None

    @asynccontextmanager
    async def _answering(self) -> AsyncGenerator[None]:
        """Answer other agents' probes meanwhile, and their datagrams where there is a key."""
        async with AsyncExitStack() as stack:
            echo = EchoServer(bursts=self._burst_receiver())
            server = await echo.listen(self._settings.listen)
            stack.callback(echo.close)
            stack.callback(server.close)
            if self._keys:
                datagrams = DatagramEcho(self._keys)
                stack.callback(datagrams.close)
                await datagrams.listen(self._settings.listen)
            else:
                _log.info("no --key-file: no datagrams are sent or answered, and loss is counted with probes over TCP")
            yield

    async def _publish_forever(self, measuring: Measuring) -> None:
        look = min(LOOK_SECONDS, self._settings.timing.interval_seconds)
        while True:
            await self._publish_if_due(measuring)
            await asyncio.sleep(look)

    async def _publish_if_due(self, measuring: Measuring) -> None:
        links, now, policy = tellable(measuring.links()), Moment.now(), self._settings.policy
        use = self._machine.look(now.monotonic) if self._machine else None
        self._pause_or_resume(use)
        self._notice_healing(links, now.monotonic)
        reason = write_reason(self._published, links, now.monotonic, policy, use, misses_peers=measuring.misses_peers())
        if reason is None or not self._retries.due(now.monotonic):
            return
        try:
            spec = await self._sink.publish(build_status(links, now, policy, self._endpoint, use))
        except PublishError as error:
            self._complain(str(error))
            self._retries.failed(error, Moment.now().monotonic)
            return
        self._settle()
        _log.debug("published %d links: %s", len(links), reason)
        self._published = Published(links, now.monotonic, use)
        measuring.probe(self._settings.peers, {peer.site: parse_endpoint(peer.endpoint) for peer in spec.peers})

    def _notice_healing(self, links: Links, now: float) -> None:
        """What cut off a link that is back may have cut off the API server too."""
        lost = {site for site, link in links.items() if link.consecutive_losses >= OUTAGE_LOSSES}
        if (self._lost - lost) & links.keys():
            self._retries.hurry(now)
        self._lost = lost

    def _pause_or_resume(self, use: MachineUse | None) -> None:
        strained = use is not None and use.is_strained
        if use and strained != self._strained:
            _log.info("this machine is under pressure: probing %s", "pauses" if strained else "goes on")
        self._strained = strained

    def _complain(self, trouble: str) -> None:
        """Say it once, not at every attempt."""
        if trouble != self._trouble:
            _log.warning("not published, and tried again: %s", trouble)
        self._trouble = trouble

    def _settle(self) -> None:
        if self._trouble or not self._published:
            _log.info("publishing NodeReport %s", self._settings.node_name)
        self._trouble = None
        self._retries.succeeded()


def _this_machine(settings: Settings) -> Machine | None:
    window = settings.policy.heartbeat_seconds
    return Machine(window, models=settings.model_folder) if settings.machine else None


async def _follow(keys: KeyFile) -> None:
    """Take up keys that are changed in the file."""
    while True:
        await asyncio.sleep(KEYS_SECONDS)
        keys.refresh()


async def _beat() -> None:
    """Keep the watchdog quiet for as long as the event loop turns.

    The watchdog is a thread in C that no stuck Python code can hold up, and a restart by the kubelet is the cure; a
    TCP probe of the listener would not do, because the kernel accepts connections for a stuck process too.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True)
            await asyncio.sleep(BEAT_SECONDS)
    finally:
        faulthandler.cancel_dump_traceback_later()
