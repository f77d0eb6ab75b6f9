# SPDX-License-Identifier: Apache-2.0
"""kopf hosts the process: signals, startup and cleanup. It watches nothing (docs/decisions/0003).

Its registry holds no handler for any resource, so it opens no watch and writes no annotation, finalizer or Event.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import kopf

from aiworkload.handlers.service import ExitCode, Service
from aiworkload.kube.connection import Connection
from aiworkload.kube.watch import Backoff
from aiworkload.settings import OperatorSettings
from aiworkload.telemetry.server import TelemetryServer

_log = logging.getLogger(__name__)


class _Patience:
    """kopf asks once for the API's groups, and by default gives up after 54 s, less than a rolling upgrade."""

    def __iter__(self) -> Iterator[float]:
        backoff = Backoff()
        while True:
            yield backoff.next_seconds()


async def run(settings: OperatorSettings, kubeconfig: str | None, context: str | None) -> ExitCode:
    """Run the operator until SIGTERM, SIGINT, or until a part of it ends.

    Raises:
        NotConfigured: no cluster is configured.
        PortTaken: the port of /metrics is taken.
    """
    async with Connection.open(kubeconfig, context) as connection:
        service = Service(settings, connection)
        http = settings.http
        server = TelemetryServer(http.address, http.port, service.metrics.registry, service.health)
        server.start()
        _log.info("metrics and probes on port %d; cluster %s", server.port, connection.server)
        service.start()
        try:
            await kopf.operator(
                registry=_registry(service, connection),
                settings=_kopf_settings(),
                standalone=True,
                clusterwide=True,
                stop_flag=service.ended,
            )
        finally:
            await service.stop()
            await asyncio.to_thread(server.stop)
    return service.exit_code


def _registry(service: Service, connection: Connection) -> kopf.OperatorRegistry:
    """Two handlers: how to reach the API server, and what to do at the end, before kopf cancels what is left."""
    registry = kopf.OperatorRegistry()

    async def login(**_: Any) -> kopf.AiohttpSession:  # noqa: ANN401 - kopf's calling convention
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=connection.new_session())

    async def stop(**_: Any) -> None:  # noqa: ANN401 - kopf's calling convention
        await service.stop()

    kopf.on.login(registry=registry)(login)
    kopf.on.cleanup(registry=registry)(stop)
    return registry


def _kopf_settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.networking.error_backoffs = _Patience()
    return settings
