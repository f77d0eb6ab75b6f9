# SPDX-License-Identifier: Apache-2.0
"""The CPU that a decision costs, beside what kube-scheduler's costs for the same pods on the same nodes.

One run: a real control plane gets the nodes of a generated cluster (bare objects without heartbeats) and one pod for
each of its workloads. kube-scheduler's CPU seconds are read from /proc before the first pod and after the last is
bound. Then the nodes are listed from the same API server, put through the operator's own decoders and assembler, and
`decide` is called with the same requests as workloads, all new: judging sites, scoring and deciding are all in it.
The target is 1/20. Both schedule from nothing; the scheduler's watch and bindings are in its figure, the operator's
are not.

    python -m benchmarks.scheduler_cpu --json result.json
"""

import argparse
import gc
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson

from aiworkload.kube.assemble import Assembler
from aiworkload.kube.store import Store
from aiworkload.placement.decide import decide
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload
from benchmarks.cluster import generated
from localcluster import ControlPlane

TARGET: Final = 1 / 20
FLAGS: Final = {"kube-apiserver": ["--disable-admission-plugins=ServiceAccount,TaintNodesByCondition"]}
"""Without controllers nobody makes service accounts, nor takes back the taint that a new node is given."""

_HANDS: Final = 8
"""Requests in flight."""
_RUNS: Final = 3
_PATIENCE_SECONDS: Final = 120.0
_SETTLED_SECONDS: Final = 3.0
"""The scheduler is given so long to take in the nodes before its CPU is first read."""
_FREE: Final = 0.1
"""Share of the CPUs that the pods ask for together: kube-scheduler looks no further than it must on empty nodes."""

Manifest = dict[str, Any]


def node_of(node: Node) -> Manifest:
    """A ready node of that size and place."""
    amounts = {name: str(amount) for name, amount in node.allocatable.items()}
    amounts["cpu"] = f"{node.allocatable['cpu']}m"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": {**node.labels, "site": str(node.site)}},
        "status": {
            "allocatable": amounts,
            "capacity": amounts,
            "conditions": [{"type": "Ready", "status": "True", "reason": "Benchmark", "message": ""}],
        },
    }


def pod_of(workload: Workload) -> Manifest:
    """A pod with the requests of the workload's first variant."""
    asked = workload.spec.requests_of(workload.spec.variants[0])
    requests = {name: f"{amount}m" if name == "cpu" else str(amount) for name, amount in asked.items()}
    container = {"name": "server", "image": "none", "resources": {"requests": requests}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": workload.key.name},
        "spec": {"containers": [container], "automountServiceAccountToken": False},
    }


def create(cluster: ControlPlane, path: str, items: Iterable[Manifest]) -> None:
    """Post all of them."""
    with ThreadPoolExecutor(_HANDS) as hands:
        for _ in hands.map(lambda item: cluster.api.request("POST", path, item), items):
            pass


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def scheduled(cluster: ControlPlane, workloads: Iterable[Workload]) -> float:
    """CPU seconds that kube-scheduler takes from the first pod to the last one bound.

    Raises:
        TimeoutError: not all of them were bound.
    """
    time.sleep(_SETTLED_SECONDS)
    pid = cluster.pids["kube-scheduler"]
    began = cpu_seconds(pid)
    create(cluster, "/api/v1/namespaces/default/pods", (pod_of(workload) for workload in workloads))
    waits_until = time.perf_counter() + _PATIENCE_SECONDS
    pending = "/api/v1/namespaces/default/pods?fieldSelector=spec.nodeName%3D&limit=1"
    while cluster.api.request("GET", pending)["items"]:
        if time.perf_counter() > waits_until:
            raise TimeoutError(f"pods were still unbound after {_PATIENCE_SECONDS:.0f} s")
        time.sleep(0.5)
    return cpu_seconds(pid) - began


def assembled(cluster: ControlPlane, drawn: Snapshot) -> Snapshot:
    """The API server's nodes through the operator's decoders, with the Sites, links and workloads that were drawn."""
    store = Store(lambda: drawn.taken_at)
    sites = (_site(name, site.spec.model_dump(mode="json", by_alias=True)) for name, site in drawn.sites.items())
    _fill(store, "Site", sites)
    _fill(store, "Node", cluster.api.request("GET", "/api/v1/nodes")["items"])
    found = Assembler(store).snapshot(drawn.taken_at)
    return replace(found, links=drawn.links, workloads=drawn.workloads)


def _site(name: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "uid": name, "resourceVersion": "5", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "spec": spec}


def _fill(store: Store, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
    table = store.table(kind)
    head, facts = table.decoder.page(orjson.dumps({"metadata": {"resourceVersion": "10"}, "items": list(items)}))
    table.replace(head.resource_version, facts)


def decided(snapshot: Snapshot) -> float:
    """CPU seconds of `decide` with every workload new, the median of some runs."""
    gc.collect()
    gc.freeze()
    found: list[float] = []
    for _ in range(_RUNS):
        began = time.process_time()
        plan = decide(snapshot, Policy(), snapshot.taken_at)
        found.append(time.process_time() - began)
        placed = sum(bool(decision.assignments) for decision in plan.decisions.values())
    say(f"decide placed {placed} of {len(snapshot.workloads)}; the others' targets no site with room can meet")
    gc.unfreeze()
    return median(found)


def run(nodes: int, pods: int, seed: int) -> Manifest:
    """The whole measurement, printed as it goes."""
    drawn = generated(nodes, pods, seed, full=_FREE)
    with ControlPlane.start(controller_manager=False, extra_args=FLAGS) as cluster:
        create(cluster, "/api/v1/nodes", (node_of(node) for node in drawn.nodes.values()))
        theirs = scheduled(cluster, drawn.workloads.values()) / pods
        say(f"kube-scheduler: {1e6 * theirs:.0f} us of CPU a pod, {pods} pods on {nodes} nodes")
        snapshot = assembled(cluster, drawn)
    ours = decided(snapshot) / pods
    ratio = ours / theirs
    say(f"decide: {1e6 * ours:.0f} us of CPU a workload, {len(snapshot.nodes)} nodes at {len(snapshot.sites)} sites")
    verdict = "reached" if ratio <= TARGET else "MISSED"
    say(f"ratio: 1/{1 / ratio:.1f}, target 1/{1 / TARGET:.0f} ({verdict})")
    machine = {"cpus": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()}
    return {
        "nodes": nodes,
        "pods": pods,
        "seed": seed,
        "scheduler_seconds": theirs,
        "decide_seconds": ours,
        "ratio": ratio,
        "machine": machine,
    }


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scheduler_cpu", description="The CPU of a decision.")
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--pods", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="keep the result in this file")
    options = parser.parse_args()
    result = run(options.nodes, options.pods, options.seed)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
