# SPDX-License-Identifier: Apache-2.0
"""What a snapshot costs at 5,000 nodes, 2,000 sites, 40,000 links and 10,000 workloads, after one change.

One run, alternating: one fact is changed through the real store, and the assembler that has followed it all along
makes a snapshot; beside it, an assembler that knows nothing makes the same one from the whole store. The ratio is what
following saves. Every snapshot of both is compared: a fast wrong one would not count.

    python -m benchmarks.snapshot_assembly -o result.json
"""

import argparse
import gc
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final, TextIO

import orjson

from aiworkload.api import names
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.kube.assemble import Assembler
from aiworkload.kube.store import Store

START: Final = 1_800_000_000.0
PEERS: Final = 20
"""Sites that each node measures: 2,000 sites x 20 are 40,000 links."""
AGENTS_APART: Final = 97
"""Peers of a site are so many sites apart, so that they do not cluster. Prime."""
SCRATCH_RUNS: Final = 3
ROUNDS: Final = 200
MEBIBYTE: Final = 2**20

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the cluster is."""

    nodes: int = 5000
    sites: int = 2000
    workloads: int = 10_000


class Cluster:
    """A store filled through its decoders, as the watches fill it."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.now = START
        self.store = Store(lambda: self.now)
        self._version = 10
        self._list("Site", (self._site(number) for number in range(size.sites)))
        self._list("Node", (self.node(number) for number in range(size.nodes)))
        self._list("NodeReport", (self.report(number, 0) for number in range(size.nodes)))
        self._list("AIWorkload", (self.workload(number, 1) for number in range(size.workloads)))
        self._list("Deployment", (self._deployment(number) for number in range(size.workloads)))
        self._list("Pod", (self._pod(number) for number in range(size.workloads)))

    def change(self, kind: str, item: Manifest) -> None:
        """One line of a watch."""
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        table = self.store.table(kind)
        table.observe(table.decoder.line(orjson.dumps({"type": "MODIFIED", "object": item})))

    def node(self, number: int, *, cordoned: bool = False, site: int | None = None) -> Manifest:
        """A node with the labels that nodes have."""
        at = number % self.size.sites if site is None else site
        labels = {
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": f"node-{number}",
            "topology.kubernetes.io/region": f"region-{at % 7}",
            "topology.kubernetes.io/zone": f"site-{at}",
        }
        amounts = {"cpu": "16", "memory": "64Gi", "pods": "110"}
        return {
            "metadata": _metadata(f"node-{number}", labels=labels),
            "spec": {"unschedulable": cordoned},
            "status": {
                "allocatable": amounts,
                "capacity": amounts,
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }

    def report(self, number: int, change: int) -> Manifest:
        """A node's report on 20 other sites; with each `change` other round trips."""
        here, moment = number % self.size.sites, to_rfc3339(self.now)
        links = [
            {
                "site": f"site-{(here + AGENTS_APART * peer) % self.size.sites}",
                "rttP50Microseconds": 900 + peer,
                "rttP95Microseconds": 2000 + 7 * change + peer + number // self.size.sites,
                "samples": 60,
                "observedTime": moment,
            }
            for peer in range(1, PEERS + 1)
        ]
        written = [{"manager": "agent", "subresource": "status", "time": moment}]
        return {
            "metadata": _metadata(f"node-{number}", managedFields=written),
            "spec": {"site": f"site-{here}"},
            "status": {"observedTime": moment, "validSeconds": 30, "links": links},
        }

    def workload(self, number: int, generation: int) -> Manifest:
        """A workload with a target for one client site."""
        clients = [{"site": f"site-{number % self.size.sites}"}]
        return {
            "metadata": _metadata(f"workload-{number}", "ns", generation=generation),
            "spec": {
                "model": {"uri": "s3://models/m"},
                "requirements": {"latency": {"p95Milliseconds": 50, "clients": clients}},
                "placement": {"weights": {"latency": 1 + generation % 9}},
            },
        }

    def _site(self, number: int) -> Manifest:
        spec = {
            "tier": "Edge",
            "region": f"region-{number % 7}",
            "nodeSelector": {"topology.kubernetes.io/zone": f"site-{number}"},
        }
        return {"metadata": _metadata(f"site-{number}"), "spec": spec}

    def _labels(self, number: int) -> dict[str, str]:
        site = f"site-{number % self.size.sites}"
        return {names.WORKLOAD_LABEL: f"workload-{number}", names.SITE_LABEL: site, names.VARIANT_LABEL: "default"}

    def _deployment(self, number: int) -> Manifest:
        owners = [{"kind": "AIWorkload", "uid": f"uid-workload-{number}"}]
        meta = _metadata(f"deployment-{number}", "ns", labels=self._labels(number), ownerReferences=owners)
        counts = {"readyReplicas": 1, "updatedReplicas": 1, "observedGeneration": 1}
        return {"metadata": meta, "spec": {"replicas": 1}, "status": counts}

    def _pod(self, number: int) -> Manifest:
        container = {"name": "server", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}
        return {
            "metadata": _metadata(f"pod-{number}", "ns", labels=self._labels(number)),
            "spec": {"nodeName": f"node-{number % self.size.nodes}", "containers": [container]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }

    def _list(self, kind: str, items: Any) -> None:  # noqa: ANN401 - any iterable of manifests
        table = self.store.table(kind)
        raw = orjson.dumps({"metadata": {"resourceVersion": "10"}, "items": list(items)})
        head, facts = table.decoder.page(raw)
        table.replace(head.resource_version, facts)


def _metadata(name: str, namespace: str = "", **more: object) -> Manifest:
    created = "2026-11-23T10:00:00Z"
    fixed = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": "5"}
    return {**fixed, "creationTimestamp": created, **more}


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one snapshot after one kind of change."""

    p50: float
    p99: float
    scratch: float
    """From the whole store, median."""

    @property
    def ratio(self) -> float:
        """How many times dearer it is from the whole store."""
        return self.scratch / self.p50


def changes(cluster: Cluster) -> dict[str, Callable[[int], None]]:
    """By name: one change, other each time."""
    size = cluster.size

    def report(turn: int) -> None:
        cluster.change("NodeReport", cluster.report(turn * 37 % size.nodes, turn + 1))

    def hundred_reports(turn: int) -> None:
        for number in range(100):
            cluster.change("NodeReport", cluster.report((turn * 100 + number) % size.nodes, turn + 1))

    return {
        "nothing": lambda _turn: None,
        "one report": report,
        "100 reports": hundred_reports,
        "one node cordoned": lambda turn: cluster.change("Node", cluster.node(turn * 37 % size.nodes, cordoned=True)),
        "one node moved": lambda turn: cluster.change("Node", cluster.node(turn * 37 % size.nodes, site=turn)),
        "one workload": lambda turn: cluster.change("AIWorkload", cluster.workload(turn * 37, 2 + turn)),
    }


def measured(cluster: Cluster, assembler: Assembler, change: Callable[[int], None], rounds: int) -> Cost:
    """The costs after one kind of change; every snapshot that is also made from scratch must be the same."""
    following: list[float] = []
    scratch: list[float] = []
    for turn in range(rounds):
        cluster.now += 0.05
        change(turn)
        found, seconds = _timed(lambda: assembler.snapshot(cluster.now))
        following.append(seconds)
        if turn < SCRATCH_RUNS:
            anew, seconds = _timed(lambda: Assembler(cluster.store).snapshot(cluster.now))
            scratch.append(seconds)
            if anew != found:
                raise SystemExit("the snapshot that was kept up differs from the one from scratch")
    p99 = quantiles(following, n=100, method="inclusive")[98]
    return Cost(median(following) * 1000, p99 * 1000, median(scratch) * 1000)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def resident() -> float:
    """This process's memory in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE


def run(size: Size, rounds: int, out: TextIO) -> Manifest:
    """The whole measurement; prints as it goes and returns it for keeping."""
    empty = resident()
    cluster = Cluster(size)
    filled = resident()
    assembler = Assembler(cluster.store)
    first, seconds = _timed(lambda: assembler.snapshot(cluster.now))
    assembled = resident()
    counts = f"{len(first.nodes)} nodes, {len(first.sites)} sites, {len(first.links)} links"
    print(f"{counts}, {len(first.workloads)} workloads", file=out)
    print(f"first snapshot {seconds * 1000:.0f} ms; store {filled - empty:.0f} MiB,", end=" ", file=out)
    print(f"assembler with its snapshot {assembled - filled:.0f} MiB", file=out)
    print(f"{'changed':20}{'p50 ms':>10}{'p99 ms':>10}{'scratch ms':>12}{'ratio':>8}", file=out)
    costs: dict[str, Any] = {}
    for name, change in changes(cluster).items():
        cost = measured(cluster, assembler, change, rounds)
        print(f"{name:20}{cost.p50:10.3f}{cost.p99:10.3f}{cost.scratch:12.0f}{cost.ratio:8.0f}", file=out)
        costs[name] = {**asdict(cost), "ratio": cost.ratio}
    return {
        "size": asdict(size),
        "links": len(first.links),
        "first_milliseconds": seconds * 1000,
        "store_mebibytes": filled - empty,
        "assembler_mebibytes": assembled - filled,
        "costs": costs,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="What a snapshot costs after one change.")
    full = Size()
    parser.add_argument("--nodes", type=int, default=full.nodes)
    parser.add_argument("--sites", type=int, default=full.sites)
    parser.add_argument("--workloads", type=int, default=full.workloads)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    result = run(Size(options.nodes, options.sites, options.workloads), options.rounds, sys.stdout)
    if options.output:
        options.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
