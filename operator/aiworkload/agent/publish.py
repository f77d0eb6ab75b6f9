# SPDX-License-Identifier: Apache-2.0
"""Writes this node's NodeReport and learns from the answer whom to probe.

One request does both: the API server answers a status write with the whole object, `spec.peers` included, so there is
no watch and no read.

    PublishError       not written: no API server was reached, or it is in trouble
     ├── NotCreated    the operator has not created the NodeReport yet
     ├── NotNow        the API server is busy, or somebody else wrote at the same moment
     └── Denied        this agent may not, or not so; that changes when somebody changes something
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import aiohttp
from pydantic import ValidationError

from aiworkload.agent.credentials import Credentials, CredentialsError
from aiworkload.api.names import AGENT_FIELD_MANAGER, API_VERSION
from aiworkload.api.node_report import NodeReportSpec, NodeReportStatus

REQUEST_SECONDS: Final = 5.0
"""Longer than a write takes over a bad uplink; a heartbeat's way must not take a heartbeat. Ours."""


class PublishError(Exception):
    """The report was not written; the sentence says why."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        """`retry_after`: seconds that the API server wants to be left alone for."""
        super().__init__(sentence)
        self.retry_after = retry_after


class NotCreated(PublishError):
    """There is no NodeReport of this node's name yet."""


class NotNow(PublishError):
    """The same request may be taken in a moment."""


class Denied(PublishError):
    """The API server understood, and does not take it."""


class _Answer(NamedTuple):
    """What the API server said."""

    code: int
    body: bytes
    retry_after: float | None


class Publisher:
    """The way to one NodeReport.

    The connection is kept as long as it is answered on. Where nobody answers, and where the credentials are not known,
    it begins anew, with credentials read again.
    """

    def __init__(self, node: str, load: Callable[[], Credentials], *, seconds: float = REQUEST_SECONDS) -> None:
        self._node = node
        self._load = load
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._credentials: Credentials | None = None
        self._session: aiohttp.ClientSession | None = None

    async def publish(self, status: NodeReportStatus) -> NodeReportSpec:
        """Replace the status by server-side apply; what the operator asks of this agent comes back.

        Raises:
            NotCreated: the NodeReport does not exist.
            NotNow: the API server is busy.
            Denied: it does not take the report.
            PublishError: any other failure.
        """
        try:
            answer = await self._send(status)
        except CredentialsError as error:
            await self.close()
            raise PublishError(str(error)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            await self.close()
            raise PublishError(f"the API server cannot be reached: {error or 'no answer in time'}") from error
        if answer.code == HTTPStatus.UNAUTHORIZED:
            await self.close()
        if answer.code != HTTPStatus.OK:
            raise self._refusal(answer)
        return self._asked(answer.body)

    async def close(self) -> None:
        """Close the connection, if any."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def _send(self, status: NodeReportStatus) -> _Answer:
        if self._session is None or self._credentials is None:
            self._credentials = self._load()
            self._session = _session(self._credentials, self._timeout)
        manifest = {
            "apiVersion": API_VERSION,
            "kind": "NodeReport",
            "metadata": {"name": self._node},
            "status": status.to_api(),
        }
        async with self._session.patch(
            f"{self._credentials.server}/apis/{API_VERSION}/nodereports/{self._node}/status",
            params={"fieldManager": AGENT_FIELD_MANAGER, "force": "true"},
            data=json.dumps(manifest),
            headers={"Content-Type": "application/apply-patch+yaml", **self._credentials.headers()},
            server_hostname=self._credentials.tls_server_name,
        ) as response:
            return _Answer(response.status, await response.read(), _retry_after(response))

    def _asked(self, answer: bytes) -> NodeReportSpec:
        try:
            return NodeReportSpec.model_validate(json.loads(answer).get("spec", {}))
        except (ValueError, AttributeError, ValidationError) as error:
            raise PublishError(f"the API server's answer cannot be read: {error}") from error

    def _refusal(self, answer: _Answer) -> PublishError:
        code, message = answer.code, _message(answer.body)
        if code == HTTPStatus.NOT_FOUND:
            return NotCreated(
                f"there is no NodeReport {self._node} yet; the operator creates one for each Node. Is the operator"
                f" running, and is --node-name the Node's name? ({message})"
            )
        if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return Denied(f"this agent may not write NodeReport {self._node} ({code}): {message}", answer.retry_after)
        return _kind(code)(f"the API server answered {code}: {message}", answer.retry_after)


def _kind(code: int) -> type[PublishError]:
    if code in {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}:
        return NotNow
    return Denied if HTTPStatus.BAD_REQUEST <= code < HTTPStatus.INTERNAL_SERVER_ERROR else PublishError


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """In seconds, as Kubernetes says it; a date, which RFC 9110 allows too, needs a clock that is right."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _session(credentials: Credentials, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=1, ssl=credentials.tls or False)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, headers={"Accept": "application/json"})


def _message(answer: bytes) -> str:
    try:
        status: Any = json.loads(answer)
        return str(status["message"])
    except (ValueError, KeyError, TypeError):
        return answer[:200].decode(errors="replace") or "no message"
