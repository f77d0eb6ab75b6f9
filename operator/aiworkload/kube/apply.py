# SPDX-License-Identifier: Apache-2.0
"""Every write of the operator to the cluster: only by the leader, only what differs, and at once visible to itself."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import orjson

from aiworkload.api import names
from aiworkload.api.base import Model
from aiworkload.api.site import SiteStatus
from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.kube.assemble import Assembler
from aiworkload.kube.connection import APPLY, JSON, Connection, Method, Query
from aiworkload.kube.errors import AlreadyExists, NotFound
from aiworkload.kube.projection.base import Key, Metadata
from aiworkload.kube.projection.child import ChildFact
from aiworkload.kube.resources import BY_KIND, SERVICE, SITE, WORKLOAD, Resource
from aiworkload.kube.store import Store
from aiworkload.reconcile.ports import Conflict, Refused
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import UnreadableWorkload, Workload

_STAMPED: Final = frozenset({"Deployment", "Service"})
"""Kinds that carry the epoch of the leader that wrote them."""


class Leadership(Protocol):
    """Whether this process may write."""

    @property
    def epoch(self) -> int:
        """Counts leaders; higher is later."""
        ...

    def fence(self) -> None:
        """Pass, or raise.

        Raises:
            Fenced: this process does not lead (any more).
        """
        ...


class KubeCluster:
    """`reconcile.ports.Cluster` on a real API server."""

    def __init__(
        self,
        connection: Connection,
        store: Store,
        leadership: Leadership,
        now: Callable[[], float],
        on_write: Callable[[str, str], None] = lambda _kind, _verb: None,
    ) -> None:
        """`on_write` hears of each write with its kind and verb, for the metrics."""
        self._connection = connection
        self._store = store
        self._assembler = Assembler(store)
        self._leadership = leadership
        self._now = now
        self._on_write = on_write
        self._under_way: set[asyncio.Task[bytes]] = set()

    async def drain(self, seconds: float) -> None:
        """Wait until the writes that are under way have been answered."""
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=seconds)

    def snapshot(self) -> Snapshot:
        """All that is known now, frozen."""
        return self._assembler.snapshot(self._now())

    async def apply(self, manifest: Mapping[str, Any]) -> bool:
        """Server-side apply of what differs; True when it wrote.

        A Service is written under the resourceVersion that the decision saw, so that traffic is never switched on
        old news; a Deployment's changes with every pod, so only its uid must be the one that was seen.
        """
        resource, key = BY_KIND[manifest["kind"]], _key(manifest)
        known = self._store.table(resource.kind).get(key)
        if known is not None and not known.differences(manifest):
            return False
        if known is None:
            await self._apply_first(resource, key, self._stamped(manifest, {}))
        elif isinstance(known, ChildFact) and not any(map(known.belongs_to, _owners(manifest))):
            raise Refused(_taken(resource, key))
        else:
            seen = self._stamped(manifest, _preconditions(resource, known.metadata))
            await self._apply(resource, key, seen, None, names.FIELD_MANAGER)
        return True

    async def _apply_first(self, resource: Resource, key: Key, manifest: Mapping[str, Any]) -> None:
        """An object of this name that somebody else made is not taken over, whatever fields it has.

        Asking first finds it; applying without force finds one that appears in between and says something else.
        """
        try:
            found = await self._connection.get(resource.path(key.namespace, key.name))
        except NotFound:
            found = None
        if found is not None and not _owners(found) & _owners(manifest):
            raise Refused(_taken(resource, key))
        try:
            await self._apply(resource, key, manifest, None, names.FIELD_MANAGER, force=False)
        except Conflict as error:
            raise Refused(f"{_taken(resource, key)} ({error})") from error

    async def create(self, manifest: Mapping[str, Any]) -> bool:
        """Create it unless an object of that name exists; True when it wrote."""
        resource, key = BY_KIND[manifest["kind"]], _key(manifest)
        if self._store.table(resource.kind).get(key) is not None:
            return False
        query = {"fieldManager": names.FIELD_MANAGER}
        try:
            raw = await self._send("POST", resource.path(key.namespace), query=query, body=manifest)
        except AlreadyExists:
            return False
        self._written(resource, "create", raw)
        return True

    async def delete(self, kind: str, namespace: str | None, name: str, uid: str) -> None:
        """Delete that very object; one that is gone, or has been replaced by another, is a success."""
        resource, key = BY_KIND[kind], Key(namespace or "", name)
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        try:
            raw = await self._send("DELETE", resource.path(namespace, name), body=body)
        except (NotFound, Conflict):
            self._store.table(kind).deleted(key, uid)
            return
        self._on_write(kind, "delete")
        answer = orjson.loads(raw)
        if answer.get("kind") == "Status":
            self._store.table(kind).deleted(key, uid)
        else:
            self._store.table(kind).wrote(answer)

    async def write_workload_status(self, workload: Workload | UnreadableWorkload, status: AIWorkloadStatus) -> None:
        """Replace the status, unless it says the same already or the workload changed since the snapshot."""
        key = Key(*workload.key)
        await self._write_status(WORKLOAD, key, workload.uid, workload.resource_version, status)

    async def write_site_status(self, site: Site, status: SiteStatus) -> None:
        """Replace a Site's status, unless it says the same already."""
        await self._write_status(SITE, Key("", site.name), site.uid, None, status)

    async def _write_status(self, resource: Resource, key: Key, uid: str, version: str | None, status: Model) -> None:
        known = self._store.table(resource.kind).get(key)
        if known is None or known.metadata.uid != uid:
            raise Conflict(f"{resource.kind} {key.name} is gone since the snapshot")
        body = status.to_api()
        if _in_order(known.status) == _in_order(body):
            return
        metadata = _metadata(key, uid, version)
        manifest = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "status": body}
        try:
            await self._apply(resource, key, manifest, "status", names.STATUS_FIELD_MANAGER)
        except NotFound as error:
            raise Conflict(f"{resource.kind} {key.name} is gone since the snapshot") from error

    async def _apply(
        self,
        resource: Resource,
        key: Key,
        manifest: Mapping[str, Any],
        subresource: str | None,
        manager: str,
        *,
        force: bool = True,
    ) -> None:
        raw = await self._send(
            "PATCH",
            resource.path(key.namespace, key.name, subresource),
            query={"fieldManager": manager, "force": str(force).lower()},
            body=manifest,
            content_type=APPLY,
        )
        self._written(resource, f"apply {subresource}" if subresource else "apply", raw)

    async def _send(
        self, method: Method, path: str, *, body: object, query: Query | None = None, content_type: str = JSON
    ) -> bytes:
        """One write under the fence. A cycle that is cancelled leaves it to end by itself: see `drain`."""
        request = self._connection.request(
            method, path, query=query, body=body, content_type=content_type, guard=self._leadership.fence
        )
        task = asyncio.create_task(request)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    def _written(self, resource: Resource, verb: str, raw: bytes) -> None:
        self._on_write(resource.kind, verb)
        self._store.table(resource.kind).wrote(orjson.loads(raw))

    def _stamped(self, manifest: Mapping[str, Any], seen: Mapping[str, str]) -> dict[str, Any]:
        metadata: dict[str, Any] = {**manifest["metadata"], **seen}
        if manifest["kind"] in _STAMPED:
            epoch = {names.EPOCH_ANNOTATION: str(self._leadership.epoch)}
            metadata["annotations"] = {**(metadata.get("annotations") or {}), **epoch}
        return {**manifest, "metadata": metadata}


