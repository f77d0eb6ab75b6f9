# SPDX-License-Identifier: Apache-2.0
"""One pooled HTTP connection to one API server: raw bytes in and out, a timeout on every request.

The Kubernetes client brings configuration, credentials and TLS; decoding into its models is what this avoids (2,000
pods a second against 38,000 into slim models from the bytes). An API server gets slower, not faster, from hundreds of
connections, so there are at most 16: half for requests, half for watches.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal

import aiohttp
import orjson
from aiohttp.abc import AbstractStreamWriter

from aiworkload.kube.clock import ServerClock
from aiworkload.kube.credentials import Credentials
from aiworkload.kube.errors import Unauthorized, Unreachable, from_answer
from aiworkload.kube.resources import Resource
from aiworkload.reconcile.ports import ClusterError

MOST_CONNECTIONS: Final = 16
"""DESIGN 10: kopf opens hundreds and gets slower."""
MOST_REQUESTS: Final = 8
"""Requests at once; the other connections are for the seven watches."""
REQUEST_SECONDS: Final = 10.0
"""Longer than any write takes on a busy API server, and not above the Lease's renew deadline. Ours."""
LIST_SECONDS: Final = 60.0
"""A page of 500 large objects from a cold API server. Ours."""
PAGE_OBJECTS: Final = 500
"""The page size of client-go's informers and kubectl."""

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Query = Mapping[str, str]

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"
MERGE: Final = "application/merge-patch+json"


class _Guarded(aiohttp.BytesPayload):
    """A body that asks its guard in the very moment it goes out.

    A process can be stopped between the decision to write and the write; asking here leaves microseconds. When the
    guard raises, the headers are out but not the body, and the API server discards the request.
    """

    def __init__(self, value: bytes, guard: Callable[[], None], content_type: str) -> None:
        super().__init__(value, content_type=content_type)
        self._guard = guard

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._guard()
        await super().write_with_length(writer, content_length)


class Connection:
    """Requests to one API server. Open it with `Connection.open`."""

    def __init__(self, credentials: Credentials, session: aiohttp.ClientSession) -> None:
        self._credentials = credentials
        self._session = session
        self._slots = asyncio.Semaphore(MOST_REQUESTS)
        self.clock: Final = ServerClock()
        """The API server's time."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, kubeconfig: str | Path | None = None, context: str | None = None
    ) -> "AsyncGenerator[Connection]":
        """Connect as kubectl would, and close when left.

        Raises:
            NotConfigured: no cluster is configured.
        """
        credentials = await Credentials.load(kubeconfig, context)
        connector = aiohttp.TCPConnector(limit=MOST_CONNECTIONS, ssl=credentials.tls())
        async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as session:
            yield cls(credentials, session)

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self._credentials.server

    def new_session(self) -> aiohttp.ClientSession:
        """A plain HTTP session with these credentials, for the framework that hosts the process; it closes it."""

        async def authorized(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
            """Add the token, which may have been renewed since."""
            request.headers.update(await self._credentials.headers())
            request.server_hostname = self._credentials.tls_server_name
            return await send(request)

        connector = aiohttp.TCPConnector(limit=1, ssl=self._credentials.tls())
        return aiohttp.ClientSession(connector=connector, proxy=self._credentials.proxy, middlewares=(authorized,))

    async def request(
        self,
        method: Method,
        path: str,
        *,
        query: Query | None = None,
        body: object | None = None,
        content_type: str = JSON,
        seconds: float = REQUEST_SECONDS,
        guard: Callable[[], None] | None = None,
    ) -> bytes:
        """Send one request and return the raw body of a 2xx answer.

        `guard` is asked when the body goes out; what it raises ends the request.

        Raises:
            ClusterError: as in `kube.errors`.
        """
        data = None if body is None else _Guarded(orjson.dumps(body), guard or _allow, content_type)
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with self._slots:
            if guard:
                guard()
            try:
                return await self._once(method, path, query, data, timeout)
            except Unauthorized:
                await self._credentials.reload()
                return await self._once(method, path, query, data, timeout)

    async def get(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """One object (or whatever else the path holds) as a dictionary."""
        found: dict[str, Any] = orjson.loads(await self.request("GET", path, query=query))
        return found

    async def page(self, path: str, query: Query | None = None, token: str = "") -> bytes:
        """One raw page of a list; `token` is the `metadata.continue` of the page before.

        Raises:
            Expired: the list took so long that its continuation is gone; begin again.
        """
        asked = {**(query or {}), "limit": str(PAGE_OBJECTS), **({"continue": token} if token else {})}
        return await self.request("GET", path, query=asked, seconds=LIST_SECONDS)

    async def list(
        self, resource: Resource, namespace: str | None = None, query: Query | None = None
    ) -> list[dict[str, Any]]:
        """All objects of a kind, as dictionaries."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            answer = orjson.loads(await self.page(resource.path(namespace), query, token))
            found += answer.get("items") or []
            token = answer["metadata"].get("continue", "")
            if not token:
                return found

    async def lines(self, path: str, query: Query, *, silence_seconds: float) -> AsyncIterator[bytes]:
        """The lines of a watch until the server ends it.

        Raises:
            Unreachable: nothing came for `silence_seconds`, or the connection broke.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=REQUEST_SECONDS, sock_read=silence_seconds)
        rest = b""
        async with self._answer("GET", path, query, None, timeout) as answer:
            async for chunk in answer.content.iter_any():
                *complete, rest = (rest + chunk).split(b"\n")
                for line in complete:
                    yield line

    async def _once(
        self,
        method: Method,
        path: str,
        query: Query | None,
        data: aiohttp.BytesPayload | None,
        limit: aiohttp.ClientTimeout,
    ) -> bytes:
        async with self._answer(method, path, query, data, limit) as answer:
            return await answer.read()

    @asynccontextmanager
    async def _answer(
        self,
        method: Method,
        path: str,
        query: Query | None,
        data: aiohttp.BytesPayload | None,
        limit: aiohttp.ClientTimeout,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        try:
            async with self._session.request(
                method,
                self.server + path,
                params=query,
                data=data,
                headers={"Accept": JSON, **await self._credentials.headers()},
                timeout=limit,
                proxy=self._credentials.proxy,
                server_hostname=self._credentials.tls_server_name,
            ) as answer:
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    raise from_answer(answer.status, await answer.read())
                self.clock.hear(answer.headers.get("Date"))
                yield answer
        except TimeoutError as error:
            raise Unreachable(f"{method} {self.server}{path} was not answered in time") from error
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, ClusterError):
                raise error.__cause__ from None
            raise Unreachable(f"{method} {self.server}{path} failed: {error or type(error).__name__}") from error


def _allow() -> None:
    """The guard of a write that needs no leadership."""
