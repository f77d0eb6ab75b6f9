# SPDX-License-Identifier: Apache-2.0
"""An operator that ends gives its Lease back, whatever was under way."""

from typing import Any, cast

import orjson
import pytest

from aiworkload.kube.clock import ServerClock
from aiworkload.kube.connection import Connection
from aiworkload.kube.fence import Fence
from aiworkload.kube.lease import Elector
from aiworkload.reconcile.ports import Conflict


class OneLease:
    """An API server that holds one Lease, and refuses writes under another version than its own."""

    def __init__(self) -> None:
        self.clock = ServerClock()
        self.spec: dict[str, Any] = {}
        self.version = 0

    async def request(self, method: str, _: str, *, body: Any = None, seconds: float = 0.0) -> bytes:  # noqa: ANN401 -- as the real one
        assert seconds > 0
        if method != "GET":
            known = body["metadata"].get("resourceVersion", "0")
            if known != str(self.version):
                raise Conflict("the Lease is another by now")
            self.write(body["spec"])
        return orjson.dumps(
            {"metadata": {"resourceVersion": str(self.version)} if self.version else {}, "spec": self.spec}
        )

    def write(self, spec: dict[str, Any]) -> None:
        self.spec, self.version = spec, self.version + 1


@pytest.fixture(name="server")
def a_server() -> OneLease:
    return OneLease()


async def a_leader(server: OneLease) -> Elector:
    elector = Elector(cast("Connection", server), Fence(), "aiworkload-system", "aiworkload-operator", "one")
    await elector.acquire()
    return elector


async def test_it_is_free_at_once(server: OneLease) -> None:
    await (await a_leader(server)).release()
    assert (server.spec["holderIdentity"], server.spec["leaseDurationSeconds"]) == ("", 1)


async def test_it_is_free_although_a_renewal_arrived_whose_answer_nobody_waited_for(server: OneLease) -> None:
    """As when the process is told to end while it renews: the follower waited for the whole duration."""
    leader = await a_leader(server)
    server.write(dict(server.spec))
    await leader.release()
    assert server.spec["holderIdentity"] == ""


async def test_it_is_left_to_whoever_has_taken_it_meanwhile(server: OneLease) -> None:
    leader = await a_leader(server)
    server.write({**server.spec, "holderIdentity": "two"})
    await leader.release()
    assert server.spec["holderIdentity"] == "two"
