# SPDX-License-Identifier: Apache-2.0
"""The links that are being measured now: one prober and one window for each peer, and one that counts datagrams."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from aiworkload.agent.bandwidth_rounds import Rounds
from aiworkload.agent.datagram_probe import DatagramProber, extra_datagrams
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.probe import SILENT_PROBES, Prober, ProbeTiming
from aiworkload.agent.way import Myself, Way
from aiworkload.agent.window import LinkSummary, Window
from aiworkload.api.node_report import LossSource

_log = logging.getLogger(__name__)

LONG_SILENT_PROBES: Final = 60
"""Two minutes of them unanswered in a row: a new address is no likelier to come now than at any other time. Ours."""


@dataclass(frozen=True, slots=True)
class _Link:
    way: Way
    window: Window
    prober: Prober
    datagrams: DatagramProber | None
    tasks: tuple[asyncio.Task[None], ...]

    def is_silent(self) -> bool:
        """Whether the peer left, or stopped answering not long ago: it may have moved to another address."""
        summary = self.window.summary
        losses = summary.consecutive_losses if summary else 0
        return self.prober.away or SILENT_PROBES <= losses < LONG_SILENT_PROBES

    def summary(self) -> LinkSummary | None:
        """What is known of it; loss by datagrams where they come through, else by probes.

        Where probes are answered and datagrams are not, something on the way takes no UDP, or the peer has no key:
        that says nothing about what the link loses.
        """
        by_probes = self.window.summary
        if self.datagrams is None or by_probes is None:
            return by_probes
        if self.datagrams.silent and by_probes.consecutive_losses == 0:
            self.datagrams.begin_anew()
        loss = self.datagrams.window.loss()
        path = self.window.without_repeats(loss.basis_points) if loss and self.datagrams.heard else None
        if loss is None or path is None:
            return by_probes
        return replace(path, loss_basis_points=loss.basis_points, loss_source=LossSource.DATAGRAMS)


class Measuring:
    """Starts and stops probers as peers come, go and move; their tasks live in the caller's group."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        timing: ProbeTiming,
        window: int,
        keys: KeyFile | None = None,
        *,
        paused: Callable[[], bool] = lambda: False,
        rounds: Rounds | None = None,
        myself: Myself | None = None,
    ) -> None:
        """Without keys no datagrams are sent, without rounds no bursts; while `paused` says so, nothing is.

        `myself` is whom not to measure.
        """
        self._group = group
        self._timing = timing
        self._window = window
        self._keys = keys
        self._paused = paused
        self._rounds = rounds
        self._myself = myself
        self._extra = extra_datagrams(time.monotonic())
        self._links: dict[str, _Link] = {}
        if rounds:
            group.create_task(rounds.run(self._answers), name="bandwidth")

    def probe(self, given: Mapping[str, Endpoint], asked: Mapping[str, Endpoint] = MappingProxyType({})) -> None:
        """Probe exactly these from now on: whom an administrator gave, and whom the operator asks for otherwise.

        A peer that moved begins with an empty window: it is another path.
        """
        wanted = {**asked, **given}
        for site in [site for site, link in self._links.items() if wanted.get(site) != link.way.endpoint]:
            for task in self._links.pop(site).tasks:
                task.cancel()
        for site in wanted.keys() - self._links.keys():
            self._start(site, Way(site, wanted[site], self._myself, trusted=site in given))
        if self._rounds:
            self._rounds.follow({site: link.way for site, link in self._links.items()})

    def links(self) -> dict[str, LinkSummary]:
        """What is known of each link that has been probed at all."""
        known = ((site, link.summary()) for site, link in self._links.items())
        return {site: self._with_bandwidth(site, summary) for site, summary in known if summary}

    def misses_peers(self) -> bool:
        """Whether any peer has fallen silent that may be found at another address."""
        return any(link.is_silent() for link in self._links.values())

    def _with_bandwidth(self, site: str, summary: LinkSummary) -> LinkSummary:
        bandwidth = self._rounds.told(site) if self._rounds else None
        return replace(summary, bandwidth=bandwidth) if bandwidth else summary

    def _answers(self, site: str) -> bool:
        """Whether the last probe of a site was answered."""
        summary = self._links[site].window.summary if site in self._links else None
        return summary is not None and summary.consecutive_losses == 0

    def _start(self, site: str, way: Way) -> None:
        window = Window(self._window)

        def take(rtt_microseconds: int | None, *, repeated: bool) -> None:
            window.add(rtt_microseconds, time.monotonic(), repeated=repeated)

        prober = Prober(way, self._timing, take, self._paused)
        tasks = [self._group.create_task(prober.run(), name=f"probe {site}")]
        datagrams = None
        if self._keys:
            datagrams = DatagramProber(
                way,
                self._keys,
                self._extra,
                lambda: self._paused() or prober.away,
                self._timing.timeout_seconds,
            )
            tasks.append(self._group.create_task(datagrams.run(), name=f"datagrams {site}"))
        self._links[site] = _Link(way, window, prober, datagrams, tuple(tasks))
        _log.info("probing %s at %s", site, way.endpoint)
