# SPDX-License-Identifier: Apache-2.0
"""Each site's connectivity: a state machine over what was published and what is seen now.

The control plane cannot see a site; it sees reports, kubelets, and what other sites' probes say. One silent source is
not a cut: an agent may have crashed while the site serves on. So a cut needs two witnesses, and a recovery
needs contact that lasts. The published status is the machine's only memory, so a restarted operator goes on from it.

Known limit: peers probe agents, so a site whose only agent died while its kubelets are well looks cut to both
witnesses. Its pods are left alone and what replaces them returns later; a kubelet's word is not taken against two.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.api.site import Connectivity
from aiworkload.api.timestamps import to_epoch
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

_CUT: Final = frozenset({Connectivity.DISCONNECTED, Connectivity.LOST})
_MOMENTS: Final = 3
"""At most so many moments make a site's state due: the most that `_due` tells."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is seen of one site now."""

    now: float
    ready: int
    nodes: int
    last_report_at: float | None
    peers_reaching: int
    peers_losing: int

    def silent_for(self) -> float:
        return self.now - self.last_report_at if self.last_report_at is not None else 0.0

    @property
    def reported(self) -> bool:
        return self.last_report_at is not None

    @property
    def no_node_ready(self) -> bool:
        return self.nodes > 0 and self.ready == 0

    @property
    def all_peers_lose_it(self) -> bool:
        return self.peers_losing > 0 and self.peers_reaching == 0

    @property
    def impaired(self) -> bool:
        return self.peers_losing > 0 or self.ready < self.nodes


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was published; a site that was never judged counts as Connected from now on."""

    state: Connectivity | None
    since: float


def judged(snapshot: Snapshot, policy: Policy) -> Snapshot:
    """The snapshot with every site's connectivity derived. Judging a judged snapshot changes nothing."""
    towards = _links_towards(snapshot.links.values())
    sites = {
        name: _judge(site, _evidence(snapshot, site, towards.get(name, ()), policy), policy)
        for name, site in snapshot.sites.items()
    }
    return replace(snapshot, sites=sites)


@dataclass(frozen=True, slots=True)
class Dues:
    """When time alone may change each site's state, so that it need not be asked of every site in every cycle."""

    position: Mapping[str, int]
    at: NDArray[np.float64]
    """[S, 3] moments of each site in the order of `position`; infinite where there are fewer."""
    unpublished: frozenset[str]
    """Sites whose state was not published yet, so that it is as old as the snapshot."""

    @classmethod
    def of(cls, seen: Snapshot, policy: Policy) -> "Dues":
        """Of every site of a judged snapshot."""
        at = np.array([_row(site, policy) for site in seen.sites.values()], np.float64).reshape(-1, _MOMENTS)
        unpublished = frozenset(name for name, site in seen.sites.items() if not _is_published(site))
        return cls({name: row for row, name in enumerate(seen.sites)}, at, unpublished)

    def after(self, judged_anew: Iterable[Site], policy: Policy) -> "Dues":
        """The same with some sites as they are judged now."""
        sites = tuple(judged_anew)
        if not sites:
            return self
        at = self.at.copy()
        for site in sites:
            at[self.position[site.name]] = _row(site, policy)
        told = frozenset(site.name for site in sites if _is_published(site))
        return Dues(self.position, at, (self.unpublished | {site.name for site in sites}) - told)

    def between(self, since: float, until: float) -> frozenset[str]:
        """Sites whose state time alone may have changed from one moment to another, both included."""
        names = tuple(self.position)
        rows = np.flatnonzero(((self.at >= since) & (self.at <= until)).any(axis=1))
        return self.unpublished.union(names[row] for row in rows.tolist())

    def next(self, now: float) -> float | None:
        """The earliest moment after now; None: there is none."""
        found = float(self.at.min(initial=np.inf, where=self.at > now))
        return found if np.isfinite(found) else None


def judged_again(
    seen: Snapshot, snapshot: Snapshot, policy: Policy, doubtful: AbstractSet[str], near: Mapping[str, Iterable[str]]
) -> Snapshot:
    """What `judged` says of a newer snapshot of the same sites, at the cost of the doubtful ones.

    Args:
        seen: the judged snapshot before.
        snapshot: the newer one.
        policy: the same as then.
        doubtful: sites of which anything else is seen now: themselves, their nodes, links towards them, or the time.
        near: for each site those that links join it to.
    """
    found: dict[str, Site] = {}
    for name in doubtful & snapshot.sites.keys():
        towards = (snapshot.links.get((other, name)) for other in near.get(name, ()))
        measured_links = _links_towards(link for link in towards if link).get(name, ())
        site = snapshot.sites[name]
        found[name] = _judge(site, _evidence(snapshot, site, measured_links, policy), policy)
    return replace(snapshot, sites={**seen.sites, **found} if found else seen.sites)


