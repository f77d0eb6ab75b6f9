# SPDX-License-Identifier: Apache-2.0
"""What nodes use, from metrics.k8s.io where a cluster serves it: for nodes whose agents tell nothing.

Agents tell more and sooner, so theirs is the word that counts. Read by lists now and then, because that API has no
watch; a cluster without it is asked seldom, and one whose metrics cannot be read counts as one without.
"""

import asyncio
import logging
from typing import Any, Final

from aiworkload.kube.connection import Connection
from aiworkload.kube.errors import NotFound
from aiworkload.kube.projection.live_use import whole_steps
from aiworkload.kube.resources import NODE_METRICS
from aiworkload.kube.store import Store
from aiworkload.reconcile.ports import ClusterError, Refused

_log = logging.getLogger(__name__)

READ_SECONDS: Final = 30.0
"""Twice metrics-server's own default of 15 s between two readings of a kubelet."""
ABSENT_SECONDS: Final = 300.0
"""Between two looks whether a cluster serves it by now. Ours."""


class NodeMetrics:
    """Reads them into a store for as long as it runs."""

    def __init__(self, connection: Connection, store: Store) -> None:
        self._connection = connection
        self._store = store
        self._trouble = ""

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            pause = await self.read()
            await asyncio.sleep(pause)

    async def read(self) -> float:
        """Read once; in how many seconds to read again."""
        try:
            found = await self._connection.list(NODE_METRICS)
        except ClusterError as error:
            self._store.meter({})
            self._complain(f"metrics.k8s.io cannot be read: {error}")
            return ABSENT_SECONDS if isinstance(error, NotFound | Refused) else READ_SECONDS
        self._trouble = ""
        self._store.meter({item["metadata"]["name"]: shares for item in found if (shares := self._shares(item))})
        return READ_SECONDS

    def _shares(self, item: dict[str, Any]) -> dict[str, int]:
        """Percents of the node in use, in steps; empty for a node that is not known or tells nonsense."""
        node = self._store.node(item["metadata"]["name"])
        try:
            return whole_steps(node.share_of(item["usage"])) if node else {}
        except (KeyError, TypeError, ValueError) as error:
            self._complain(f"metrics.k8s.io says of node {item['metadata']['name']} what cannot be read: {error!r}")
            return {}

    def _complain(self, trouble: str) -> None:
        """Say it once. Without that API everything works, so it is no warning."""
        if trouble != self._trouble:
            _log.info("%s", trouble)
        self._trouble = trouble
