# SPDX-License-Identifier: Apache-2.0
"""Links that stand in for what is to be measured: from client sites to those that they are to probe.

A client that has just come has measured nothing. Until its agent has, coordinates tell which places are worth more.
An estimate never makes a path known (`placement.latency`), so no move begins because of one.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.link import Link, LinkSource

CHANGED_SHARE: Final = 0.2
"""An estimate that differs by less is no news: it is as good as that at best."""

Ends = tuple[str, str]


class Estimates:
    """The links by estimate, each the same object again while it differs little."""

    def __init__(self) -> None:
        self._links: dict[Ends, Link] = {}
        self._base: Mapping[Ends, Link] = {}
        self._completed: Mapping[Ends, Link] = {}

    def completed(
        self, links: Mapping[Ends, Link], pairs: Iterable[Ends], coordinates: Coordinates
    ) -> Mapping[Ends, Link]:
        """All links, and an estimate for each of these pairs of which nothing else is known in either direction.

        Args:
            links: measured and declared ones.
            pairs: (client site, candidate).
            coordinates: where sites lie.
        """
        unknown = (ends for ends in pairs if ends not in links and (ends[1], ends[0]) not in links)
        found = {ends: link for ends in unknown if (link := self._link(ends, coordinates))}
        before = self._links
        if links is not self._base or found.keys() != before.keys() or any(found[e] is not before[e] for e in found):
            self._completed = {**links, **found} if found else links
        self._base, self._links = links, found
        return self._completed

    def _link(self, ends: Ends, coordinates: Coordinates) -> Link | None:
        milliseconds = coordinates.between(*ends)
        if milliseconds is None:
            return None
        microseconds, standing = round(1000 * milliseconds), self._links.get(ends)
        told = standing.rtt_p95_microseconds if standing else None
        if standing and told is not None and abs(microseconds - told) < CHANGED_SHARE * told:
            return standing
        return Link(*ends, microseconds, microseconds, source=LinkSource.ESTIMATED)
