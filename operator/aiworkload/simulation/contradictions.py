# SPDX-License-Identifier: Apache-2.0
"""What no single field of a scenario can tell: names that nobody has, links said twice, events that say nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import fields

from aiworkload.placement.policy import Policy
from aiworkload.simulation.outages import pair_of
from aiworkload.simulation.scenario import Event, LinkPart, Scenario
from aiworkload.simulation.shapes import RecordedTrace
from aiworkload.snapshot.document.problems import Path, Problem

_SAYS = ("cut", "heal", "degrade", "node_down", "node_up", "operator", "price", "edit")
"""Fields of an event, exactly one of which says what happens."""


def contradictions(scenario: Scenario) -> Iterator[Problem]:
    """All of them."""
    sites = {site.metadata.name for site in scenario.sites}
    nodes = {node.name for node in scenario.nodes}
    links = {pair_of(*link.between) for link in scenario.links}
    workloads = {workload.key.name for workload in scenario.workloads}
    yield from _twice("sites", ("metadata", "name"), [site.metadata.name for site in scenario.sites])
    yield from _twice("nodes", ("name",), [node.name for node in scenario.nodes])
    yield from _twice("workloads", ("metadata", "name"), [str(workload.key) for workload in scenario.workloads])
    yield from _twice("links", ("between",), [" and ".join(pair_of(*link.between)) for link in scenario.links])
    yield from _policy(scenario)
    for index, node in enumerate(scenario.nodes):
        if node.site is None:
            yield Problem(("nodes", index), "a scenario's node stands at a Site: give it `site`")
        else:
            yield from _unknown(("nodes", index, "site"), [node.site], sites, "Site")
    for index, link in enumerate(scenario.links):
        yield from _unknown(("links", index, "between"), link.between, sites, "Site")
        yield from _link(("links", index), link)
    for index, workload in enumerate(scenario.workloads):
        path: Path = ("workloads", index)
        named = [client.site for client in workload.spec.clients]
        yield from _unknown((*path, "spec", "requirements", "latency", "clients"), named, sites, "Site")
        for step, load in enumerate(workload.load):
            yield from _unknown((*path, "load", step, "requestsPerSecond"), load.requests_per_second, sites, "Site")
        if workload.departs is not None and workload.departs <= workload.arrives:
            yield Problem((*path, "departs"), "it departs before it arrives: give a later time", workload.departs)
    for index, event in enumerate(scenario.events):
        yield from _event(("events", index), event, (sites, nodes, links, workloads))


def _twice(where: str, field: Path, names: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Problem((where, index, *field), "an earlier entry has the same name: give each its own", name)
        seen.add(name)


def _unknown(path: Path, named: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            cure = f"there is no {kind} '{name}' here: name one of {', '.join(sorted(known)) or '(none)'}, or add it"
            yield Problem(path, cure)


def _policy(scenario: Scenario) -> Iterator[Problem]:
    known = {camel(field.name) for field in fields(Policy)}
    for name in scenario.policy:
        if name not in known:
            yield Problem(("policy", name), f"the operator has no such threshold: it has {', '.join(sorted(known))}")


def _link(path: Path, link: LinkPart) -> Iterator[Problem]:
    given = [name for name in ("rtt_milliseconds", "trace", "shape") if getattr(link, name) is not None]
    if len(given) != 1:
        yield Problem(path, "say how long a round trip takes exactly once: rttMilliseconds, trace or shape")
    if link.between[0] == link.between[1]:
        yield Problem((*path, "between"), "a link joins two different sites", link.between[0])
    trace = link.trace
    if (
        isinstance(trace, RecordedTrace)
        and trace.loss_percent
        and len(trace.loss_percent) != len(trace.rtt_milliseconds)
    ):
        cure = f"it has {len(trace.loss_percent)} values for {len(trace.rtt_milliseconds)} round trips: give as many"
        yield Problem((*path, "trace", "lossPercent"), cure)


def _event(
    path: Path, event: Event, known: tuple[set[str], set[str], set[tuple[str, str]], set[str]]
) -> Iterator[Problem]:
    sites, nodes, links, workloads = known
    if sum(getattr(event, name) is not None for name in _SAYS) != 1:
        yield Problem(path, f"an event says one thing: give exactly one of {', '.join(camel(name) for name in _SAYS)}")
    for name, target in (("cut", event.cut), ("heal", event.heal)):
        if target is None:
            continue
        if (target.site is None) == (target.link is None):
            yield Problem((*path, name), "name either a site, whose uplink is meant, or a link of two sites")
        yield from _unknown((*path, name, "site"), [target.site] if target.site else [], sites, "Site")
        yield from _unknown_link((*path, name, "link"), target.link, links)
    yield from _unknown_link((*path, "degrade", "link"), event.degrade.link if event.degrade else None, links)
    for name, node in (("nodeDown", event.node_down), ("nodeUp", event.node_up)):
        yield from _unknown((*path, name), [node] if node else [], nodes, "node")
    yield from _unknown((*path, "price", "site"), [event.price.site] if event.price else [], sites, "Site")
    yield from _unknown((*path, "edit", "workload"), [event.edit.workload] if event.edit else [], workloads, "workload")


def _unknown_link(path: Path, link: tuple[str, str] | None, links: set[tuple[str, str]]) -> Iterator[Problem]:
    if link is not None and pair_of(*link) not in links:
        yield Problem(path, f"no link joins {link[0]} and {link[1]}: add it to links")


def camel(name: str) -> str:
    """`lost_seconds` as `lostSeconds`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
