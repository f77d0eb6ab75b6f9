# SPDX-License-Identifier: Apache-2.0
"""Everything between a real API server and the loop, without the loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiworkload.kube.apply import KubeCluster
from aiworkload.kube.clock import steady_seconds
from aiworkload.kube.connection import Connection
from aiworkload.kube.fence import Fence
from aiworkload.kube.store import Store
from aiworkload.kube.streams import streams
from aiworkload.kube.watch import Stream
from localcluster import ControlPlane


class Border:
    """Everything between an API server and the loop, with leadership by decree."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.store = Store(time.time)
        self.streams: dict[str, Stream] = {stream.name: stream for stream in streams(connection, self.store)}
        self.fence = Fence()
        self.fence.open_until(steady_seconds() + 3600, epoch=7)
        self.writes: list[tuple[str, str]] = []
        self.cluster = KubeCluster(
            connection, self.store, self.fence, time.time, lambda kind, verb: self.writes.append((kind, verb))
        )


@asynccontextmanager
async def border(cluster: ControlPlane) -> AsyncIterator[Border]:
    """A border whose streams are complete."""
    async with Connection.open(cluster.kubeconfig) as connection:
        opened = Border(connection)
        tasks = [asyncio.create_task(stream.run()) for stream in opened.streams.values()]
        await asyncio.wait_for(asyncio.gather(*(s.synced.wait() for s in opened.streams.values())), 30)
        try:
            yield opened
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def eventually(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it holds, or fail."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        await asyncio.sleep(0.02)
