# SPDX-License-Identifier: Apache-2.0
"""The API server's answers as errors of our own; no client's error passes this border.

ClusterError (reconcile.ports)
 ├── NotConfigured    no kubeconfig and not inside a cluster, or one that cannot be read
 ├── Unreachable      no answer in time, a broken connection, or a server that is overloaded or starting
 ├── Unauthorized     the credentials are not accepted (they may have expired)
 ├── NotFound         the object, or its kind, is not there
 ├── Expired          a resourceVersion too old to go on from: list again
 ├── Fenced           (reconcile.ports)
 ├── Conflict         (reconcile.ports)
 │    └── AlreadyExists
 └── Refused          (reconcile.ports)
"""

from http import HTTPStatus
from typing import Final

import orjson

from aiworkload.reconcile.ports import ClusterError, Conflict, Refused


class NotConfigured(ClusterError):
    """It is not known which cluster to talk to, or how."""


class Unreachable(ClusterError):
    """The API server gave no usable answer; asking later may help."""


class Unauthorized(ClusterError):
    """The API server does not accept the credentials."""


class NotFound(ClusterError):
    """The object is not there."""


class Expired(ClusterError):
    """The resourceVersion is too old: the changes since are not kept any more."""


class AlreadyExists(Conflict):
    """An object of that name exists."""


_BY_STATUS: Final[dict[int, type[ClusterError]]] = {
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: Expired,
    HTTPStatus.REQUEST_TIMEOUT: Unreachable,
    HTTPStatus.TOO_MANY_REQUESTS: Unreachable,
}

_LONGEST_TEXT_CHARACTERS: Final = 500
"""Enough for any sentence of the API server; a proxy's HTML page is cut here. Ours."""


def from_answer(status: int, body: bytes) -> ClusterError:
    """The error that an answer other than 2xx stands for; the sentence is the API server's own."""
    reason, message = _reason_and_message(body)
    sentence = f"{message or 'no explanation given'} (HTTP {status})"
    if reason == "AlreadyExists":
        return AlreadyExists(sentence)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unreachable(sentence)
    return _BY_STATUS.get(status, Refused)(sentence)


def _reason_and_message(body: bytes) -> tuple[str, str]:
    try:
        answer = orjson.loads(body)
        return str(answer.get("reason", "")), str(answer.get("message", ""))
    except (orjson.JSONDecodeError, AttributeError):
        return "", body[:_LONGEST_TEXT_CHARACTERS].decode(errors="replace").strip()
