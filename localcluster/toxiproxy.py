# SPDX-License-Identifier: Apache-2.0
"""Bad links for TCP: a proxy in front of the API server (or anything) whose delay is set, and which is cut, live.

What it emulates: delay, jitter, bandwidth, and a cut that is silent: established and new connections stay open and
nothing arrives, as when an uplink dies. What it does not: packets are not seen, so there is no packet loss and no
reordering; the sender's kernel gets its acknowledgements from the proxy, so a write during a cut succeeds and its data
are lost; a new connection during a cut is accepted and then hears nothing, instead of getting no answer at all; and on
healing the connections that lived through the cut are closed, since bytes are missing from them, where real TCP would
retransmit. Clients see what matters: time-outs during the cut, and a reconnect after it.
"""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Self

from localcluster.binaries import ensure
from localcluster.datafolder import DataFolder
from localcluster.errors import LocalClusterError
from localcluster.ports import free_ports
from localcluster.process import Process
from localcluster.stoppable import Stoppable

READY_SECONDS = 20.0
TIMEOUT_SECONDS = 5.0
STREAMS = ("upstream", "downstream")


class Toxiproxy(Stoppable):
    """A running toxiproxy server. Make one with `Toxiproxy.start`; it is a context manager that stops it."""

    def __init__(self, data: DataFolder, process: Process, url: str) -> None:
        """Hold what `start` made."""
        self._data, self._process, self._url = data, process, url

    @classmethod
    def start(cls) -> Self:
        """Start the server on a free loopback port, with a temporary folder of its own for its log.

        Raises:
            StartError: It did not answer in time; the message ends with its log's tail.
        """
        binary = ensure(["toxiproxy"])["toxiproxy"]
        [port] = free_ports(1)
        data = DataFolder()
        with data.until_started():
            process = Process("toxiproxy", [binary, "-host=127.0.0.1", f"-port={port}"], folder=data.path)
            server = cls(data, process, f"http://127.0.0.1:{port}")
            process.wait_until(server._answers, seconds=READY_SECONDS)
        return server

    def stop(self) -> None:
        """End the server and with it every proxy. Idempotent."""
        self._process.stop()
        self._data.release()

    def proxy(self, name: str, upstream: str, listen: str | None = None) -> "LinkProxy":
        """Open a proxy.

        Args:
            name: Its name, unique on this server.
            upstream: `host:port` to forward to; an `https://host:port` URL is understood too.
            listen: `host:port` to listen on. Default: a free loopback port.
        """
        address = upstream.rpartition("://")[2].rstrip("/")
        listen = listen or f"127.0.0.1:{free_ports(1)[0]}"
        self.request("POST", "/proxies", {"name": name, "listen": listen, "upstream": address, "enabled": True})
        return LinkProxy(self, name, listen)

    def request(self, method: str, path: str, body: object = None) -> None:
        """Send one request to toxiproxy's own API.

        Raises:
            LocalClusterError: It was refused; the message holds the reason.
        """
        data = None if body is None else json.dumps(body).encode()
        # Always http on loopback: the URL is built from a port of ours.
        request = urllib.request.Request(self._url + path, data, method=method)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(request, timeout=TIMEOUT_SECONDS).close()
        except urllib.error.HTTPError as error:
            raise LocalClusterError(
                f"toxiproxy refused {method} {path} ({error.code}): {error.read().decode(errors='replace').strip()}"
            ) from error

    def _answers(self) -> bool:
        try:
            self.request("GET", "/version")
        except OSError:
            return False
        return True


@dataclass
class LinkProxy:
    """One link through a proxy, as good or as bad as it was last set."""

    server: Toxiproxy
    name: str
    listen: str
    _cut: bool = False
    _delayed: bool = False

    @property
    def url(self) -> str:
        """The proxy's address as an https URL, for `ControlPlane.kubeconfig_for(server=…)`."""
        return f"https://{self.listen}"

    @property
    def is_cut(self) -> bool:
        """Whether the link is cut now."""
        return self._cut

    def set(self, *, latency_ms: int = 0, jitter_ms: int = 0) -> None:
        """Add this much to every round trip, half in each direction, for open and new connections alike.

        Args:
            latency_ms: Mean addition to the round-trip time, in milliseconds; 0 takes the delay away.
            jitter_ms: The round trip varies by at most this much, in milliseconds.
        """
        if self._delayed:
            self._remove("delay")
        self._delayed = bool(latency_ms or jitter_ms)
        if self._delayed:
            first = {"latency": latency_ms // 2, "jitter": jitter_ms // 2}
            second = {"latency": latency_ms - first["latency"], "jitter": jitter_ms - first["jitter"]}
            self._add("delay", "latency", [first, second])

    def cut(self) -> None:
        """Let nothing through any more, in either direction, without closing anything. Idempotent."""
        if not self._cut:
            self._add("cut", "timeout", [{"timeout": 0}, {"timeout": 0}])
            self._cut = True

    def heal(self) -> None:
        """Let data through again; connections that lost bytes in the cut are closed. Idempotent."""
        if self._cut:
            self._remove("cut")
            self._cut = False

    def close(self) -> None:
        """Close the proxy and its connections."""
        self.server.request("DELETE", f"/proxies/{self.name}")

    def _add(self, name: str, kind: str, attributes: list[dict[str, int]]) -> None:
        for stream, values in zip(STREAMS, attributes, strict=True):
            toxic = {"name": f"{name}-{stream}", "type": kind, "stream": stream, "attributes": values}
            self.server.request("POST", f"/proxies/{self.name}/toxics", toxic)

    def _remove(self, name: str) -> None:
        for stream in STREAMS:
            self.server.request("DELETE", f"/proxies/{self.name}/toxics/{name}-{stream}")
