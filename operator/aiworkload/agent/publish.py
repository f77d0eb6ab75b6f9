# SPDX-License-Identifier: Apache-2.0
"""Writes this node's NodeReport and learns from the answer whom to probe.

One request does both: the API server answers a status write with the whole object, `spec.peers` included, so there is
no watch and no read.

    PublishError       not written; trying again later may help
     └── NotCreated    the operator has not created the NodeReport yet
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from pydantic import ValidationError

from aiworkload.agent.credentials import Credentials, CredentialsError
from aiworkload.api.names import AGENT_FIELD_MANAGER, API_VERSION
from aiworkload.api.node_report import NodeReportSpec, NodeReportStatus

REQUEST_SECONDS: Final = 5.0
"""Longer than a write takes over a bad uplink; a heartbeat's way must not take a heartbeat. Ours."""


class PublishError(Exception):
    """The report was not written; the sentence says why."""


class NotCreated(PublishError):
    """There is no NodeReport of this node's name yet."""


class Publisher:
    """The way to one NodeReport. After any failure it begins anew, with credentials read again."""

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
            PublishError: any other failure.
        """
        try:
            code, answer = await self._send(status)
        except CredentialsError as error:
            await self.close()
            raise PublishError(str(error)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            await self.close()
            raise PublishError(f"the API server cannot be reached: {error or 'no answer in time'}") from error
        if code != HTTPStatus.OK:
            await self.close()
            raise self._refusal(code, answer)
        return self._asked(answer)

    async def close(self) -> None:
        """Close the connection, if any."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def _send(self, status: NodeReportStatus) -> tuple[int, bytes]:
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
            return response.status, await response.read()

    def _asked(self, answer: bytes) -> NodeReportSpec:
        try:
            return NodeReportSpec.model_validate(json.loads(answer).get("spec", {}))
        except (ValueError, AttributeError, ValidationError) as error:
            raise PublishError(f"the API server's answer cannot be read: {error}") from error

    def _refusal(self, code: int, answer: bytes) -> PublishError:
        message = _message(answer)
        if code == HTTPStatus.NOT_FOUND:
            return NotCreated(
                f"there is no NodeReport {self._node} yet; the operator creates one for each Node. Is the operator"
                f" running, and is --node-name the Node's name? ({message})"
            )
        if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return PublishError(f"this agent may not write NodeReport {self._node} ({code}): {message}")
        return PublishError(f"the API server answered {code}: {message}")


def _session(credentials: Credentials, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=1, ssl=credentials.tls or False)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, headers={"Accept": "application/json"})


def _message(answer: bytes) -> str:
    try:
        status: Any = json.loads(answer)
        return str(status["message"])
    except (ValueError, KeyError, TypeError):
        return answer[:200].decode(errors="replace") or "no message"
