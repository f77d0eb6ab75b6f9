# SPDX-License-Identifier: Apache-2.0
"""The links that are being measured now: one prober and one window for each peer."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiworkload.agent.endpoint import Endpoint, parse_endpoint
from aiworkload.agent.probe import Prober, ProbeTiming
from aiworkload.agent.window import LinkSummary, Window
from aiworkload.api.node_report import Peer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Link:
    endpoint: Endpoint
    window: Window
    task: asyncio.Task[None]


class Measuring:
    """Starts and stops probers as peers come, go and move; their tasks live in the caller's group."""

    def __init__(self, group: asyncio.TaskGroup, timing: ProbeTiming, window: int) -> None:
        self._group = group
        self._timing = timing
        self._window = window
        self._links: dict[str, _Link] = {}

    def probe(self, wanted: Mapping[str, Endpoint]) -> None:
        """Probe exactly these from now on. A peer that moved begins with an empty window: it is another path."""
        for site in [site for site, link in self._links.items() if wanted.get(site) != link.endpoint]:
            self._links.pop(site).task.cancel()
        for site in wanted.keys() - self._links.keys():
            self._start(site, wanted[site])

    def links(self) -> dict[str, LinkSummary]:
        """What is known of each link that has been probed at all."""
        known = ((site, link.window.summary) for site, link in self._links.items())
        return {site: summary for site, summary in known if summary}

    def _start(self, site: str, endpoint: Endpoint) -> None:
        window = Window(self._window)
        prober = Prober(endpoint, self._timing, lambda rtt: window.add(rtt, time.monotonic()))
        task = self._group.create_task(prober.run(), name=f"probe {site}")
        self._links[site] = _Link(endpoint, window, task)
        _log.info("probing %s at %s", site, endpoint)


def whom_to_probe(asked: Iterable[Peer], overrides: Mapping[str, Endpoint]) -> dict[str, Endpoint]:
    """The operator's peers, corrected and completed by our own; one that cannot be reached by its text is left out."""
    wanted: dict[str, Endpoint] = {}
    for peer in asked:
        try:
            wanted[peer.site] = parse_endpoint(peer.endpoint)
        except ValueError as error:
            _log.warning("the peer at site %s is not probed: %s", peer.site, error)
    return {**wanted, **overrides}
