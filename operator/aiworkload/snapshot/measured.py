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


def site_links(measured: Iterable[Link], declarations: Iterable[Link], now: float) -> Mapping[Ends, Link]:
    """One link for each pair of sites: a measurement where there is one, else the declaration.

    Bandwidth is not measured yet, so a measured link keeps the declared one.
    """
    by_word = {(link.from_site, link.to_site): link for link in declarations}
    links: dict[Ends, Link] = {}
    for link in measured:
        ends = (link.from_site, link.to_site)
        rival = links.get(ends)
        if _tells_something(link) and (rival is None or _rank(link, now) > _rank(rival, now)):
            links[ends] = link
    with_bandwidth = {ends: _with_bandwidth(link, by_word.get(ends)) for ends, link in links.items()}
    return {**by_word, **with_bandwidth}


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


def _with_bandwidth(link: Link, by_word: Link | None) -> Link:
    if by_word is None or link.bandwidth_kilobits is not None:
        return link
    return replace(link, bandwidth_kilobits=by_word.bandwidth_kilobits)
