# SPDX-License-Identifier: Apache-2.0
"""Kubelets' Leases, read one by one while few are asked for."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiworkload.kube.connection import Connection
from aiworkload.kube.errors import NotFound
from aiworkload.kube.resources import LEASE

NAMESPACE: Final = "kube-node-lease"
MOST_GETS: Final = 50
"""Asked for in one round, each by itself; of more, one list from the API server's cache costs less. Ours."""


class NodeLeases:
    """`reconcile.ports.Leases` on a real API server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def renewals(self, nodes: Collection[str]) -> Mapping[str, str | None]:
        """Each node's `renewTime` as it stands; None where there is no Lease.

        Raises:
            ClusterError: as in `kube.errors`.
        """
        if len(nodes) <= MOST_GETS:
            names = sorted(nodes)
            return dict(zip(names, await asyncio.gather(*map(self._get, names)), strict=True))
        found = await self._connection.list(LEASE, NAMESPACE, {"resourceVersion": "0"})
        stamps = {lease["metadata"]["name"]: _stamp(lease) for lease in found}
        return {name: stamps.get(name) for name in nodes}

    async def _get(self, node: str) -> str | None:
        try:
            return _stamp(await self._connection.get(LEASE.path(NAMESPACE, node), {"resourceVersion": "0"}))
        except NotFound:
            return None


def _stamp(lease: Mapping[str, Any]) -> str | None:
    stamp = lease.get("spec", {}).get("renewTime")
    return None if stamp is None else str(stamp)
