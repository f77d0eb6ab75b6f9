# SPDX-License-Identifier: Apache-2.0
"""Reads the files of `-f`: YAML or JSON, one or many objects each, `-` for standard input."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from aiworkload.api.names import API_VERSION
from aiworkload.cli.output import BadInputError
from aiworkload.cli.tree import part

KINDS: Final = ("AIWorkload", "Site")

Manifest = dict[str, Any]


def read_files(files: Iterable[Path]) -> list[Manifest]:
    """All objects of all files, Sites first: workloads are placed among them.

    Raises:
        BadInputError: a file cannot be read, or holds something that cannot be planned.
    """
    documents = [document for file in files for document in _read(file)]
    if not documents:
        raise BadInputError("the files hold no objects: give an AIWorkload or a Site")
    return sorted(documents, key=lambda document: document["kind"] != "Site")


def _read(file: Path) -> Iterator[Manifest]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
        documents = list(yaml.safe_load_all(text))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"cannot read {file}: {error}") from error
    except yaml.YAMLError as error:
        raise BadInputError(f"{file} is neither YAML nor JSON: {error}") from error
    for document in documents:
        if document is not None:
            yield _checked(document, file)


def _checked(document: object, file: Path) -> Manifest:
    if not isinstance(document, dict):
        raise BadInputError(f"{file} holds something that is no Kubernetes object: {document!r:.80}")
    manifest: Manifest = {str(key): value for key, value in document.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- YAML
    kind = manifest.get("kind")
    if manifest.get("apiVersion") != API_VERSION or kind not in KINDS:
        found = f"{manifest.get('apiVersion')} {kind}"
        raise BadInputError(f"{file} holds a {found}: only {' and '.join(KINDS)} of {API_VERSION} can be planned")
    if not isinstance(manifest.get("metadata"), dict) or not part(manifest, "metadata").get("name"):
        raise BadInputError(f"{file} holds a {kind} without metadata.name: give it one")
    return manifest
