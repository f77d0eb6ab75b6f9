# SPDX-License-Identifier: Apache-2.0
"""What the incremental bookkeeping must come to, written down in the simplest way: everything anew, every time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from aiworkload.snapshot.link import Link
from aiworkload.snapshot.measured import Bandwidth
from aiworkload.snapshot.membership import Claim, selects

Ends = tuple[str, str]
Contests = dict[str, list[tuple[str, str]]]


def membership(
    labels_of: Mapping[str, Mapping[str, str]], claims: Iterable[Claim]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]], dict[str, tuple[tuple[str, str], ...]]]:
    """Site by node, nodes by site, contests by site: every node goes to the oldest Site that selects it."""
    by_age = sorted(claims, key=lambda claim: (claim.created_at, claim.site))
    site_of: dict[str, str] = {}
    nodes_of: dict[str, list[str]] = {}
    contested: Contests = {}
    for node in sorted(labels_of):
        selecting = [claim.site for claim in by_age if selects(claim.node_selector, labels_of[node])]
        if not selecting:
            continue
        site_of[node] = selecting[0]
        nodes_of.setdefault(selecting[0], []).append(node)
        _note_contest(contested, node, selecting)
    return (
        site_of,
        {site: tuple(nodes) for site, nodes in nodes_of.items()},
        {site: tuple(sorted(others)) for site, others in contested.items()},
    )


def site_links(
    measured: Iterable[Link], declarations: Iterable[Link], bandwidths: Sequence[tuple[str, str, Bandwidth]], now: float
) -> Mapping[Ends, Link]:
    """One link for each pair of sites; of equal measurements the one that comes first."""
    by_word = {(link.from_site, link.to_site): link for link in declarations}
    links: dict[Ends, Link] = {}
    for link in measured:
        ends = (link.from_site, link.to_site)
        rival = links.get(ends)
        if _tells_something(link) and (rival is None or _rank(link, now) > _rank(rival, now)):
            links[ends] = link
    with_bandwidth = {
        ends: _with_bandwidth(link, by_word.get(ends), _narrowest(ends, bandwidths, now))
        for ends, link in links.items()
    }
    return {**by_word, **with_bandwidth}


def _note_contest(contested: Contests, node: str, selecting: Sequence[str]) -> None:
    for site in selecting if len(selecting) > 1 else ():
        contested.setdefault(site, []).extend((node, other) for other in selecting if other != site)


def _tells_something(link: Link) -> bool:
    return link.from_site != link.to_site and (link.rtt_p95_microseconds is not None or link.consecutive_losses > 0)


def _rank(link: Link, now: float) -> tuple[bool, float, bool, int, int]:
    fresh, silent = not link.is_stale(now), link.rtt_p95_microseconds is None
    age = 0.0 if fresh else link.observed_at
    return (fresh, age, silent, link.rtt_p95_microseconds or 0, link.consecutive_losses)


def _narrowest(ends: Ends, bandwidths: Iterable[tuple[str, str, Bandwidth]], now: float) -> int | None:
    fresh = [it.kilobits for one, other, it in bandwidths if {one, other} == {*ends} and it.until >= now]
    return min(fresh) if fresh else None


def _with_bandwidth(link: Link, by_word: Link | None, measured: int | None) -> Link:
    declared = by_word.bandwidth_kilobits if by_word else None
    return replace(link, bandwidth_kilobits=declared if measured is None else measured)
