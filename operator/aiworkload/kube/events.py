# SPDX-License-Identifier: Apache-2.0
"""Kubernetes Events, posted on the side: aggregated, rate-limited, and never in anybody's way.

They are core/v1 Events rather than events.k8s.io/v1: both are one storage, but only core/v1 lets a repetition be
told by patching `count` and `lastTimestamp`, which is what `kubectl describe` prints as "x5 over 3m".
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import orjson

from aiworkload.api import names
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.kube.connection import MERGE, Connection
from aiworkload.kube.errors import NotFound
from aiworkload.kube.resources import BY_KIND, EVENT
from aiworkload.reconcile.ports import ClusterError, Note

_log = logging.getLogger(__name__)

COMPONENT: Final = "aiworkload-operator"
MOST_WAITING: Final = 1000
"""Notes that wait to be posted; the oldest is dropped for the newest. A thousand is minutes of work. Ours."""
MOST_REMEMBERED: Final = 4096
"""Events that a repetition is added to, as client-go's aggregator cache."""
AGGREGATION_SECONDS: Final = 600.0
"""A repetition within so long is added to the Event it repeats (client-go's aggregator)."""
REPETITION_SECONDS: Final = 10.0
"""A repetition is told at the earliest so long after the last word about it. Ours."""
POSTS_PER_SECOND: Final = 5.0
"""For all objects together, so that Events never crowd out writes that matter. Ours."""
LONGEST_MESSAGE_CHARACTERS: Final = 1024
"""The API server's bound for an Event's note."""

_Sameness = tuple[str, str, str]


@dataclass
class _Told:
    """An Event that exists: where, how often, and when it was last written."""

    name: str
    namespace: str
    count: int
    at: float


class EventPoster:
    """`reconcile.ports.Events`: a bounded queue, and a task that empties it."""

    def __init__(
        self,
        connection: Connection,
        instance: str,
        may_post: Callable[[], bool] = lambda: True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`instance` names this process in each Event; without `may_post` (leadership) notes are dropped."""
        self._connection = connection
        self._instance = instance
        self._may_post = may_post
        self._monotonic = monotonic
        self._waiting: OrderedDict[_Sameness, tuple[Note, int]] = OrderedDict()
        self._told: OrderedDict[_Sameness, _Told] = OrderedDict()
        self._bell = asyncio.Event()
        self.dropped = 0
        """Notes lost because the queue was full or the API server did not take them."""

    def post(self, note: Note) -> None:
        """Queue it; the same note waiting already only counts up."""
        key = (note.about.uid, note.reason, note.message)
        _, times = self._waiting.pop(key, (note, 0))
        self._waiting[key] = (note, times + 1)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)
            self.dropped += 1
        self._bell.set()

    async def run(self) -> None:
        """Post what is queued until cancelled."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            while due := self._next_due():
                await self._tell(*due)
                await asyncio.sleep(1 / POSTS_PER_SECOND)
            if self._waiting:
                await asyncio.sleep(1.0)
                self._bell.set()

    def _next_due(self) -> tuple[_Sameness, Note, int] | None:
        """The oldest note that is new, or whose last word is long enough ago."""
        now = self._monotonic()
        for key, (note, times) in self._waiting.items():
            told = self._told.get(key)
            if told is None or now - told.at >= REPETITION_SECONDS:
                del self._waiting[key]
                return key, note, times
        return None

    async def _tell(self, key: _Sameness, note: Note, times: int) -> None:
        if not self._may_post():
            self.dropped += times
            return
        told = self._told.get(key)
        try:
            if told and self._monotonic() - told.at < AGGREGATION_SECONDS:
                await self._repeat(key, note, told, times)
            else:
                await self._begin(key, note, times)
        except ClusterError as error:
            self.dropped += times
            _log.warning("Event %s about %s was not posted: %s", note.reason, note.about.name, error)

    async def _repeat(self, key: _Sameness, note: Note, told: _Told, times: int) -> None:
        patch = {"count": told.count + times, "lastTimestamp": self._now()}
        path = EVENT.path(told.namespace, told.name)
        try:
            await self._connection.request("PATCH", path, body=patch, content_type=MERGE)
        except NotFound:
            await self._begin(key, note, times)
        else:
            self._remember(key, _Told(told.name, told.namespace, told.count + times, self._monotonic()))

    async def _begin(self, key: _Sameness, note: Note, times: int) -> None:
        event = self._event(note, times)
        namespace = event["metadata"]["namespace"]
        answer = orjson.loads(await self._connection.request("POST", EVENT.path(namespace), body=event))
        self._remember(key, _Told(answer["metadata"]["name"], namespace, times, self._monotonic()))

    def _now(self) -> str:
        return to_rfc3339(self._connection.clock.now())

    def _remember(self, key: _Sameness, told: _Told) -> None:
        self._told.pop(key, None)
        self._told[key] = told
        if len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)

    def _event(self, note: Note, times: int) -> dict[str, Any]:
        about, now = note.about, self._now()
        involved = {"kind": about.kind, "name": about.name, "uid": about.uid, "apiVersion": _api_version(about.kind)}
        if about.namespace:
            involved["namespace"] = about.namespace
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            # A cluster-scoped object's Events live in `default`, where `kubectl describe` looks for them.
            "metadata": {"name": f"{about.name[:200]}.{uuid4().hex[:16]}", "namespace": about.namespace or "default"},
            "involvedObject": involved,
            "type": note.type.value,
            "reason": note.reason,
            "message": note.message[:LONGEST_MESSAGE_CHARACTERS],
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "reportingInstance": self._instance,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": times,
        }


def _api_version(kind: str) -> str:
    resource = BY_KIND.get(kind)
    return resource.api_version if resource else names.API_VERSION