def next_change_at(snapshot: Snapshot, policy: Policy) -> float | None:
    """The earliest time at which a judged site's state may change by time alone."""
    return Dues.of(snapshot, policy).next(snapshot.taken_at)


def testimony(link: Link, now: float, policy: Policy) -> tuple[bool, bool]:
    """What a link says of the site that it leads to, as far as its state goes: whether it counts, and is being lost."""
    counts = link.source is LinkSource.MEASURED and link.from_site != link.to_site and not link.is_stale(now)
    return counts, counts and link.consecutive_losses >= policy.degraded_consecutive_losses


def _links_towards(links: Iterable[Link]) -> Mapping[str, tuple[Link, ...]]:
    found: dict[str, list[Link]] = {}
    for link in links:
        if link.source is LinkSource.MEASURED and link.from_site != link.to_site:
            found.setdefault(link.to_site, []).append(link)
    return {site: tuple(towards) for site, towards in found.items()}


def _evidence(snapshot: Snapshot, site: Site, links: tuple[Link, ...], policy: Policy) -> _Evidence:
    nodes = snapshot.nodes_of(site.name)
    fresh = [link for link in links if not link.is_stale(snapshot.taken_at)]
    losing = sum(link.consecutive_losses >= policy.degraded_consecutive_losses for link in fresh)
    return _Evidence(
        now=snapshot.taken_at,
        ready=sum(node.ready for node in nodes),
        nodes=len(nodes),
        last_report_at=site.last_report_at,
        peers_reaching=len(fresh) - losing,
        peers_losing=losing,
    )


def _judge(site: Site, seen: _Evidence, policy: Policy) -> Site:
    memory = _memory(site, seen.now)
    state = _state(memory, seen, policy)
    return replace(site, connectivity=state, connectivity_since=memory.since if state is memory.state else seen.now)


def _memory(site: Site, now: float) -> _Memory:
    published = site.published
    if published is None or published.connectivity is None:
        return _Memory(None, now)
    since = published.connectivity_since_time
    return _Memory(published.connectivity, to_epoch(since) if since else now)


def _state(memory: _Memory, seen: _Evidence, policy: Policy) -> Connectivity:
    if _is_cut(memory, seen, policy):
        silent_since = _silent_since(memory, seen)
        gone = memory.state is Connectivity.LOST or seen.now - silent_since >= policy.lost_seconds
        return Connectivity.LOST if gone else Connectivity.DISCONNECTED
    if memory.state in _CUT:
        return Connectivity.DEGRADED
    if seen.reported and seen.silent_for() > policy.disconnected_seconds:
        return memory.state or Connectivity.CONNECTED
    return _in_contact(memory, seen, policy)


def _is_cut(memory: _Memory, seen: _Evidence, policy: Policy) -> bool:
    if seen.reported:
        silent = seen.silent_for() > policy.disconnected_seconds
        return silent and (seen.no_node_ready or seen.all_peers_lose_it)
    if seen.nodes == 0 or memory.state in _CUT:
        return seen.no_node_ready or seen.all_peers_lose_it
    return seen.no_node_ready and not _may_be_starting(memory, seen, policy)


def _may_be_starting(memory: _Memory, seen: _Evidence, policy: Policy) -> bool:
    """Nodes that were never seen ready may be joining just now: that is no cut yet."""
    if memory.state is Connectivity.DEGRADED:
        return seen.now - memory.since < policy.disconnected_seconds
    return memory.state is None


def _silent_since(memory: _Memory, seen: _Evidence) -> float:
    known = memory.since if memory.state in _CUT else seen.now
    return min(known, seen.last_report_at) if seen.last_report_at is not None else known


def _in_contact(memory: _Memory, seen: _Evidence, policy: Policy) -> Connectivity:
    if seen.impaired:
        return Connectivity.DEGRADED
    if memory.state is not Connectivity.DEGRADED:
        return Connectivity.CONNECTED
    lasting = seen.now - memory.since >= policy.reconnected_seconds
    again = seen.last_report_at is None or seen.last_report_at > memory.since
    return Connectivity.CONNECTED if lasting and again else Connectivity.DEGRADED


def _due(site: Site, policy: Policy) -> tuple[float, ...]:
    if site.connectivity is Connectivity.LOST:
        return ()
    if site.connectivity is Connectivity.DISCONNECTED:
        return (min(site.connectivity_since, site.last_report_at or site.connectivity_since) + policy.lost_seconds,)
    silence = () if site.last_report_at is None else (site.last_report_at + policy.disconnected_seconds,)
    if site.connectivity is Connectivity.DEGRADED:
        windows = (policy.reconnected_seconds, policy.disconnected_seconds)
        return (*silence, *(site.connectivity_since + window for window in windows))
    return silence


def _row(site: Site, policy: Policy) -> tuple[float, ...]:
    found = _due(site, policy)
    return (*found, *[float("inf")] * (_MOMENTS - len(found)))


def _is_published(site: Site) -> bool:
    return site.published is not None and site.published.connectivity is site.connectivity
