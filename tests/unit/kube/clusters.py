# SPDX-License-Identifier: Apache-2.0
"""A store that is changed as the watches change it, object by object, and a clock."""

from collections.abc import Iterable
from typing import Any

import orjson

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.kube.projection.base import Key
from aiworkload.kube.store import Store

START = 1_800_000_000.0


class Cluster:
    """Objects as JSON into a real store, through its decoders."""

    def __init__(self) -> None:
        self.now = START
        self.store = Store(lambda: self.now)
        self._version = 0

    def put(self, kind: str, name: str, namespace: str = "", **parts: object) -> None:
        """An object as it is from now on."""
        self._version += 1
        meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": str(self._version)}
        extra: dict[str, Any] = dict(parts)
        meta |= extra.pop("metadata", {})
        self._line(kind, "MODIFIED", {"metadata": meta, **extra})

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        """An object that is gone."""
        if self.store.table(kind).get(Key(namespace, name)) is not None:
            self._version += 1
            meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": str(self._version)}
            self._line(kind, "DELETED", {"metadata": meta})

    def relist(self) -> None:
        """Every table from a list that says nothing new, in new objects."""
        for kind in ("Node", "Site", "NodeReport", "AIWorkload", "Deployment", "Service", "Pod", "PriorityClass"):
            table = self.store.table(kind)
            items = [fact.model_dump(mode="json", by_alias=True) for fact in table.values()]
            raw = orjson.dumps({"metadata": {"resourceVersion": str(self._version)}, "items": items})
            head, facts = table.decoder.page(raw)
            table.replace(head.resource_version, facts)

    def node(self, name: str, *, uid: str | None = None, machine: str = "m", **labels: str) -> None:
        """A ready node of 8 cores and 16 GiB, on a machine by its kubelet's word."""
        amounts = {"cpu": "8", "memory": "16Gi", "pods": "110"}
        status = {
            "allocatable": amounts,
            "capacity": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {"machineID": machine, "systemUUID": machine, "bootID": f"boot-{self._version}"},
        }
        self.put("Node", name, metadata={"labels": labels, "uid": uid or f"uid-{name}"}, spec={}, status=status)

    def site(self, name: str, selector: dict[str, str] | None, *, age: int = 0, **links: int) -> None:
        """A Site; links are round trips in milliseconds by other site."""
        declared = [{"site": other, "rttMilliseconds": rtt, "bandwidthMegabits": 10} for other, rtt in links.items()]
        created = to_rfc3339(START - age)
        spec = {"tier": "Edge", "nodeSelector": selector, "links": declared}
        self.put("Site", name, metadata={"creationTimestamp": created}, spec=spec)

    def report(
        self,
        node: str,
        *,
        valid: int = 30,
        behind: int = 0,
        cpu_percent: int | None = None,
        pressed: Iterable[str] = (),
        kilobits: int | None = None,
        asked: Iterable[str] = (),
        uid: str | None = None,
        **links: int | None,
    ) -> None:
        """A node's report: round trips in microseconds by site (None: losses alone), seen `behind` seconds ago.

        `kilobits` is what each of these links carries, believed for 20 s; `asked` are the sites that it is to probe.
        """
        observed = to_rfc3339(self.now - behind)
        status: dict[str, Any] = {"observedTime": to_rfc3339(self.now), "validSeconds": valid}
        status["links"] = [
            {"site": site, "rttP95Microseconds": rtt, "observedTime": observed, "consecutiveLosses": int(rtt is None)}
            for site, rtt in links.items()
        ]
        if kilobits is not None:
            bandwidth = {"bandwidthKilobits": kilobits, "bandwidthObservedTime": observed, "bandwidthValidSeconds": 20}
            status["links"] = [{**link, **bandwidth} for link in status["links"]]
        if cpu_percent is not None or pressed:
            machine = {"cpuPercent": cpu_percent, "pressed": list(pressed), "observedTime": observed}
            status["machine"] = machine
        spec = {"peers": [{"site": site, "endpoint": f"{site}:9777"} for site in asked]}
        self.put("NodeReport", node, metadata={"uid": uid or f"uid-{node}"}, spec=spec, status=status)

    def workload(self, name: str, *, priority_class: str | None = None, **metadata: object) -> None:
        """A small workload in namespace `ns`."""
        spec = {"model": {"uri": "s3://m/x"}, **({"priorityClassName": priority_class} if priority_class else {})}
        self.put("AIWorkload", name, "ns", metadata=metadata, spec=spec)

    def pod(self, name: str, node: str | None, cpu: str, labels: dict[str, str] | None = None) -> None:
        """A pod that is bound there."""
        containers = [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]
        self.put(
            "Pod", name, "ns", metadata={"labels": labels or {}}, spec={"nodeName": node, "containers": containers}
        )

    def _line(self, kind: str, type_: str, item: dict[str, Any]) -> None:
        table = self.store.table(kind)
        table.observe(table.decoder.line(orjson.dumps({"type": type_, "object": item})))
