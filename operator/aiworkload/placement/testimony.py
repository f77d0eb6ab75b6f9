# SPDX-License-Identifier: Apache-2.0
"""What other sites' probes say of a site: how many get answers from it, and how many lose it.

A probe that is lost tells of both ends: the site is out of reach, or the one who probes is. So whoever loses most of
what it probes speaks of its own access; one firewall, or one node in wrong hands, would else degrade every site that
it was asked to probe. What nobody reaches is lost by its word too: several sites may be cut off at once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

from aiworkload.placement.policy import Policy
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.snapshot import Snapshot

FEWEST_LOST: Final = 2
"""Whoever loses fewer does not lose most, whatever the share: of one peer, or of two, one may be cut off. Ours."""

Near = Mapping[str, Iterable[str]]
"""For each site the others that a link joins it to, in either direction."""


class Word(Enum):
    """What one link says of the site that it leads to."""

    ANSWERED = auto()
    LOST = auto()


class Heard(NamedTuple):
    """Other sites' words of one site, as far as they count."""

    reaching: int = 0
    losing: int = 0


NOTHING: Final = Heard()


def word_of(link: Link, now: float, policy: Policy) -> Word | None:
    """What a link says; None: nothing.

    One that has had no answer yet says nothing until it has lost enough. With answers, fewer losses in a row are an
    answer of moments ago: whatever else follows, the site was reached.
    """
    if link.source is not LinkSource.MEASURED or link.from_site == link.to_site or link.is_stale(now):
        return None
    if link.consecutive_losses >= policy.degraded_consecutive_losses:
        return Word.LOST
    return None if link.rtt_p95_microseconds is None else Word.ANSWERED


def loses_most(own: Iterable[Link], now: float, policy: Policy) -> bool:
    """Whether a site, by all the links from it, loses more than half of what it can tell of, and more than one."""
    words = Counter(word_of(link, now, policy) for link in own)
    return words[Word.LOST] >= max(FEWEST_LOST, words[Word.ANSWERED] + 1)


def heard(links: Iterable[Link], now: float, policy: Policy) -> Mapping[str, Heard]:
    """By site, what is heard of it; of a site that is not there, nothing.

    Args:
        links: all that lead to the sites in question, and all from those that lose them.
        now: the snapshot's moment.
        policy: how many losses in a row count.
    """
    words = [(link, word) for link in links if (word := word_of(link, now, policy))]
    reaching = Counter(link.to_site for link, word in words if word is Word.ANSWERED)
    lost = [link for link, word in words if word is Word.LOST]
    own: dict[str, list[Link]] = {link.from_site: [] for link in lost}
    for link, _ in words:
        if link.from_site in own:
            own[link.from_site].append(link)
    out_of_touch = {site for site, told in own.items() if loses_most(told, now, policy)}
    counting = (link for link in lost if not (reaching[link.to_site] and link.from_site in out_of_touch))
    losing = Counter(link.to_site for link in counting)
    return {site: Heard(reaching[site], losing[site]) for site in {*reaching, *losing}}


def lost_sites(links: Collection[Link], now: float, policy: Policy) -> set[str]:
    """Sites of which `heard` says, of all links, that somebody loses them; in quiet at the cost of one look at each."""
    suspect = [link for link in links if link.consecutive_losses >= policy.degraded_consecutive_losses]
    sites, losers = {link.to_site for link in suspect}, {link.from_site for link in suspect}
    told = heard((link for link in links if link.to_site in sites or link.from_site in losers), now, policy)
    return {site for site in sites if told.get(site, NOTHING).losing}


def heard_of(sites: Iterable[str], snapshot: Snapshot, near: Near, policy: Policy) -> Mapping[str, Heard]:
    """What `heard` says of some sites, at the cost of the links that it rests on."""
    now = snapshot.taken_at
    towards = [link for site in sites for link in links_between(snapshot, near.get(site, ()), (site,))]
    losers = {link.from_site for link in towards if word_of(link, now, policy) is Word.LOST}
    own = [link for loser in losers for link in links_between(snapshot, (loser,), near.get(loser, ()))]
    return heard({(link.from_site, link.to_site): link for link in (*towards, *own)}.values(), now, policy)


def links_between(snapshot: Snapshot, starts: Iterable[str], ends: Iterable[str]) -> Iterator[Link]:
    """The links from any of these sites to any of those."""
    there = tuple(ends)
    return (link for start in starts for end in there if (link := snapshot.links.get((start, end))))


def spoken_of_anew(
    before: tuple[Snapshot, Near], after: tuple[Snapshot, Near], ends: Iterable[tuple[str, str]], policy: Policy
) -> set[str]:
    """Sites of which others say something else in a newer snapshot, or say it with another weight.

    Args:
        before: the older snapshot, and what is near each site in it.
        after: the newer one.
        ends: links that are others than before, or stale by now.
        policy: the same for both.
    """
    retold = [pair for pair in ends if _word(before[0], pair, policy) is not _word(after[0], pair, policy)]
    turned = {
        witness
        for witness in {witness for witness, _ in retold}
        if _is_out_of_touch(*before, witness, policy) is not _is_out_of_touch(*after, witness, policy)
    }
    return {*(site for _, site in retold), *(site for witness in turned for site in after[1].get(witness, ()))}


def _word(snapshot: Snapshot, ends: tuple[str, str], policy: Policy) -> Word | None:
    link = snapshot.links.get(ends)
    return word_of(link, snapshot.taken_at, policy) if link else None


def _is_out_of_touch(snapshot: Snapshot, near: Near, site: str, policy: Policy) -> bool:
    return loses_most(links_between(snapshot, (site,), near.get(site, ())), snapshot.taken_at, policy)
