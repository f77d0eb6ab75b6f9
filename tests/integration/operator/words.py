# SPDX-License-Identifier: Apache-2.0
"""What the tests of a running operator do and look for, in the words of the domain."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from demo import manifests, sightings
from demo.stage import Stage

NAMESPACE = sightings.NAMESPACE
PATIENCE_SECONDS = 60.0
"""Several times what a quiet machine needs."""


def a_workload(name: str, *, tier: str) -> dict[str, Any]:
    """A small workload that belongs to one tier, with short windows."""
    return manifests.shortened(
        {
            "apiVersion": "aiworkload.dev/v1alpha1",
            "kind": "AIWorkload",
            "metadata": {"name": name},
            "spec": {
                "model": {
                    "variants": [
                        {
                            "name": "default",
                            "uri": f"oci://registry.example/models/{name}:1",
                            "resources": {"requests": {"cpu": "250m", "memory": "128Mi"}},
                        }
                    ]
                },
                "placement": {"tiers": [tier]},
            },
        }
    )


def apply(stage: Stage, *documents: dict[str, Any]) -> None:
    """`kubectl apply`."""
    stage.cluster.run_kubectl("apply", "-f", "-", stdin=manifests.dump(documents))


def send_to(stage: Stage, workload: str, tier: str) -> None:
    """Change a workload's spec so that it belongs to another tier: a move that waits for no window."""
    patch = json.dumps({"spec": {"placement": {"tiers": [tier]}}})
    stage.cluster.run_kubectl("patch", "aiw", workload, "--type=merge", f"--patch={patch}")


def delete(stage: Stage, kind: str, *names: str) -> None:
    """`kubectl delete`, waiting until they are gone."""
    stage.cluster.run_kubectl("delete", kind, *names, "--ignore-not-found", "--timeout=30s")


def expect(stage: Stage, what: str, seen: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:  # noqa: ANN401 - whatever `seen` answers
    """Wait until it is so, or fail with what was expected and the operator's last words."""
    answer = stage.world.wait(seen, seconds)
    assert answer, f"not within {seconds:.0f} s: {what}.{stage.operator.tail()}"
    return answer


def expect_settled(stage: Stage, workload: str, site: str) -> None:
    """It serves there, and nothing of it is left anywhere else."""
    what = f"{workload} serves at {site} and nowhere else"
    expect(stage, what, partial(sightings.settled_at, stage.world, workload, site))


def expect_throughout(stage: Stage, broken: Callable[[], Any], seconds: float) -> None:
    """It does not happen for a while."""
    answer = stage.world.wait(broken, seconds)
    assert not answer, answer


def deployments_of(stage: Stage, workload: str) -> list[dict[str, Any]]:
    """The workload's Deployments."""
    return [
        found
        for found in stage.world.all("Deployment")
        if found["metadata"].get("labels", {}).get(sightings.WORKLOAD_LABEL) == workload
    ]


def has_condition(stage: Stage, kind: str, name: str, *, condition: str, status: str, reason: str) -> str | None:
    """The message of a condition of an object, once it is so; never empty."""
    item = stage.world.find(kind, name, NAMESPACE if kind == "AIWorkload" else "")
    found = sightings.condition(item, condition)
    so = (found.get("status"), found.get("reason")) == (status, reason)
    return (found.get("message") or reason) if so else None


def kill_operator(stage: Stage) -> None:
    """SIGKILL: no goodbye, no release of the Lease."""
    stage.operator.stop(kill=True)


def now() -> float:
    """Seconds since the epoch."""
    return time.time()
