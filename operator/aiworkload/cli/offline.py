# SPDX-License-Identifier: Apache-2.0
"""`plan --snapshot FILE`: the same decisions without a cluster, from a recorded or hand-written snapshot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from aiworkload.cli.changes import Cluster, whole_plan_document
from aiworkload.cli.files import Applied, read_objects
from aiworkload.cli.output import BadInputError
from aiworkload.cli.policy import operator_policy
from aiworkload.cli.set_link import SetLink, with_links
from aiworkload.cli.sources import Source, bad, read_sources
from aiworkload.cli.submitted import Submitted
from aiworkload.placement.advise import decide_with_advice
from aiworkload.snapshot.document.problems import BadDocument
from aiworkload.snapshot.document.reading import read
from aiworkload.snapshot.document.redaction import redacted
from aiworkload.snapshot.document.site import SitePart
from aiworkload.snapshot.document.snapshot import from_document
from aiworkload.snapshot.document.what_if import with_site, with_workload
from aiworkload.snapshot.document.workload import WorkloadPart
from aiworkload.snapshot.snapshot import Snapshot

PartT = TypeVar("PartT", SitePart, WorkloadPart)


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in a file.

    Raises:
        BadInputError: it cannot be read; every problem has its line and cure.
    """
    sources = [source for source in read_sources(path) if source.document is not None]
    if len(sources) != 1:
        raise BadInputError(f"{path} holds {len(sources)} documents: a snapshot is one of kind: Snapshot")
    try:
        return from_document(sources[0].document)
    except BadDocument as error:
        raise bad(sources[0], error) from error


def planned_offline(
    path: Path, files: Sequence[Path], links: Sequence[SetLink], namespace: str | None
) -> dict[str, Any]:
    """The whole plan of a snapshot, with these objects and links in place.

    A manifest without a namespace is of this one, if it is given, else of `default`.

    Raises:
        BadInputError: a file cannot be used.
    """
    recorded = read_snapshot(path)
    submitted: list[Submitted] = []
    changed = recorded
    for applied in read_objects(files) if files else ():
        changed, one = _apply(changed, applied, namespace)
        submitted.append(one)
    changed = with_links(changed, links)
    before = _decided(recorded) if files or links else None
    return whole_plan_document(submitted, before=before, after=_decided(changed))


def _decided(snapshot: Snapshot) -> Cluster:
    return snapshot, decide_with_advice(snapshot, operator_policy(), snapshot.taken_at)


def _apply(snapshot: Snapshot, applied: Applied, namespace: str | None) -> tuple[Snapshot, Submitted]:
    if applied.manifest["kind"] == "Site":
        return _apply_site(snapshot, _read(SitePart, applied.source))
    return _apply_workload(snapshot, _read(WorkloadPart, applied.source).in_namespace(namespace))


def _apply_site(snapshot: Snapshot, part: SitePart) -> tuple[Snapshot, Submitted]:
    name = part.metadata.name
    standing = snapshot.sites.get(name)
    changed = standing is None or standing.spec != part.spec
    return with_site(snapshot, part), Submitted("Site", "", name, exists=standing is not None, changed=changed)


def _apply_workload(snapshot: Snapshot, part: WorkloadPart) -> tuple[Snapshot, Submitted]:
    standing = snapshot.workloads.get(part.key)
    changed = standing is None or standing.spec not in (part.spec, redacted(part.spec))
    one = Submitted("AIWorkload", *part.key, exists=standing is not None, changed=changed)
    return with_workload(snapshot, part), one


def _read(model: type[PartT], source: Source) -> PartT:
    try:
        return read(model, source.document)
    except BadDocument as error:
        raise bad(source, error) from error
