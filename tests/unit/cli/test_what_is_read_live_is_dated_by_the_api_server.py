# SPDX-License-Identifier: Apache-2.0
"""`plan` and `explain` on a machine whose clock is off see what the operator sees, not a cluster gone stale."""

from typing import cast

import orjson

from aiworkload.cli.session import read_store, snapshot_of
from aiworkload.kube.clock import ServerClock
from aiworkload.kube.connection import Connection
from aiworkload.placement.policy import Policy

HOUR = 3600.0


class AnEmptyCluster:
    """An API server without objects, by whose time it is an hour later than here."""

    def __init__(self, here: float) -> None:
        self.clock = ServerClock(wall=lambda: here + HOUR, steady=lambda: 0.0)

    async def page(self, *_: object, **__: object) -> bytes:
        return orjson.dumps({"metadata": {"resourceVersion": "1"}, "items": []})


async def test_the_moment_is_the_api_servers() -> None:
    here = 1_800_000_000.0
    store = await read_store(cast("Connection", AnEmptyCluster(here)))
    assert snapshot_of(store, Policy()).taken_at == here + HOUR
