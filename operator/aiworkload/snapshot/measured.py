# SPDX-License-Identifier: Apache-2.0
"""From what single nodes measured to the links between sites.

Of one site's nodes the worst fresh measurement counts: a pod may stand on any of them. No node's clock is trusted: a
report's time is when the API server or the operator saw it, and only differences within one report are by its node's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from aiworkload.api.site import SiteSpec
from aiworkload.snapshot.link import Link, LinkSource

Ends = tuple[str, str]

REPEATED_AFTER_MICROSECONDS: Final = 200_000
"""How long TCP waits at least, beyond a round trip, before it sends a lost packet again: Linux's TCP_RTO_MIN, and about
what its tail loss probe waits for a lone packet (RFC 8985, 7.2)."""
FELT_LOSS_BASIS_POINTS: Final = 500
"""A loss that more than one request in twenty meets is part of what the 95th percentile sees."""


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """What a path was measured to carry one way, and until when that may be believed."""

    kilobits: int
    until: float
    """By the operator's clock."""


def with_repeats(p50: int, p95: int, loss_basis_points: int) -> int:
    """The p95 of requests over a path, in microseconds, when some packets of it have to be sent twice.

    A lost one costs a round trip and the wait, and the repeated one takes another round trip. Ours.
    """
    if loss_basis_points < FELT_LOSS_BASIS_POINTS:
        return p95
    return max(p95, 2 * p50 + REPEATED_AFTER_MICROSECONDS)


def declared(site: str, spec: SiteSpec) -> Iterable[Link]:
    """The links of a Site by its owner's word."""
    for link in spec.links:
        rtt = link.rtt_milliseconds * 1000
        yield Link(
            from_site=site,
            to_site=link.site,
            rtt_p50_microseconds=rtt,
            rtt_p95_microseconds=rtt,
            bandwidth_kilobits=link.bandwidth_megabits * 1000 if link.bandwidth_megabits else None,
            source=LinkSource.DECLARED,
        )


def most_credible(measured: Mapping[str, Link], now: float) -> str | None:
    """Of what a site's nodes measured of one path, whose measurement counts; None: nobody's tells anything.

    Of equal ones it is that of the node that comes first by name, so that the order of arrival changes nothing.
    """
    telling = [node for node, link in measured.items() if _tells_something(link)]
    if len(telling) <= 1:
        return telling[0] if telling else None
    ranks = {node: _rank(measured[node], now) for node in telling}
    highest = max(ranks.values())
    return min(node for node, rank in ranks.items() if rank == highest)


def narrowest(measured: Iterable[Bandwidth], now: float) -> int | None:
    """Of what was measured both ways the least that may still be believed, in kilobits a second; None: nothing may.

    Requests go one way and responses the other, and which is the larger is the workload's matter.
    """
    return min((one.kilobits for one in measured if now <= one.until), default=None)


def merged(measured: Link | None, by_word: Link | None, kilobits: int | None = None) -> Link | None:
    """What is known of one path: a measurement where there is one, else the declaration.

    Its bandwidth is the measured `kilobits`, or what is declared where none was measured, or too long ago.
    """
    if measured is None:
        return by_word
    known = kilobits if kilobits is not None else by_word.bandwidth_kilobits if by_word else None
    return measured if known is None else replace(measured, bandwidth_kilobits=known)


def _tells_something(link: Link) -> bool:
    return link.from_site != link.to_site and (link.rtt_p95_microseconds is not None or link.consecutive_losses > 0)


def _rank(link: Link, now: float) -> tuple[bool, float, bool, int, int]:
    """Fresh before stale; of stale ones the newest; of fresh ones the worst, and silence is worse than any delay."""
    fresh = not link.is_stale(now)
    silent = link.rtt_p95_microseconds is None
    return (
        fresh,
        0.0 if fresh else link.observed_at,
        silent,
        link.rtt_p95_microseconds or 0,
        link.consecutive_losses,
    )
