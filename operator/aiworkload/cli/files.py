# SPDX-License-Identifier: Apache-2.0
"""The objects of `-f`: AIWorkloads and Sites from YAML or JSON files, one or many each, or from whole directories."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from aiworkload.api.names import API_VERSION
from aiworkload.cli.output import BadInputError
from aiworkload.cli.sources import Source, read_sources
from aiworkload.cli.tree import part

KINDS: Final = ("AIWorkload", "Site")

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Applied:
    """One object that `-f` names, and where it stands."""

    manifest: Manifest
    source: Source


def read_objects(files: Iterable[Path]) -> list[Applied]:
    """All objects of all files, Sites first: workloads are placed among them.

    Raises:
        BadInputError: a file cannot be read, or holds something that cannot be planned.
    """
    sources = [source for file in files for source in read_sources(file) if source.document is not None]
    if not sources:
        raise BadInputError("the files hold no objects: give an AIWorkload or a Site")
    found = [Applied(_checked(source), source) for source in sources]
    return sorted(found, key=lambda applied: applied.manifest["kind"] != "Site")


def read_files(files: Iterable[Path]) -> list[Manifest]:
    """The same without where they stand.

    Raises:
        BadInputError: a file cannot be read, or holds something that cannot be planned.
    """
    return [applied.manifest for applied in read_objects(files)]


def _checked(source: Source) -> Manifest:
    document, file = source.document, f"{source.file}:{source.line(())}"
    if not isinstance(document, Mapping):
        raise BadInputError(f"{file} holds something that is no Kubernetes object: {document!r:.80}")
    manifest: Manifest = {str(key): value for key, value in cast("Mapping[object, Any]", document).items()}
    kind = manifest.get("kind")
    if manifest.get("apiVersion") != API_VERSION or kind not in KINDS:
        found = f"{manifest.get('apiVersion')} {kind}"
        raise BadInputError(f"{file} holds a {found}: only {' and '.join(KINDS)} of {API_VERSION} can be planned")
    if not isinstance(manifest.get("metadata"), dict) or not part(manifest, "metadata").get("name"):
        raise BadInputError(f"{file} holds a {kind} without metadata.name: give it one")
    return manifest