def _preconditions(resource: Resource, metadata: Metadata) -> dict[str, str]:
    seen = {"uid": metadata.uid}
    return {**seen, "resourceVersion": metadata.resource_version} if resource is SERVICE else seen


def _owners(manifest: Mapping[str, Any]) -> set[str]:
    return {owner["uid"] for owner in manifest["metadata"].get("ownerReferences") or ()}


def _taken(resource: Resource, key: Key) -> str:
    return f"{resource.kind} {key.name} exists already and is somebody else's: remove it, or rename the AIWorkload"


def _key(manifest: Mapping[str, Any]) -> Key:
    metadata = manifest["metadata"]
    return Key(metadata.get("namespace", ""), metadata["name"])


def _metadata(key: Key, uid: str, version: str | None) -> dict[str, str]:
    metadata = {"name": key.name, "uid": uid}
    if key.namespace:
        metadata["namespace"] = key.namespace
    if version:
        metadata["resourceVersion"] = version
    return metadata


def _in_order(status: Mapping[str, Any]) -> dict[str, Any]:
    """With its maps-as-lists sorted: the API server may keep them in another order than they were written in."""
    conditions = sorted(status.get("conditions", ()), key=lambda item: item["type"])
    placements = sorted(status.get("placements", ()), key=lambda item: (item["site"], item["variant"]))
    return {**status, "conditions": conditions, "placements": placements}
