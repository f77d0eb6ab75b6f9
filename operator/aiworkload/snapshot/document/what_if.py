# SPDX-License-Identifier: Apache-2.0
"""A snapshot with something else in it: what `plan` compares the present with."""

from collections.abc import Mapping
from dataclasses import replace

from aiworkload.snapshot.document.site import SitePart
from aiworkload.snapshot.document.snapshot import declarations
from aiworkload.snapshot.document.workload import WorkloadPart
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.measured import merged
from aiworkload.snapshot.membership import selects
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload


def with_link(snapshot: Snapshot, one: str, other: str, microseconds: int) -> Snapshot:
    """The path between two sites as if this round trip had just been measured from both ends, without jitter or loss.

    Bandwidth and the site's reachability stay as they are known.
    """
    changed = {(a, b): _measured(snapshot, a, b, microseconds) for a, b in ((one, other), (other, one))}
    return replace(snapshot, links={**snapshot.links, **changed})


def with_workload(snapshot: Snapshot, part: WorkloadPart) -> Snapshot:
    """The workload as if its manifest were applied now; what stands of it and what it has been through stays."""
    given = part.to_workload()
    standing = snapshot.workloads.get(given.key)
    applied = replace(given, created_at=snapshot.taken_at) if standing is None else _applied(standing, given)
    return replace(snapshot, workloads={**snapshot.workloads, given.key: applied})


def with_site(snapshot: Snapshot, part: SitePart) -> Snapshot:
    """The Site as if its manifest were applied now: its nodes and declared links follow from its spec."""
    standing = snapshot.sites.get(part.metadata.name)
    given = part.to_site((), snapshot.taken_at)
    if standing is not None:
        generation = standing.generation + (standing.spec != given.spec)
        given = replace(standing, spec=given.spec, labels=given.labels, generation=generation)
    nodes = {node.name: _standing(node, standing, given) for node in snapshot.nodes.values()}
    sites = {**snapshot.sites, given.name: given}
    return replace(
        snapshot,
        sites={name: replace(site, nodes=_nodes_at(name, nodes)) for name, site in sites.items()},
        nodes=nodes,
        links=_links(snapshot, standing, given),
    )


def _applied(standing: Workload, given: Workload) -> Workload:
    generation = standing.generation + (standing.spec != given.spec)
    approved = given.approved_site or standing.approved_site
    return replace(standing, spec=given.spec, generation=generation, approved_site=approved)


def _standing(node: Node, before: Site | None, after: Site) -> Node:
    """A node that its Site selects no more is free for others, and one that stands nowhere may be selected."""
    chosen = before is None or before.spec.node_selector != after.spec.node_selector
    selected = selects(after.spec.node_selector, node.labels)
    if chosen and node.site == after.name and not selected:
        return replace(node, site=None)
    return replace(node, site=after.name) if node.site is None and selected else node


def _nodes_at(site: str, nodes: Mapping[str, Node]) -> tuple[str, ...]:
    return tuple(sorted(node.name for node in nodes.values() if node.site == site))


def _links(snapshot: Snapshot, before: Site | None, after: Site) -> Mapping[tuple[str, str], Link]:
    """What the Site declared is gone, also the bandwidth that its measured links had from there."""
    said = {} if before is None else dict(declarations(before.name, before.spec))
    says = dict(declarations(after.name, after.spec))
    measured = {
        ends: _without_word(link, said.get(ends)) for ends, link in snapshot.links.items() if link != said.get(ends)
    }
    found = {ends: merged(measured.get(ends), says.get(ends)) for ends in {**says, **measured}}
    return {ends: link for ends, link in found.items() if link is not None}


def _without_word(link: Link, by_word: Link | None) -> Link:
    from_there = by_word is not None and link.bandwidth_kilobits == by_word.bandwidth_kilobits
    return replace(link, bandwidth_kilobits=None) if from_there else link


def _measured(snapshot: Snapshot, one: str, other: str, microseconds: int) -> Link:
    known = snapshot.links.get((one, other)) or Link(one, other, None, None)
    return replace(
        known,
        rtt_p50_microseconds=microseconds,
        rtt_p95_microseconds=microseconds,
        jitter_microseconds=0,
        loss_basis_points=0,
        consecutive_losses=0,
        source=LinkSource.MEASURED,
        observed_at=snapshot.taken_at,
    )
