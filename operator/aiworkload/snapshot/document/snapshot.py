# SPDX-License-Identifier: Apache-2.0
"""The whole file: `kind: Snapshot`, and its way to the values that decisions are made from and back.

It is a file format, not a custom resource. Left out is what no decision reads: which Sites contest a node, the
NodeReport objects (their measurements are the links) and stored objects that could not be read. And what only a running
operator knows: the pulses of kubelets that it listens to, and the coordinates that estimated links come from.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from aiworkload.api.names import API_VERSION
from aiworkload.api.site import SiteSpec
from aiworkload.api.timestamps import to_epoch
from aiworkload.snapshot.document.base import Moment, Part, Version, moment, since
from aiworkload.snapshot.document.link import LinkPart, link_json
from aiworkload.snapshot.document.node import NodePart, node_json
from aiworkload.snapshot.document.problems import BadDocument, Path, Problem
from aiworkload.snapshot.document.reading import read
from aiworkload.snapshot.document.site import SitePart, site_json
from aiworkload.snapshot.document.workload import WorkloadPart, workload_json
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.measured import declared, merged
from aiworkload.snapshot.membership import Claim, Selectors
from aiworkload.snapshot.snapshot import Snapshot

_MOST: Final = 1_000_000
"""Entries of a list: far above any cluster, and a bound for whoever checks a file by its schema. Ours."""


class SnapshotDocument(Part):
    """A cluster at one moment, as a file: recorded by `kubectl aiworkload snapshot`, or written by hand."""

    api_version: Version
    kind: Literal["Snapshot"]
    taken_time: Moment
    """When. All ages in the file count back from here, and decisions are made as of then."""
    sites: Annotated[tuple[SitePart, ...], Field(max_length=_MOST)] = ()
    nodes: Annotated[tuple[NodePart, ...], Field(max_length=_MOST)] = ()
    links: Annotated[tuple[LinkPart, ...], Field(max_length=_MOST)] = ()
    """What was measured. Links that a Site declares in its spec need not be repeated here."""
    workloads: Annotated[tuple[WorkloadPart, ...], Field(max_length=_MOST)] = ()

    def to_snapshot(self) -> Snapshot:
        """As decisions see it.

        Raises:
            BadDocument: two entries have one name, or a node names a Site that is not there.
        """
        if problems := list(_contradictions(self)):
            raise BadDocument(problems)
        now = to_epoch(self.taken_time)
        site_of = self._site_of()
        nodes = {node.name: node.to_node(site_of.get(node.name)) for node in self.nodes}
        workloads = [workload.to_workload() for workload in self.workloads]
        return Snapshot(
            taken_at=now,
            sites={
                site.metadata.name: site.to_site(_standing_at(site.metadata.name, site_of), now) for site in self.sites
            },
            nodes=nodes,
            links=self._links(now),
            workloads={workload.key: workload for workload in workloads},
        )

    def _site_of(self) -> Mapping[str, str]:
        """Every node's site: as it says itself, else by the labels, as in a cluster."""
        selectors = Selectors(
            Claim(site.metadata.name, since(site.metadata.creation_timestamp), site.spec.node_selector)
            for site in self.sites
        )
        said = ((node.name, node.site or next(iter(selectors.selecting(node.labels)), None)) for node in self.nodes)
        return {node: site for node, site in said if site is not None}

    def _links(self, now: float) -> Mapping[tuple[str, str], Link]:
        told = [link.to_link(now) for link in self.links]
        by_word = {ends: link for site in self.sites for ends, link in declarations(site.metadata.name, site.spec)}
        by_word |= {ends_of(link): link for link in told if link.source is LinkSource.DECLARED}
        measured = {ends_of(link): link for link in told if link.source is LinkSource.MEASURED}
        guessed = {ends_of(link): link for link in told if link.source is LinkSource.ESTIMATED}
        found = {ends: merged(measured.get(ends), by_word.get(ends)) for ends in {**by_word, **measured}}
        return {**guessed, **{ends: link for ends, link in found.items() if link is not None}}


def to_document(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as plain JSON values, ready to be written as a file."""
    now = snapshot.taken_at
    by_word = {ends: link for site in snapshot.sites.values() for ends, link in declarations(site.name, site.spec)}
    told = [snapshot.links[ends] for ends in sorted(snapshot.links) if snapshot.links[ends] != by_word.get(ends)]
    return {
        "apiVersion": API_VERSION,
        "kind": "Snapshot",
        "takenTime": moment(now),
        "sites": [site_json(snapshot.sites[name], now) for name in sorted(snapshot.sites)],
        "nodes": [node_json(snapshot.nodes[name]) for name in sorted(snapshot.nodes)],
        "links": [link_json(link, now) for link in told],
        "workloads": [workload_json(snapshot.workloads[key], now) for key in sorted(snapshot.workloads)],
    }


def from_document(document: object) -> Snapshot:
    """The snapshot that a file holds.

    Raises:
        BadDocument: with all problems found.
    """
    return read(SnapshotDocument, document).to_snapshot()


def ends_of(link: Link) -> tuple[str, str]:
    """From where to where."""
    return link.from_site, link.to_site


def declarations(site: str, spec: SiteSpec) -> Iterator[tuple[tuple[str, str], Link]]:
    """The links that a Site declares, with their ends."""
    return ((ends_of(link), link) for link in declared(site, spec))


def _standing_at(site: str, site_of: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(node for node, where in site_of.items() if where == site))


def _contradictions(document: SnapshotDocument) -> Iterator[Problem]:
    yield from _twice("sites", "metadata.name", (site.metadata.name for site in document.sites))
    yield from _twice("nodes", "name", (node.name for node in document.nodes))
    yield from _twice("links", "from", (f"{link.from_} to {link.to}" for link in document.links))
    yield from _twice("workloads", "metadata.name", (str(workload.key) for workload in document.workloads))
    known = {site.metadata.name for site in document.sites}
    for index, node in enumerate(document.nodes):
        if node.site is not None and node.site not in known:
            cure = f"there is no Site '{node.site}' in this file: name one of {', '.join(sorted(known)) or '(none)'}"
            yield Problem(("nodes", index, "site"), cure, node.site)
    for index, link in enumerate(document.links):
        if link.rtt_p95_microseconds is None and not link.consecutive_losses:
            yield Problem(("links", index), "give rttP95Microseconds, or consecutiveLosses where no answer came back")


def _twice(where: str, field: str, names: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            path: Path = (where, index, *field.split("."))
            yield Problem(path, "an earlier entry has the same name: give each its own, or remove one", name)
        seen.add(name)
