# SPDX-License-Identifier: Apache-2.0
"""The demo's own eyes: a read-only client of the API server that lists and watches, so that it never trusts itself."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

REQUEST_SECONDS: Final = 10.0
WATCH_SECONDS: Final = 300
"""The API server ends a watch after this long; it is begun again where it ended."""


class Reader:
    """Reads from the API server with a bearer token."""

    def __init__(self, kubeconfig: Path, ca_file: Path) -> None:
        """Take server and token from a kubeconfig that localcluster wrote."""
        config = json.loads(kubeconfig.read_text())
        self._server = urlsplit(config["clusters"][0]["cluster"]["server"])
        self._token = config["users"][0]["user"]["token"]
        self._tls = ssl.create_default_context(cafile=str(ca_file))

    def get(self, path: str) -> Any:  # noqa: ANN401 - objects of many kinds; the few readers check what they take
        """One GET, decoded.

        Raises:
            OSError: It did not answer, or answered with an error.
        """
        with self._answer(path, REQUEST_SECONDS) as answer:
            return json.loads(answer.read())

    def watch(self, path: str, resource_version: str) -> Iterator[dict[str, Any]]:
        """Events after a version until the API server ends the watch.

        Raises:
            OSError: The connection failed, or the server refused.
        """
        query = f"watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={resource_version}"
        with self._answer(f"{path}?{query}", WATCH_SECONDS + REQUEST_SECONDS) as answer:
            for line in answer:
                yield json.loads(line)

    @contextmanager
    def _answer(self, path: str, seconds: float) -> Iterator[http.client.HTTPResponse]:
        host, port = self._server.hostname or "", self._server.port
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=self._tls)
        try:
            headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise OSError(f"GET {path} was answered {answer.status}: {answer.read(500).decode(errors='replace')}")
            yield answer
        except http.client.HTTPException as error:
            raise OSError(f"GET {path} failed: {error!r}") from error
        finally:
            connection.close()
