# SPDX-License-Identifier: Apache-2.0
"""Objects that the operator keeps for the agents: one NodeReport a node, telling its agent whom to probe.

One agent a site probes other sites (`sensing.station`), and whom is chosen so that probes grow with the nodes and not
with their square (`sensing.peers`). The choice is kept from cycle to cycle, so that a cycle in which nothing changed
costs a look at what is new; a process that begins without it comes to the same choice, but for how near sites seem.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final

from aiworkload.api import names
from aiworkload.placement.changes import changed
from aiworkload.reconcile.line import Line
from aiworkload.sensing.asking import Asking
from aiworkload.sensing.estimates import Ends, Estimates
from aiworkload.sensing.ground import Ground, Nearness
from aiworkload.sensing.peers import FAIR_SHARE, Choice, places
from aiworkload.sensing.rotation import turn_ends
from aiworkload.sensing.stations import Stations
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

Peers = tuple[tuple[str, str], ...]
"""(site, endpoint) pairs in the order of the sites' names."""

MOST_CHOSEN: Final = 50
"""Sites for which peers are chosen in one cycle, some 0.5 ms each; the others have their turn in the next. Ours."""
MOST_TOLD: Final = 200
"""NodeReports written in one cycle: as many as the API server takes in a second or so. Ours."""

_NOTHING: Final = Snapshot(taken_at=float("-inf"))


