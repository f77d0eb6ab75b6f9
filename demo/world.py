# SPDX-License-Identifier: Apache-2.0
"""What the API server holds, kept up to date by watches. All that the demo claims, it claims from here."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from demo.api import Reader
from demo.availability import Availability

Object = dict[str, Any]
Key = tuple[str, str]
"""Namespace (empty for cluster-scoped objects) and name."""

PATHS: Final = {
    "Site": "/apis/aiworkload.dev/v1alpha1/sites",
    "NodeReport": "/apis/aiworkload.dev/v1alpha1/nodereports",
    "AIWorkload": "/apis/aiworkload.dev/v1alpha1/aiworkloads",
    "Deployment": "/apis/apps/v1/deployments",
    "Service": "/api/v1/services",
    "Pod": "/api/v1/pods",
    "Node": "/api/v1/nodes",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/endpointslices",
}
RETRY_SECONDS: Final = 0.5
POLL_SECONDS: Final = 0.25
"""At least this often a wait looks again, since some of what it waits for is time passing."""


class World:
    """The newest version of every object of the watched kinds."""

    def __init__(self) -> None:
        self.availability = Availability()
        self._objects: dict[str, dict[Key, Object]] = {kind: {} for kind in PATHS}
        self._changed = threading.Condition()
        self._over = threading.Event()

    def follow(self, reader: Reader) -> None:
        """Watch all kinds in the background, until `close`."""
        for kind in PATHS:
            threading.Thread(target=self._follow, args=(reader, kind), name=f"watch-{kind}", daemon=True).start()

    def close(self) -> None:
        """Begin no new watch; those that are open end with the API server."""
        self._over.set()

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """One object as last seen; treat it as read-only."""
        with self._changed:
            return self._objects[kind].get((namespace, name))

    def all(self, kind: str) -> list[Object]:
        """All objects of a kind, by namespace and name."""
        with self._changed:
            return [value for _, value in sorted(self._objects[kind].items())]

    def wait(self, seen: Callable[[], Any], seconds: float) -> Any:  # noqa: ANN401 - whatever `seen` answers
        """Wait until `seen` answers something truthy, and return that; None when the time is over."""
        deadline = time.monotonic() + seconds
        while not (answer := seen()):
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            with self._changed:
                self._changed.wait(min(left, POLL_SECONDS))
        return answer

    def put(self, kind: str, item: Object) -> None:
        """Take note of an object as it is now."""
        with self._changed:
            self._objects[kind][_key(item)] = item
            self._note(kind, item, exists=True)

    def remove(self, kind: str, item: Object) -> None:
        """Take note that an object is gone."""
        with self._changed:
            self._objects[kind].pop(_key(item), None)
            self._note(kind, item, exists=False)

    def replace_all(self, kind: str, items: list[Object]) -> None:
        """Take note of all objects of a kind: what is not among them is gone."""
        listed = {_key(item) for item in items}
        for gone in [known for known in self.all(kind) if _key(known) not in listed]:
            self.remove(kind, gone)
        for item in items:
            self.put(kind, item)

    def _note(self, kind: str, item: Object, *, exists: bool) -> None:
        if kind == "EndpointSlice":
            self.availability.saw(item, exists=exists, at=time.time())
        self._changed.notify_all()

    def _follow(self, reader: Reader, kind: str) -> None:
        while not self._over.is_set():
            try:
                listed = reader.get(PATHS[kind])
                self.replace_all(kind, listed["items"])
                self._watch(reader, kind, listed["metadata"]["resourceVersion"])
            except (OSError, ValueError):  # the server restarts or ends: list again
                self._over.wait(RETRY_SECONDS)

    def _watch(self, reader: Reader, kind: str, version: str) -> None:
        for event in reader.watch(PATHS[kind], version):
            if event["type"] in ("ADDED", "MODIFIED"):
                self.put(kind, event["object"])
            elif event["type"] == "DELETED":
                self.remove(kind, event["object"])
            elif event["type"] == "ERROR":
                return


def _key(item: Object) -> Key:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
