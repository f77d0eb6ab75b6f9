# SPDX-License-Identifier: Apache-2.0
"""Kubelets' Leases, read one by one while few are asked for."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiworkload.kube.connection import Connection
from aiworkload.kube.errors import NotFound
from aiworkload.kube.resources import LEASE
from aiworkload.sensing.pulses import LEASE_SECONDS, Renewal

NAMESPACE: Final = "kube-node-lease"
MOST_GETS: Final = 50
"""Asked for in one round, each by itself; of more, one list from the API server's cache costs less. Ours."""


class NodeLeases:
    """`reconcile.ports.Leases` on a real API server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def renewals(self, nodes: Collection[str]) -> Mapping[str, Renewal | None]:
        """Each node's Lease as it stands; None where there is none.

        Raises:
            ClusterError: as in `kube.errors`.
        """
        if len(nodes) <= MOST_GETS:
            names = sorted(nodes)
            return dict(zip(names, await asyncio.gather(*map(self._get, names)), strict=True))
        found = await self._connection.list(LEASE, NAMESPACE, {"resourceVersion": "0"})
        renewals = {lease["metadata"]["name"]: _renewal(lease) for lease in found}
        return {name: renewals.get(name) for name in nodes}

    async def _get(self, node: str) -> Renewal | None:
        try:
            return _renewal(await self._connection.get(LEASE.path(NAMESPACE, node), {"resourceVersion": "0"}))
        except NotFound:
            return None


def _renewal(lease: Mapping[str, Any]) -> Renewal | None:
    spec: Mapping[str, Any] = lease.get("spec") or {}
    stamp = spec.get("renewTime")
    return None if stamp is None else Renewal(str(stamp), float(spec.get("leaseDurationSeconds") or LEASE_SECONDS))
