# SPDX-License-Identifier: Apache-2.0
"""Where the sites lie, kept up as links are measured.

A pair is remembered after its turn of being probed is over, so what is known of the network grows with every turn.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from aiworkload.sensing.embedding import Pair, embed
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.link import LinkSource
from aiworkload.snapshot.snapshot import Snapshot

MEMORY_SECONDS: Final = 6 * 3600.0
"""A round trip says little of the network of another part of the day. Ours."""
MOST_PAIRS_A_SITE: Final = 64
"""The newest count: four times what each site probes at a time. Fitting takes time by the pair. Ours."""
RENEWED_SECONDS: Final = 600.0
"""A fit is done again after this long, whatever has changed: one turn of the sample. Ours."""
CHANGED_SHARE: Final = 0.2
CHANGED_MILLISECONDS: Final = 1.0
"""What is news to the agents (`agent.report`) is news here."""
NEWS_SHARE: Final = 0.01
"""Of all pairs, so many must be news for a fit of its own; pairs of sites that have no place yet are always. Ours."""


class Survey:
    """Remembers what was measured, and where the sites lie by that."""

    def __init__(self) -> None:
        self._measured: dict[Pair, tuple[float, float]] = {}
        """By pair: milliseconds, and when."""
        self._fitted: dict[Pair, float] = {}
        self._fitted_at = float("-inf")
        self.coordinates: Coordinates | None = None

    def renew(self, snapshot: Snapshot) -> Coordinates | None:
        """Take in what a snapshot's agents measured; new coordinates when there is enough news, else None.

        Takes up to some seconds with thousands of sites (0.2 s mostly), so it is not for the loop's own thread.
        """
        for pair, milliseconds in _measured(snapshot):
            self._measured[pair] = (milliseconds, snapshot.taken_at)
        self._forget(snapshot)
        if not self._is_news(snapshot.taken_at):
            return None
        self._fitted = {pair: milliseconds for pair, (milliseconds, _) in self._measured.items()}
        self._fitted_at = snapshot.taken_at
        self.coordinates = embed(self._fitted, self.coordinates)
        return self.coordinates

    def _forget(self, snapshot: Snapshot) -> None:
        oldest = snapshot.taken_at - MEMORY_SECONDS
        sites = snapshot.sites
        self._measured = {
            pair: known
            for pair, known in self._measured.items()
            if known[1] >= oldest and pair[0] in sites and pair[1] in sites
        }
        most = MOST_PAIRS_A_SITE * len(sites)
        if len(self._measured) > most:
            newest_first = sorted(self._measured.items(), key=lambda item: (-item[1][1], item[0]))
            self._measured = dict(newest_first[:most])

    def _is_news(self, now: float) -> bool:
        if not self._measured:
            return False
        placed: Mapping[str, int] = self.coordinates.index if self.coordinates else {}
        news = 0
        for pair, (milliseconds, _) in self._measured.items():
            if pair[0] not in placed or pair[1] not in placed:
                return True
            news += _differs(self._fitted.get(pair), milliseconds)
        return news > NEWS_SHARE * len(self._measured) or (news > 0 and now - self._fitted_at >= RENEWED_SECONDS)


def _measured(snapshot: Snapshot) -> Iterator[tuple[Pair, float]]:
    """Each pair that an agent measures now, with the p95 as the worse end has it."""
    for one, other in snapshot.links:
        link = snapshot.link(one, other)
        if link is None or (one > other and (other, one) in snapshot.links):
            continue
        if link.source is LinkSource.MEASURED and link.rtt_p95_microseconds and not link.is_stale(snapshot.taken_at):
            yield (min(one, other), max(one, other)), link.rtt_p95_microseconds / 1000


def _differs(before: float | None, after: float) -> bool:
    if before is None:
        return True
    return abs(after - before) >= max(CHANGED_MILLISECONDS, CHANGED_SHARE * before)
