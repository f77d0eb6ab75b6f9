# SPDX-License-Identifier: Apache-2.0
"""When who is out of contact, from a scenario's events: known before it begins, whatever is decided in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aiworkload.simulation.scenario import Degradation, Event, Scenario
from aiworkload.simulation.shapes import Floats

Interval = tuple[float, float]
"""From (included) and until (not included), in seconds of the scenario."""
Pair = tuple[str, str]
"""Two sites in the order of their names."""


def pair_of(one: str, other: str) -> Pair:
    """The two in the order of their names: a link is the same both ways."""
    return (one, other) if one <= other else (other, one)


@dataclass(frozen=True, slots=True)
class Outages:
    """All that takes contact away."""

    uplinks: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict[str, tuple[Interval, ...]])
    """By site: cut off from every other site and from the control plane."""
    links: Mapping[Pair, tuple[Interval, ...]] = field(default_factory=dict[Pair, tuple[Interval, ...]])
    """By link: only that path is gone."""
    nodes: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict[str, tuple[Interval, ...]])
    """By node: powered off."""
    dark: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict[str, tuple[Interval, ...]])
    """By site: nothing is heard of it; its uplink is cut or all of its nodes are down."""
    degraded: tuple[tuple[Interval, Degradation], ...] = ()

    def is_cut(self, site: str, at: float) -> bool:
        """Whether the site's uplink is cut at that second."""
        return within(self.uplinks.get(site, ()), at)

    def are_apart(self, one: str, other: str, at: float) -> bool:
        """Whether two sites cannot reach each other at that second."""
        cut = self.is_cut(one, at) or self.is_cut(other, at) or within(self.links.get(pair_of(one, other), ()), at)
        return one != other and cut


def outages_of(scenario: Scenario) -> Outages:
    """Read the events into intervals."""
    events = sorted(scenario.events, key=lambda event: event.at)
    uplinks = _intervals(_cuts_of_sites(events))
    nodes = _intervals(_switches_of_nodes(events))
    return Outages(
        uplinks=uplinks,
        links=_intervals(_cuts_of_links(events)),
        nodes=nodes,
        dark=_dark(scenario, uplinks, nodes),
        degraded=tuple(
            ((event.at, event.at + event.for_ if event.for_ is not None else inf), event.degrade)
            for event in events
            if event.degrade is not None
        ),
    )


def within(intervals: Iterable[Interval], at: float) -> bool:
    """Whether a second lies in any of them."""
    return any(begin <= at < end for begin, end in intervals)


def mask(intervals: Iterable[Interval], seconds: Floats) -> NDArray[np.bool_]:
    """Which of these seconds lie in any of them."""
    found = np.zeros(len(seconds), dtype=np.bool_)
    for begin, end in intervals:
        found |= (seconds >= begin) & (seconds < end)
    return found


_WhatT = TypeVar("_WhatT")
_Switch = tuple[_WhatT, float, bool]
"""What, when, and whether it goes (True) or comes back."""


def _cuts_of_sites(events: Iterable[Event]) -> Iterator[_Switch[str]]:
    for event in events:
        for target, gone in ((event.cut, True), (event.heal, False)):
            if target is not None and target.site is not None:
                yield from _with_end(target.site, event, gone=gone)


def _cuts_of_links(events: Iterable[Event]) -> Iterator[_Switch[Pair]]:
    for event in events:
        for target, gone in ((event.cut, True), (event.heal, False)):
            if target is not None and target.link is not None:
                yield from _with_end(pair_of(*target.link), event, gone=gone)


def _switches_of_nodes(events: Iterable[Event]) -> Iterator[_Switch[str]]:
    for event in events:
        for node, gone in ((event.node_down, True), (event.node_up, False)):
            if node is not None:
                yield from _with_end(node, event, gone=gone)


def _with_end(what: _WhatT, event: Event, *, gone: bool) -> Iterator[_Switch[_WhatT]]:
    yield what, event.at, gone
    if gone and event.for_ is not None:
        yield what, event.at + event.for_, False


def _intervals(switches: Iterable[_Switch[_WhatT]]) -> dict[_WhatT, tuple[Interval, ...]]:
    begun: dict[_WhatT, float] = {}
    found: dict[_WhatT, list[Interval]] = defaultdict(list)
    for what, at, gone in sorted(switches, key=lambda switch: (switch[1], switch[2])):
        if gone:
            begun.setdefault(what, at)
        elif what in begun:
            found[what].append((begun.pop(what), at))
    for what, at in begun.items():
        found[what].append((at, inf))
    return {what: tuple(intervals) for what, intervals in found.items()}


def _dark(
    scenario: Scenario, uplinks: Mapping[str, tuple[Interval, ...]], nodes: Mapping[str, tuple[Interval, ...]]
) -> dict[str, tuple[Interval, ...]]:
    found: dict[str, tuple[Interval, ...]] = {}
    for site in scenario.sites:
        name = site.metadata.name
        standing = [node.name for node in scenario.nodes if node.site == name]
        all_down = _common([nodes.get(node, ()) for node in standing]) if standing else ()
        if dark := (*uplinks.get(name, ()), *all_down):
            found[name] = dark
    return found


def _common(each: list[tuple[Interval, ...]]) -> tuple[Interval, ...]:
    """Where the intervals of all overlap."""
    shared = each[0]
    for others in each[1:]:
        both = ((max(a, c), min(b, d)) for a, b in shared for c, d in others)
        shared = tuple((begin, end) for begin, end in both if begin < end)
    return shared
