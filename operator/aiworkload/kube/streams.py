# SPDX-License-Identifier: Apache-2.0
"""Which kinds are watched, and how little of each."""

from typing import Final

from aiworkload.api import names
from aiworkload.kube.connection import Connection, Query
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
from aiworkload.kube.watch import Stream

_WATCHED: Final[tuple[tuple[Resource, Query], ...]] = (
    (NODE, {}),
    (POD, {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"}),
    (NODE_REPORT, {}),
    (DEPLOYMENT, {"labelSelector": names.WORKLOAD_LABEL}),
    (SERVICE, {"labelSelector": names.WORKLOAD_LABEL}),
    (WORKLOAD, {}),
    (SITE, {}),
    (PRIORITY_CLASS, {}),
)


def streams(connection: Connection, store: Store) -> tuple[Stream, ...]:
    """One stream a kind, each into its table."""
    return tuple(
        Stream(resource.plural, connection, resource, store.table(resource.kind), query) for resource, query in _WATCHED
    )
