# SPDX-License-Identifier: Apache-2.0
"""The few HTTPS requests localcluster makes itself: readiness, tokens, and etcd's JSON gateway."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from localcluster.errors import ApiError
from localcluster.pki import KeyPair

# Long enough for a busy two-core machine, short enough that a poll notices a dead server.
TIMEOUT_SECONDS = 10.0


class Https:
    """Requests to one server of this cluster, identified by a client certificate."""

    def __init__(self, url: str, *, ca_file: Path, identity: KeyPair) -> None:
        self._url = url
        context = ssl.create_default_context(cafile=str(ca_file))
        context.load_cert_chain(identity.certificate, identity.key)
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def answers_ok(self, path: str) -> bool:
        """Whether a GET succeeds; a refused connection or an error status is a plain no."""
        try:
            self._send("GET", path, None)
        except (OSError, http.client.HTTPException):
            return False
        return True

    # The answers are objects of many kinds; their few readers check what they take out of them.
    def request(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Send JSON, return the decoded JSON answer.

        Raises:
            ApiError: The server answered with an error status.
            OSError: It did not answer.
        """
        try:
            return json.loads(self._send(method, path, body))
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")
            raise ApiError(f"{method} {path} was answered {error.code}: {detail}", status=error.code) from error

    def _send(self, method: str, path: str, body: object) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        # Always https: the URL is built from a port of ours.
        request = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310
        with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            content: bytes = response.read()
            return content
