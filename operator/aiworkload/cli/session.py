# SPDX-License-Identifier: Apache-2.0
"""One visit to a cluster: connect as kubectl would, read each kind once, and see what the operator sees."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiworkload.kube.assemble import Assembler
from aiworkload.kube.connection import Connection
from aiworkload.kube.projection.base import Fact, ListMetadata
from aiworkload.kube.resources import (
    DEPLOYMENT,
    NODE,
    NODE_REPORT,
    POD,
    PRIORITY_CLASS,
    SERVICE,
    SITE,
    WORKLOAD,
    Resource,
)
from aiworkload.kube.store import Store
from aiworkload.placement.connectivity import judged
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot

READ: Final = (NODE, POD, NODE_REPORT, DEPLOYMENT, SERVICE, SITE, WORKLOAD, PRIORITY_CLASS)


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster, and which namespace in it."""

    kubeconfig: str | None
    context: str | None
    namespace: str


@asynccontextmanager
async def connected(target: Target) -> AsyncGenerator[Connection]:
    """A connection for one command.

    Raises:
        ClusterError: there is no such cluster.
    """
    async with Connection.open(target.kubeconfig, target.context) as connection:
        yield connection


async def read_store(connection: Connection) -> Store:
    """All that decisions are made from, with one list of each kind.

    Raises:
        ClusterError: the API server refused or did not answer.
    """
    store = Store(connection.clock.now)
    for resource in READ:
        version, facts = await _list(connection, store, resource)
        store.table(resource.kind).replace(version, facts)
    return store


def snapshot_of(store: Store, policy: Policy) -> Snapshot:
    """The snapshot that the operator would decide from at this moment, by the API server's clock."""
    return judged(Assembler(store).snapshot(store.now()), policy)


async def _list(connection: Connection, store: Store, resource: Resource) -> tuple[str, list[Fact]]:
    facts: list[Fact] = []
    page = ListMetadata()
    while not page.resource_version or page.continue_:
        raw = await connection.page(resource.path(), token=page.continue_)
        page, found = store.table(resource.kind).decoder.page(raw)
        facts += found
    return page.resource_version, facts
