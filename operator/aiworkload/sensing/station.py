# SPDX-License-Identifier: Apache-2.0
"""A site's agents as others see them: which one probes other sites, and where each answers."""

from dataclasses import dataclass

from aiworkload.sensing.rotation import hash_of
from aiworkload.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Station:
    """One site's agents."""

    prober: str | None = None
    """The node whose agent probes other sites; None: the site has no nodes."""
    answering: tuple[str, ...] = ()
    """Endpoints of agents that report and whose node is ready; where there is none, of all that ever answered."""

    def endpoint_for(self, prober: str, told: str | None) -> str | None:
        """Where a prober finds this site: as it was told while that agent answers, else one by its own name's dice.

        So a large site's agents share the probes, and one that falls silent concerns only those that probed it.
        """
        if told in self.answering:
            return told
        return min(self.answering, key=lambda endpoint: hash_of(f"{prober} {endpoint}"), default=None)


def station_of(snapshot: Snapshot, site: str) -> Station:
    """The site's agents now.

    The one that probes goes on for as long as it reports; then the first by name that does takes over, and keeps the
    task when the other is back: it is known by the peers that it was told. Before any has reported it is the first.
    """
    agents = [(node, snapshot.reports.get(node.name)) for node in snapshot.nodes_of(site)]
    healthy = {n.name for n, report in agents if n.ready and report and report.is_fresh(snapshot.taken_at)}
    ranks = ((node.name not in healthy, not (report and report.peers), node.name) for node, report in agents)
    ever = [(node.name, report.endpoint) for node, report in agents if report and report.endpoint]
    now = [endpoint for node, endpoint in ever if node in healthy]
    return Station(min(ranks)[-1] if agents else None, tuple(now or (endpoint for _, endpoint in ever)))
