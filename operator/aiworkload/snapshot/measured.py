# SPDX-License-Identifier: Apache-2.0
"""From what single nodes measured to the links between sites.

Of one site's nodes the worst fresh measurement counts: a pod may stand on any of them. No node's clock is trusted: a
report's time is when the API server or the operator saw it, and only differences within one report are by its node's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from aiworkload.api.site import SiteSpec
from aiworkload.snapshot.link import Link, LinkSource

Ends = tuple[str, str]


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


def merged(measured: Link | None, by_word: Link | None) -> Link | None:
    """What is known of one path: a measurement where there is one, else the declaration.

    Bandwidth is not measured yet, so a measured link keeps the declared one.
    """
    if measured is None or by_word is None or measured.bandwidth_kilobits is not None:
        return measured or by_word
    return replace(measured, bandwidth_kilobits=by_word.bandwidth_kilobits)


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
