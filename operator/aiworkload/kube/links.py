# SPDX-License-Identifier: Apache-2.0
"""The links between sites, kept up pair by pair: only those are merged again that a report or a Site has touched."""

from collections.abc import Iterable, Mapping
from typing import Final

from aiworkload.kube.views import Views
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.measured import Bandwidth, Ends, merged, most_credible, narrowest

_NO_BANDWIDTHS: Final[Mapping[str, Bandwidth]] = {}


class SiteLinks:
    """What nodes measured and Sites declare, and one link for each pair of sites that follows from it."""

    def __init__(self) -> None:
        self._measured: dict[str, dict[str, dict[str, Link]]] = {}
        """By site, node and other site."""
        self._site_of: dict[str, str] = {}
        """By node that measured something: the site it stood at."""
        self._bandwidths: dict[Ends, dict[str, Bandwidth]] = {}
        """By pair and node that measured it."""
        self._declared: dict[str, dict[str, Link]] = {}
        """By site and other site."""
        self._counting: dict[Ends, str] = {}
        """By pair: the node whose measurement counts."""
        self._touched: dict[Ends, set[str]] = {}
        """By pair to be merged again: the nodes whose measurements of it changed."""
        self._links: Views[Ends, Link] = Views()

    def measure(
        self, node: str, site: str | None, links: Iterable[Link], bandwidths: Mapping[str, Bandwidth] = _NO_BANDWIDTHS
    ) -> None:
        """What a node measured, all of it, in place of what it measured before; without a site it does not count."""
        self.recheck(node)
        standing = self._site_of.get(node)
        if standing is not None:
            self._measure_bandwidths(node, standing, bandwidths if standing == site else _NO_BANDWIDTHS)
        if standing is not None and standing != site:
            del self._site_of[node]
            del self._measured[standing][node]
        if site is not None:
            self._site_of[node] = site
            self._measured.setdefault(site, {})[node] = {link.to_site: link for link in links}
            if standing != site:
                self._measure_bandwidths(node, site, bandwidths)
            self.recheck(node)

    def _measure_bandwidths(self, node: str, site: str, bandwidths: Mapping[str, Bandwidth]) -> None:
        """A bandwidth counts both ways, so the way back is touched where it has changed."""
        for other in {*self._measured.get(site, {}).get(node, ()), *bandwidths}:
            here, new = self._bandwidths.get((site, other), {}), bandwidths.get(other)
            old = here.get(node)
            if new is not None:
                self._bandwidths.setdefault((site, other), {})[node] = new
            elif old is not None:
                del here[node]
            if (old and old.kilobits) != (new and new.kilobits):
                self._touched.setdefault((other, site), set())

    def declare(self, site: str, links: Iterable[Link]) -> None:
        """What a Site says, all of it, in place of what it said before."""
        said = {link.to_site: link for link in links}
        for other in {**self._declared.pop(site, {}), **said}:
            self._touched.setdefault((site, other), set())
        if said:
            self._declared[site] = said

    def recheck(self, node: str) -> None:
        """Something that this node measured has changed, or time has passed over it."""
        site = self._site_of.get(node)
        if site is not None:
            for other in self._measured[site][node]:
                self._touched.setdefault((site, other), set()).add(node)
                if node in self._bandwidths.get((site, other), ()):
                    self._touched.setdefault((other, site), set())

    def expires_at(self, node: str, now: float) -> float | None:
        """When the next of its links turns stale; None: none is fresh."""
        site = self._site_of.get(node)
        if site is None:
            return None
        links = self._measured[site][node]
        times = [link.observed_at + link.valid_seconds for link in links.values() if not link.is_stale(now)]
        measured = (self._bandwidths.get((site, other), {}).get(node) for other in links)
        times += [bandwidth.until for bandwidth in measured if bandwidth and now <= bandwidth.until]
        return min(times, default=None)

    def view(self, now: float) -> Mapping[Ends, Link]:
        """One link for each pair that anything is known of."""
        for ends, changed in self._touched.items():
            site, other = ends
            there, back = self._bandwidths.get(ends, {}), self._bandwidths.get((other, site), {})
            kilobits = narrowest((*there.values(), *back.values()), now)
            self._links.put(
                ends, merged(self._count(ends, changed, now), self._declared.get(site, {}).get(other), kilobits)
            )
        self._touched.clear()
        return self._links.view()

    def _count(self, ends: Ends, changed: set[str], now: float) -> Link | None:
        """The measurement that counts. While it stands itself, only what changed can take its place."""
        nodes = self._measured.get(ends[0], {})
        standing = self._counting.pop(ends, None)
        rivals = nodes if standing is None or standing in changed else (standing, *changed)
        measured = {node: link for node in rivals if node in nodes and (link := nodes[node].get(ends[1]))}
        found = most_credible(measured, now)
        if found is None:
            return None
        self._counting[ends] = found
        return measured[found]
