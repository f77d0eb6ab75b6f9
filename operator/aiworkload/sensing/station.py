# SPDX-License-Identifier: Apache-2.0
"""A site's agents as others see them: which one probes other sites, and where each answers."""

from dataclasses import dataclass, field
from typing import Final

from aiworkload.sensing.rotation import hash_of
from aiworkload.snapshot.snapshot import Snapshot

KEPT: Final = 2
"""A prober keeps an agent that is among so many first ones by its dice: nobody has more than so many times its share,
and one that was silent for a while takes nobody back. Ours."""


@dataclass(frozen=True, slots=True)
class Station:
    """One site's agents."""

    prober: str | None = None
    """The node whose agent probes other sites; None: the site has no nodes."""
    answering: tuple[str, ...] = ()
    """Endpoints of agents that report and whose node is ready; where there is none, of all that ever answered."""
    silent: bool = False
    """Whether there is none."""
    _first: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]], init=False, compare=False)
    """By prober: the first ones by its dice, which are asked for again and again."""

    def endpoint_for(self, prober: str, told: str | None) -> str | None:
        """Where a prober finds this site: by its own name's dice, or as it was told where that is nearly as good.

        So a large site's agents share the probes, whoever answered first, and one that falls silent concerns only
        those that probed it. A site that is silent as a whole is probed as before.
        """
        if told in self.answering and (self.silent or len(self.answering) <= KEPT):
            return told
        first = self._first.get(prober)
        if first is None:
            ranked = sorted(self.answering, key=lambda endpoint: hash_of(f"{prober} {endpoint}"))
            first = self._first[prober] = tuple(ranked[:KEPT])
        return told if told in first else next(iter(first), None)


def station_of(snapshot: Snapshot, site: str) -> Station:
    """The site's agents now.

    The one that probes goes on for as long as it reports and its machine is not strained, or all are; then the first
    by name takes over of which that can be said, and keeps the task when the other is well again: it is known by the
    peers that it was told. Before any has reported it is the first.
    """
    agents = [(node, snapshot.reports.get(node.name)) for node in snapshot.nodes_of(site)]
    healthy = {n.name for n, report in agents if n.ready and report and report.is_fresh(snapshot.taken_at)}
    ranks = (
        (node.name not in healthy, bool(report and report.strained), not (report and report.peers), node.name)
        for node, report in agents
    )
    ever = [(node.name, report.endpoint) for node, report in agents if report and report.endpoint]
    now = [endpoint for node, endpoint in ever if node in healthy]
    return Station(min(ranks)[-1] if agents else None, tuple(now or (endpoint for _, endpoint in ever)), silent=not now)
