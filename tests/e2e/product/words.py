# SPDX-License-Identifier: Apache-2.0
"""What the scenarios do and look for, in the words of the domain."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo import sightings
from demo.manifests import dump
from demo.world import World
from localcluster.lab import Lab
from tests.e2e.product.installation import WORKLOADS

Manifest = dict[str, Any]
SITE_LABEL = "topology.kubernetes.io/zone"


@dataclass(frozen=True)
class Product:
    """A lab with the product in it, and eyes on its API server."""

    lab: Lab
    world: World
    short: bool
    """Whether cuts and windows are shortened, for a run in a few minutes."""

    def apply(self, *workloads: Manifest) -> None:
        """Apply AIWorkloads."""
        self.lab.kubectl("apply", "--filename=-", stdin=dump(workloads))

    def see(self, what: str, seen: Callable[[], Any], *, seconds: float) -> float:
        """Wait until something is so, and tell when it was seen so first, in Unix seconds.

        Raises:
            AssertionError: It was not so in time; the message says what, and how the workloads and sites stand.
        """
        assert self.world.wait(seen, seconds), f"not within {seconds:.0f} s: {what}\n{self.standing()}"
        return time.time()

    def standing(self) -> str:
        """How sites, workloads and pods stand, for who reads why something did not happen."""
        kinds = ("sites", "aiworkloads,services,pods", "nodes")
        return "\n".join(self.lab.kubectl("get", kind, f"--namespace={WORKLOADS}", "--output=wide") for kind in kinds)

    def settled(self, workload: str, site: str, *, seconds: float = 180) -> float:
        """Wait until a workload serves at a site and nowhere else."""
        return self.see(f"{workload} at {site}", lambda: settled_at(self.world, workload, site), seconds=seconds)

    def connected(self, *sites: str, seconds: float = 180) -> float:
        """Wait until sites (default: all) are Connected."""
        wanted = sites or tuple(site.name for site in self.lab.topology.sites)
        return self.see(
            f"{', '.join(wanted)} Connected",
            lambda: all(sightings.site_is(self.world, site, {"Connected"}) for site in wanted),
            seconds=seconds,
        )

    def recover(self) -> None:
        """Make everything as it was before: links, nodes, no workload, every site Connected and measured."""
        self.lab.kubectl("delete", "aiworkloads", "--all", f"--namespace={WORKLOADS}", "--wait=true")
        for site in self.lab.topology.sites:
            link = self.lab.link(site.name)
            link.heal()
            link.set(
                delay_ms=site.link.delay_ms,
                jitter_ms=site.link.jitter_ms,
                loss=site.link.loss,
                bandwidth_kbit=site.link.bandwidth_kbit,
            )
        for node in self.lab.nodes.values():
            node.start()
        self.connected(seconds=300)
        names = [site.name for site in self.lab.topology.sites]
        pairs = [(one, other) for one in names for other in names if one != other]
        self.see("every link measured", lambda: all(p95_ms(self.world, *pair) for pair in pairs), seconds=120)
        # A busy machine may stay slow, and what a scenario cannot do then it says itself.
        self.world.wait(lambda: all((p95_ms(self.world, *pair) or 0) < SLOW_MS for pair in pairs), QUIET_SECONDS)
        self.see("no pod left", lambda: not workload_pods(self.world), seconds=120)


SLOW_MS = 75
"""No link of the topology is as slow, on a machine that is not overrun."""
QUIET_SECONDS = 120
"""Waited for at most: twice an agent's window."""


def a_workload(name: str, *, tiers: Iterable[str] = (), migration: Manifest, **requirements: Manifest) -> Manifest:
    """A workload that serves the lab's model from Triton's own image, small enough for any node."""
    variant = {
        "name": "cpu",
        "uri": "oci://registry.example/models/double:1",
        "computeMilliseconds": 5,
        "resources": {"requests": {"cpu": "20m", "memory": "96Mi"}},
    }
    spec: Manifest = {
        "model": {"variants": [variant]},
        "server": {"args": ["--model-repository=/opt/models", "--load-model=double"]},
        "requirements": requirements,
        "migration": migration,
    }
    if tiers:
        spec["placement"] = {"tiers": list(tiers)}
    return {"apiVersion": "aiworkload.dev/v1alpha1", "kind": "AIWorkload", "metadata": {"name": name}, "spec": spec}


def workload_pods(world: World, workload: str | None = None, site: str | None = None) -> list[Manifest]:
    """The pods of workloads that are not being deleted."""
    return [
        pod
        for pod in world.all("Pod")
        if (labels := pod["metadata"].get("labels") or {}).get(sightings.WORKLOAD_LABEL)
        and workload in (None, labels[sightings.WORKLOAD_LABEL])
        and site in (None, labels.get(sightings.SITE_LABEL))
        and "deletionTimestamp" not in pod["metadata"]
    ]


def containers(world: World, workload: str, site: str | None = None) -> dict[str, int]:
    """Restarts by pod uid."""
    return {
        pod["metadata"]["uid"]: sum(one["restartCount"] for one in pod["status"].get("containerStatuses", []))
        for pod in workload_pods(world, workload, site)
    }


def settled_at(world: World, workload: str, site: str) -> bool:
    """Serving at that site, its pods Ready, the Service there, and nothing of it anywhere else."""
    states = sightings.placements(world, workload)
    mine = workload_pods(world, workload)
    ready = bool(mine) and all(sightings.condition(pod, "Ready").get("status") == "True" for pod in mine)
    alone = len(mine) == len(workload_pods(world, workload, site))
    return states == {site: "Serving"} and ready and alone and sightings.service_site(world, workload) == site


def moves(world: World, workload: str) -> list[tuple[str, str, str, str]]:
    """From, to, trigger and result of the moves that ended, oldest first."""
    return [
        (move["fromSite"], move["toSite"], move["trigger"], move["result"])
        for move in sightings.status_of(world, workload).get("moves", [])
    ]


def why(world: World, workload: str, kind: str) -> tuple[str, str]:
    """Status and reason of a workload's condition."""
    found = sightings.condition(world.find("AIWorkload", workload, WORKLOADS), kind)
    return found.get("status", ""), found.get("reason", "")


def link_of(world: World, one: str, other: str) -> Manifest | None:
    """What a site's agent last reported of the link to another, newest first."""
    links = [
        link
        for report in world.all("NodeReport")
        if (report.get("spec") or {}).get("site") == one
        for link in (report.get("status") or {}).get("links", [])
        if link["site"] == other
    ]
    return max(links, key=lambda link: link["observedTime"], default=None)


def seconds_of(moment: str) -> float:
    """An RFC 3339 time of an object, in Unix seconds: all machines of the lab share a clock."""
    return datetime.fromisoformat(moment).timestamp()


def p95_ms(world: World, one: str, other: str) -> float | None:
    """The p95 round trip from one site to another as last reported, in milliseconds."""
    microseconds = (link_of(world, one, other) or {}).get("rttP95Microseconds")
    return None if microseconds is None else microseconds / 1000