class Inventory:
    """Follows one snapshot after another. Losing it costs one reckoning and hardly a write."""

    def __init__(self, fair_share: int = FAIR_SHARE) -> None:
        """`fair_share`: sites that one site probes in all, while workloads ask for fewer."""
        self._fair_share = fair_share
        self._seen = _NOTHING
        self._stations = Stations()
        self._asking = Asking()
        self._peers: dict[str, tuple[str, ...]] = {}
        """By site: the sites that it probes."""
        self._turn_ends: dict[str, float] = {}
        self._next_turn = float("-inf")
        """When the first of all turns is over."""
        self._waiting = Line()
        """Sites whose peers are to be chosen again."""
        self._untold = Line()
        """Nodes whose NodeReport may say something out of date."""
        self._is_full = False
        self._estimates = Estimates()
        self._unknown: tuple[Ends, ...] = ()
        self._chosen = 0
        """How often peers or clients were others."""
        self._looked_at: object = None
        """How many links there were, and how often peers had been others, at the last look for unknown paths."""
        self._homeless: set[str] = set()
        """Nodes that stand at no site."""
        self._leading: set[str] = set()
        """Nodes of the control plane."""
        self._choice = self._survey(_NOTHING)

    @property
    def is_behind(self) -> bool:
        """Whether something is left to choose or to tell that was too much for one cycle."""
        return len(self._waiting) > 0 or self._is_full

    def follow(self, snapshot: Snapshot) -> Snapshot:
        """Take in a newer snapshot; the same with estimates where a client's probes have not told anything yet."""
        self._take_in(snapshot)
        self._waiting.join(self._turned(snapshot.taken_at))
        self._choose(snapshot)
        self._seen = snapshot
        if snapshot.coordinates is None:
            return snapshot
        links = self._estimates.completed(snapshot.links, self._unmeasured(snapshot), snapshot.coordinates)
        return snapshot if links is snapshot.links else replace(snapshot, links=links)

    def _unmeasured(self, snapshot: Snapshot) -> tuple[Ends, ...]:
        """Paths from client sites to those that they probe, of which nothing is known; looked for when links come."""
        seen = (len(snapshot.links), self._chosen)
        if seen != self._looked_at:
            self._looked_at = seen
            pairs = ((site, other) for site in self._asking.clients for other in self._peers.get(site, ()))
            links = snapshot.links
            self._unknown = tuple(ends for ends in pairs if ends not in links and (ends[1], ends[0]) not in links)
        return self._unknown

    def node_reports(self) -> tuple[Mapping[str, Any], ...]:
        """The NodeReports that are missing or tell their agent something out of date, as many as one cycle bears."""
        return tuple(self._out_of_date(self._seen))

    def homeless(self) -> tuple[Node, ...]:
        """The nodes that stand at no site."""
        return tuple(self._seen.nodes[name] for name in sorted(self._homeless))

    def _out_of_date(self, snapshot: Snapshot) -> Iterator[Mapping[str, Any]]:
        """What is written stays untold until it is seen in a snapshot, so that a write that failed is tried again.

        Behind all others: names that fail every time hold nobody up.
        """
        told = 0
        self._is_full = False
        for name in self._untold:
            node = snapshot.nodes.get(name)
            peers = self._peers_of(snapshot, node) if node else ()
            if node is None or _is_told(snapshot, node, peers):
                self._untold.leave(name)
                continue
            if told == MOST_TOLD:
                self._is_full = True
                return
            told += 1
            self._untold.give_way(name)
            yield _manifest(node, peers)

    def _take_in(self, snapshot: Snapshot) -> None:
        """Find what is new, and whom it concerns."""
        seen = self._seen
        nodes, reports = changed(seen.nodes, snapshot.nodes), changed(seen.reports, snapshot.reports)
        sites = {
            name
            for name in changed(seen.sites, snapshot.sites)
            if _described(seen.sites.get(name)) != _described(snapshot.sites.get(name))
        }
        self._untold.join(nodes | reports)
        self._sort_nodes(snapshot, nodes)
        turned = self._stations.follow(snapshot, sites, nodes | reports)
        self._untold.join(turned.nodes)
        redrawn = any(_ground(seen.sites.get(name)) != _ground(snapshot.sites.get(name)) for name in sites)
        if redrawn or turned.answering or self._choice.control_plane != self._control_plane(snapshot):
            self._choice = self._survey(snapshot)
            self._waiting.keep(snapshot.sites)
            self._waiting.join(snapshot.sites)
        if turned.endpoints:
            self._untold.join(self._probers_of(turned.endpoints))
        asked = self._asking.follow(snapshot.workloads, changed(seen.workloads, snapshot.workloads))
        self._waiting.join(asked & snapshot.sites.keys())
        self._chosen += bool(asked)
        if seen.coordinates is not snapshot.coordinates:
            self._choice.nearness = Nearness(self._choice.ground, snapshot.coordinates)

    def _sort_nodes(self, snapshot: Snapshot, changed_nodes: AbstractSet[str]) -> None:
        there = [node for name in changed_nodes if (node := snapshot.nodes.get(name))]
        self._homeless = self._homeless - changed_nodes | {node.name for node in there if node.site is None}
        led = {node.name for node in there if names.CONTROL_PLANE_ROLE_LABEL in node.labels}
        self._leading = self._leading - changed_nodes | led

    def _control_plane(self, snapshot: Snapshot) -> Mapping[str, int]:
        """The sites of its nodes, each with how many sites have a place there."""
        led = {site for name in self._leading if (site := snapshot.nodes[name].site)}
        return {site: places(len(self._stations.of(site).answering), len(snapshot.sites)) for site in led}

    def _survey(self, snapshot: Snapshot) -> Choice:
        ground = Ground.of(snapshot.sites)
        self._peers = {site: peers for site, peers in self._peers.items() if site in snapshot.sites}
        self._turn_ends = {site: at for site, at in self._turn_ends.items() if site in snapshot.sites}
        return Choice(
            ground=ground,
            answering=ground.mask(self._stations.answering()),
            control_plane=self._control_plane(snapshot),
            nearness=Nearness(ground, snapshot.coordinates),
            fair_share=self._fair_share,
        )

    def _turned(self, now: float) -> set[str]:
        """Sites whose sample has had its time."""
        if now < self._next_turn:
            return set()
        over = {site for site, at in self._turn_ends.items() if at <= now}
        self._next_turn = min((at for at in self._turn_ends.values() if at > now), default=float("inf"))
        return over

    def _choose(self, snapshot: Snapshot) -> None:
        """For those that have waited longest; first of all for those that probe nobody yet."""
        choice, now = self._choice, snapshot.taken_at
        has_peers = {site: bool(self._peers.get(site)) for site in self._waiting}
        for site in sorted(has_peers, key=has_peers.__getitem__)[:MOST_CHOSEN]:
            self._waiting.leave(site)
            own = int(choice.ground.hashes[choice.ground.index[site]])
            self._turn_ends[site] = turn_ends(own, now)
            self._next_turn = min(self._next_turn, self._turn_ends[site])
            peers = choice.peers(site, self._asking.of(site), now)
            if peers != self._peers.get(site):
                self._peers[site] = peers
                self._chosen += 1
                self._untold.join(snapshot.sites[site].nodes)

    def _probers_of(self, sites: set[str]) -> set[str]:
        """The nodes whose agents probe one of these sites."""
        probing = (site for site, peers in self._peers.items() if not sites.isdisjoint(peers))
        return {prober for site in probing if (prober := self._stations.of(site).prober)}

    def _peers_of(self, snapshot: Snapshot, node: Node) -> Peers:
        """What its agent is to probe now: nothing, unless it is the one that probes for its site."""
        if node.site is None or self._stations.of(node.site).prober != node.name:
            return ()
        report = snapshot.reports.get(node.name)
        told = dict(report.peers) if report else {}
        found = (
            (site, self._stations.of(site).endpoint_for(node.name, told.get(site)))
            for site in self._peers.get(node.site, ())
        )
        return tuple((site, endpoint) for site, endpoint in found if endpoint is not None)


def _described(site: Site | None) -> object:
    """What counts of it here: not when it was last heard, nor how well it is."""
    return site and (_ground(site), site.nodes)


def _ground(site: Site | None) -> object:
    """What every site's choice of peers rests on: not which nodes it has."""
    return site and (site.spec, site.labels)


def _is_told(snapshot: Snapshot, node: Node, peers: Peers) -> bool:
    report = snapshot.reports.get(node.name)
    return report is not None and (report.site, report.peers) == (node.site, peers)


def _manifest(node: Node, peers: Peers) -> Mapping[str, Any]:
    spec: dict[str, Any] = {"peers": [{"site": site, "endpoint": endpoint} for site, endpoint in peers]}
    if node.site is not None:
        spec["site"] = node.site
    owner = {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid}
    return {
        "apiVersion": names.API_VERSION,
        "kind": "NodeReport",
        "metadata": {"name": node.name, "ownerReferences": [owner]},
        "spec": spec,
    }
