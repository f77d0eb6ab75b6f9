# SPDX-License-Identifier: Apache-2.0
"""Lets the API server check an object as it would be stored, and puts it into the facts as if it were."""

from typing import Any, Final

import orjson

from aiworkload.cli.output import BadInputError
from aiworkload.cli.submitted import Submitted
from aiworkload.cli.tree import Tree, part
from aiworkload.kube.connection import Connection
from aiworkload.kube.errors import NotFound
from aiworkload.kube.resources import BY_KIND
from aiworkload.kube.store import Store
from aiworkload.reconcile.ports import Refused

DRY_RUN: Final = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": "kubectl-aiworkload"}

Manifest = dict[str, Any]


async def submit(connection: Connection, store: Store, manifest: Manifest, namespace: str) -> Submitted:
    """Check one object by a dry run and take the API server's answer into the store.

    Raises:
        BadInputError: the API server refuses it; the sentence is its own.
        ClusterError: it did not answer.
    """
    resource = BY_KIND[manifest["kind"]]
    name = str(manifest["metadata"]["name"])
    where = str(manifest["metadata"].get("namespace") or namespace) if resource.namespaced else ""
    live = await _live(connection, resource.path(where or None, name))
    path = resource.path(where or None, name if live else None)
    body = {**manifest, "metadata": _metadata(manifest["metadata"], where, live)}
    try:
        raw = await connection.request("PUT" if live else "POST", path, query=DRY_RUN, body=body)
    except (Refused, NotFound) as error:
        raise BadInputError(f"the API server refuses {resource.kind} {name}: {error}") from error
    checked: Manifest = orjson.loads(raw)
    _take(store, resource.kind, checked)
    changed = live is None or live["metadata"].get("generation") != checked["metadata"].get("generation")
    return Submitted(manifest["kind"], where, name, exists=live is not None, changed=changed)


async def _live(connection: Connection, path: str) -> Manifest | None:
    try:
        return await connection.get(path)
    except NotFound:
        return None


def _metadata(written: Tree, namespace: str, live: Manifest | None) -> Manifest:
    """As `kubectl apply` would leave it: what others have labelled and annotated stays."""
    mine: Manifest = {**written, **({"namespace": namespace} if namespace else {})}
    if live is None:
        return mine
    standing: Manifest = live["metadata"]
    merged = {key: {**part(standing, key), **part(mine, key)} for key in ("labels", "annotations")}
    return {**standing, **merged}


def _take(store: Store, kind: str, checked: Manifest) -> None:
    """A dry run does not move the resourceVersion, and the store takes newer versions only."""
    table = store.table(kind)
    newest = max((int(fact.metadata.resource_version) for fact in table.values()), default=0)
    table.wrote({**checked, "metadata": {**checked["metadata"], "resourceVersion": str(newest + 1)}})
