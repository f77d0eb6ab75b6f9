# SPDX-License-Identifier: Apache-2.0
"""All sites' agents, kept up: looked at again where something changed, or where a report has gone stale by time."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from aiworkload.sensing.station import Station, station_of
from aiworkload.snapshot.snapshot import Snapshot

_NOWHERE: Final = Station()


@dataclass(slots=True)
class Turned:
    """What is otherwise than before."""

    nodes: set[str] = field(default_factory=set[str])
    """Of sites where another agent probes."""
    endpoints: set[str] = field(default_factory=set[str])
    """Sites that are to be found elsewhere."""
    answering: bool = False
    """Whether a site answers that did not, or the other way round."""


class Stations:
    """A station for each site."""

    def __init__(self) -> None:
        self._stations: dict[str, Station] = {}
        self._stale_at: dict[str, float] = {}
        """By site: when the first of its agents' reports that are fresh goes stale."""
        self._next_stale = float("inf")

    def of(self, site: str) -> Station:
        """A site's agents; none where the site is unknown."""
        return self._stations.get(site, _NOWHERE)

    def answering(self) -> tuple[str, ...]:
        """Sites with at least one agent that ever answered."""
        return tuple(site for site, station in self._stations.items() if station.answering)

    def follow(self, snapshot: Snapshot, sites: AbstractSet[str], nodes: AbstractSet[str]) -> Turned:
        """Look again at these sites, and at those of these nodes."""
        turned = Turned()
        for site in sites - snapshot.sites.keys():
            gone = self._stations.pop(site, _NOWHERE)
            self._stale_at.pop(site, None)
            turned.answering = turned.answering or bool(gone.answering)
        of_nodes = {node.site for name in nodes if (node := snapshot.nodes.get(name)) and node.site}
        for site in (sites | of_nodes | self._gone_stale(snapshot.taken_at)) & snapshot.sites.keys():
            self._look(snapshot, site, turned)
        return turned

    def _look(self, snapshot: Snapshot, site: str, turned: Turned) -> None:
        before, after = self.of(site), station_of(snapshot, site)
        self._arm(snapshot, site)
        if before == after:
            return
        self._stations[site] = after
        if before.prober != after.prober:
            turned.nodes.update(snapshot.sites[site].nodes)
        if before.answering != after.answering:
            turned.endpoints.add(site)
        if bool(before.answering) is not bool(after.answering):
            turned.answering = True

    def _arm(self, snapshot: Snapshot, site: str) -> None:
        reports = (snapshot.reports.get(node) for node in snapshot.sites[site].nodes)
        until = (r.observed_at + r.valid_seconds for r in reports if r and r.observed_at is not None)
        at = min((at for at in until if at >= snapshot.taken_at), default=float("inf"))
        self._stale_at[site] = at
        self._next_stale = min(self._next_stale, at)

    def _gone_stale(self, now: float) -> set[str]:
        if now < self._next_stale:
            return set()
        found = {site for site, at in self._stale_at.items() if at <= now}
        self._next_stale = min((at for at in self._stale_at.values() if at > now), default=float("inf"))
        return found
