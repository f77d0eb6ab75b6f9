# SPDX-License-Identifier: Apache-2.0
"""From `kubectl apply` of a workload to its pods bound at the right site, beside kube-scheduler alone.

One run, alternating: an AIWorkload is applied, and timed until a pod of it is bound to a node of the one site its
privacy boundary allows; then the very Deployment that the operator wrote for it is applied directly, under another
name, and timed until kube-scheduler has bound its pod. Both begin when kubectl is started. The ratio is what the
operator adds: its watch, its decision, and one write.

    python -m benchmarks.apply_to_bound -o result.json
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any, Final, TextIO

from demo import manifests, sightings, topology
from demo.stage import Stage, raised
from demo.world import World

COUNT: Final = 100
PATIENCE_SECONDS: Final = 30.0
DIRECT_LABEL: Final = "benchmark.example/direct"


@dataclass(frozen=True, slots=True)
class Series:
    """Seconds, one a workload."""

    seconds: tuple[float, ...]

    def percentile(self, percent: int) -> float:
        """The value that so many percent stay under."""
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1]

    def as_json(self) -> dict[str, Any]:
        """For the kept result."""
        return {"p50": self.percentile(50), "p95": self.percentile(95), "samples": list(self.seconds)}


def workload(number: int) -> manifests.Manifest:
    """A small workload that exactly one site may host."""
    site = topology.NAMES[number % len(topology.NAMES)]
    return {
        "apiVersion": "aiworkload.dev/v1alpha1",
        "kind": "AIWorkload",
        "metadata": {"name": f"bench-{number}", "labels": {"benchmark.example/site": site}},
        "spec": {
            "model": {
                "variants": [
                    {
                        "name": "default",
                        "uri": "oci://registry.example/models/bench:1",
                        "resources": {"requests": {"cpu": "20m", "memory": "16Mi"}},
                    }
                ]
            },
            "requirements": {"privacy": {"boundary": "Site", "sites": [site]}},
        },
    }


def direct(deployment: manifests.Manifest, name: str) -> manifests.Manifest:
    """The operator's own Deployment as somebody else's: the same pod, no label that the operator watches."""
    spec = json.loads(json.dumps(deployment["spec"]))
    labels = {DIRECT_LABEL: name}
    spec["selector"] = {"matchLabels": labels}
    spec["template"]["metadata"] = {"labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels}, "spec": spec}


def bound(world: World, labels: dict[str, str], site: str) -> bool:
    """Whether a pod with these labels is bound to a node of that site."""
    return any(
        labels.items() <= pod["metadata"].get("labels", {}).items()
        and pod["spec"].get("nodeName", "").startswith(f"{site}-")
        for pod in world.all("Pod")
    )


def timed(stage: Stage, document: manifests.Manifest, done: Callable[[], bool]) -> float:
    """Seconds from starting kubectl until it is done.

    Raises:
        TimeoutError: it never was.
    """
    begun = time.perf_counter()
    stage.cluster.run_kubectl("apply", "-f", "-", stdin=manifests.dump([document]))
    if not stage.world.wait(done, PATIENCE_SECONDS):
        raise TimeoutError(f"{document['metadata']['name']} was not bound within {PATIENCE_SECONDS:.0f} s")
    return time.perf_counter() - begun


def measure(stage: Stage, numbers: Iterable[int]) -> tuple[Series, Series]:
    """Through the operator, and directly."""
    through: list[float] = []
    straight: list[float] = []
    for number in numbers:
        document = workload(number)
        name, site = document["metadata"]["name"], document["metadata"]["labels"]["benchmark.example/site"]
        mine = {sightings.WORKLOAD_LABEL: name}
        through.append(timed(stage, document, partial(bound, stage.world, mine, site)))
        [written] = [d for d in stage.world.all("Deployment") if mine.items() <= d["metadata"]["labels"].items()]
        twin = direct(written, f"direct-{number}")
        straight.append(timed(stage, twin, partial(bound, stage.world, twin["metadata"]["labels"], site)))
    return Series(tuple(through)), Series(tuple(straight))


def print_line(stream: TextIO, line: str) -> None:
    """One line, at once."""
    stream.write(f"{line}\n")
    stream.flush()


def main() -> int:
    """Run it and print three lines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.apply_to_bound", description=__doc__)
    parser.add_argument("-n", "--count", type=int, default=COUNT, help=f"workloads (default: {COUNT})")
    parser.add_argument("-o", "--output", type=Path, help="keep all samples in this JSON file")
    arguments = parser.parse_args()
    with raised(World(), lambda line: print_line(sys.stderr, line)) as stage:
        through, straight = measure(stage, range(arguments.count))
    ratio = {f"p{percent}": through.percentile(percent) / straight.percentile(percent) for percent in (50, 95)}
    for what, series in (("through the operator", through), ("kube-scheduler alone", straight)):
        p50, p95 = series.percentile(50), series.percentile(95)
        print_line(sys.stdout, f"{what}: p50 {p50:.3f} s, p95 {p95:.3f} s over {len(series.seconds)}")
    print_line(sys.stdout, f"ratio: p50 {ratio['p50']:.2f}, p95 {ratio['p95']:.2f}")
    if arguments.output:
        machine = {"cpus": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()}
        kept = {"operator": through.as_json(), "scheduler": straight.as_json(), "ratio": ratio, "machine": machine}
        arguments.output.write_text(json.dumps(kept, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
