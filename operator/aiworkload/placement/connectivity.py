# SPDX-License-Identifier: Apache-2.0
"""Each site's connectivity, judged from a snapshot: the evidence for the state machine, and when it is due.

The control plane cannot see a site; it sees reports, kubelets' Leases, and what other sites' probes say. The published
status is the machine's only memory, so a restarted operator goes on from it.
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
from aiworkload.placement.site_state import Evidence, Memory, late_at, next_state, silent_since
from aiworkload.placement.testimony import NOTHING, Heard, heard, heard_of
from aiworkload.snapshot.pulse import Pulse
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

_MOMENTS: Final = 3
"""At most so many moments make a site's state due: the most that `_due` tells."""


def judged(snapshot: Snapshot, policy: Policy) -> Snapshot:
    """The snapshot with every site's connectivity derived. Judging a judged snapshot changes nothing."""
    told = heard(snapshot.links.values(), snapshot.taken_at, policy)
    sites = {
        name: _judge(site, _evidence(snapshot, site, told.get(name, NOTHING), policy), policy)
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
        doubtful: sites of which anything else is seen now: themselves, their nodes, what others say, or the time.
        near: for each site those that links join it to.
    """
    names = doubtful & snapshot.sites.keys()
    told = heard_of(names, snapshot, near, policy)
    found: dict[str, Site] = {}
    for name in names:
        site = snapshot.sites[name]
        found[name] = _judge(site, _evidence(snapshot, site, told.get(name, NOTHING), policy), policy)
    return replace(snapshot, sites={**seen.sites, **found} if found else seen.sites)


def listened_anew(before: Snapshot, after: Snapshot) -> frozenset[str]:
    """Sites of which the kubelets' Leases say something else in a newer snapshot of the same sites."""
    if before.pulses is after.pulses:
        return frozenset()
    if before.pulses is None or after.pulses is None:
        return frozenset(after.sites)
    old, new = before.pulses, after.pulses
    nodes = (after.nodes.get(name) for name in {*old, *new} if old.get(name) is not new.get(name))
    return frozenset(node.site for node in nodes if node and node.site)


def _evidence(snapshot: Snapshot, site: Site, told: Heard, policy: Policy) -> Evidence:
    nodes = snapshot.nodes_of(site.name)
    return Evidence(
        now=snapshot.taken_at,
        late_at=late_at(site, policy),
        last_report_at=site.last_report_at,
        ready=sum(node.ready for node in nodes),
        nodes=len(nodes),
        peers_reaching=told.reaching,
        peers_losing=told.losing,
        pulse=_pulse(snapshot.pulses, site),
    )


def _pulse(pulses: Mapping[str, Pulse] | None, site: Site) -> Pulse:
    """Of the site's kubelets together: one that beats is enough, and all that were listened to must be silent."""
    if pulses is None or not site.nodes:
        return Pulse.ABSENT
    found = {pulse for node in site.nodes if (pulse := pulses.get(node))}
    if Pulse.BEATING in found:
        return Pulse.BEATING
    if not found or Pulse.LISTENING in found:
        return Pulse.LISTENING
    return Pulse.SILENT if Pulse.SILENT in found else Pulse.ABSENT


def _judge(site: Site, seen: Evidence, policy: Policy) -> Site:
    memory = _memory(site, seen.now)
    state = next_state(memory, seen, policy)
    return replace(site, connectivity=state, connectivity_since=memory.since if state is memory.state else seen.now)


def _memory(site: Site, now: float) -> Memory:
    published = site.published
    if published is None or published.connectivity is None:
        return Memory(None, now)
    since = published.connectivity_since_time
    # A time to come was written by another clock: waiting for it would hold the state for as long.
    return Memory(published.connectivity, min(now, to_epoch(since)) if since else now)


def _due(site: Site, policy: Policy) -> tuple[float, ...]:
    if site.connectivity is Connectivity.LOST:
        return ()
    if site.connectivity is Connectivity.DISCONNECTED:
        began = silent_since(site.connectivity_since, site.last_report_at, late_at(site, policy))
        return (began + policy.lost_seconds,)
    late = late_at(site, policy)
    silence = () if late is None else (late,)
    if site.connectivity is Connectivity.DEGRADED:
        windows = (policy.reconnected_seconds, policy.disconnected_seconds)
        return (*silence, *(site.connectivity_since + window for window in windows))
    return silence


def _row(site: Site, policy: Policy) -> tuple[float, ...]:
    found = _due(site, policy)
    return (*found, *[float("inf")] * (_MOMENTS - len(found)))


def _is_published(site: Site) -> bool:
    return site.published is not None and site.published.connectivity is site.connectivity
