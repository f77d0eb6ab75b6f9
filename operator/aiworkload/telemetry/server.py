# SPDX-License-Identifier: Apache-2.0
"""/metrics, /healthz and /readyz on one port, served by a thread so that a busy loop still answers."""

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, cast
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import prometheus_client
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import ThreadingWSGIServer

from aiworkload.telemetry.health import Health

App = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

_PLAIN: Final = (("Content-Type", "text/plain; charset=utf-8"),)
_EVERY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 -- compared with: a kubelet and Prometheus come from other hosts


class PortTaken(Exception):
    """The address cannot be listened on; the sentence names it and the setting."""


ASKING_SECONDS: Final = 10.0
"""In which a request has to come: each holds a thread, and callers are whoever reaches the pod. Ours."""


class _Quiet(WSGIRequestHandler):
    """Does not write a line for each scrape and probe, and waits for nobody for ever."""

    timeout = ASKING_SECONDS

    def handle(self) -> None:
        """Answer, unless nothing is asked (the server calls this)."""
        with suppress(TimeoutError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class names it so
        """Say nothing."""


class _Dual(ThreadingWSGIServer):
    """Listens on an IPv6 address; on all of them, on those of IPv4 too."""

    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        """Take both before the address is taken (the base class calls this)."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class TelemetryServer:
    """Serves until stopped."""

    def __init__(self, address: str, port: int, registry: CollectorRegistry, health: Health) -> None:
        """Bind now. Every address is every one of IPv6 too, where there is IPv6: a pod's only one may be of it.

        Raises:
            PortTaken: the port is taken, or the address is not this machine's.
        """
        app = _application(registry, health)
        host = "::" if address == _EVERY_ADDRESS and socket.has_dualstack_ipv6() else address
        kind = _Dual if ":" in host else ThreadingWSGIServer
        try:
            self._server = make_server(host, port, app, server_class=kind, handler_class=_Quiet)
        except OSError as error:
            raise PortTaken(
                f"cannot serve /metrics on {address}:{port}: {error.strerror}. Set AIWORKLOAD_HTTP_PORT or"
                " AIWORKLOAD_HTTP_ADDRESS to one that is free"
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="telemetry", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _application(registry: CollectorRegistry, health: Health) -> App:
    metrics = cast("App", cast("Any", prometheus_client).make_wsgi_app(registry))
    answers: dict[str, Callable[[], list[str]]] = {"/healthz": health.ailments, "/readyz": health.missing}

    def application(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environment.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environment, start)
        if path not in answers:
            start("404 Not Found", [*_PLAIN])
            return [b"there are /metrics, /healthz and /readyz\n"]
        problems = answers[path]()
        start("503 Service Unavailable" if problems else "200 OK", [*_PLAIN])
        return ["\n".join([*(problems or ["ok"]), ""]).encode()]

    return application
