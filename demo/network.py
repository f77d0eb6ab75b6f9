# SPDX-License-Identifier: Apache-2.0
"""The distance between the sites, and each site's uplink to the control plane, as proxies that can be made worse.

A cut site hears nobody and is heard by nobody: its nodes' heartbeats, its agent's reports and all its links stop, as
when a digger meets the cable. What runs there runs on.
"""

from dataclasses import dataclass, field
from typing import Self

from demo import topology
from localcluster.stoppable import Stoppable
from localcluster.toxiproxy import LinkProxy, Toxiproxy


@dataclass
class Network(Stoppable):
    """All links of the demo, by their two ends."""

    server: Toxiproxy
    uplinks: dict[str, LinkProxy]
    links: dict[topology.Pair, LinkProxy] = field(default_factory=dict)

    @classmethod
    def start(cls, apiserver_url: str) -> Self:
        """Open one uplink a site; the links follow when the agents' addresses are known."""
        server = Toxiproxy.start()
        return cls(server, {name: server.proxy(f"uplink-{name}", apiserver_url) for name in topology.NAMES})

    def stop(self) -> None:
        """End every link. Idempotent."""
        self.server.stop()

    def connect(self, endpoints: dict[str, str]) -> None:
        """Open a link in each direction between every two sites, as long as the topology says.

        Args:
            endpoints: Each site's agent as `host:port`.
        """
        for one, other in topology.directions():
            self.links[one, other] = self.server.proxy(f"{one}-to-{other}", endpoints[other])
        for one, other in topology.pairs():
            self.restore(one, other)

    def peers_of(self, site: str) -> dict[str, str]:
        """Where a site's agent reaches the other sites' agents: through the links."""
        return {other: link.listen for (one, other), link in self.links.items() if one == site}

    def degrade(self, one: str, other: str, *, milliseconds: int) -> None:
        """Make the way between two sites this long, there and back."""
        jitter = milliseconds * topology.JITTER_PERCENT // 100
        for pair in ((one, other), (other, one)):
            self.links[pair].set(latency_ms=milliseconds, jitter_ms=jitter)

    def restore(self, one: str, other: str) -> None:
        """Make the way between two sites what it is when all is well."""
        self.degrade(one, other, milliseconds=topology.round_trip_milliseconds(one, other))

    def cut_off(self, site: str) -> None:
        """Let nothing in or out of a site."""
        for proxy in self._around(site):
            proxy.cut()

    def reconnect(self, site: str) -> None:
        """Let a site take part again."""
        for proxy in self._around(site):
            proxy.heal()

    def _around(self, site: str) -> list[LinkProxy]:
        return [self.uplinks[site], *(proxy for pair, proxy in self.links.items() if site in pair)]
