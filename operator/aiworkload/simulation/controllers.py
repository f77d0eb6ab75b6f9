# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes does by itself: node lifecycle, Deployment controller, scheduler and kubelets, each in a few rules.

`settle` is called whenever something happened; it lets everybody do all that is due, and says when something is due by
time alone. Kept from Kubernetes is what a rollout can feel: a surge of one, scheduling by requests within the site,
eviction after the tolerated silence, pods that run on where nobody hears them, and machines that come up again
while they are cut off and know of no pod. Left out is what it cannot: images,
probes' periods, controllers' own delays.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from aiworkload.api.quantity import resources
from aiworkload.sensing.pulses import Renewal
from aiworkload.simulation.pods import Manifest, VirtualDeployment, VirtualPod
from aiworkload.snapshot.node import Node

_RENEWED_SECONDS: Final = 10.0
"""A kubelet renews its Lease after a quarter of its duration."""
_UNREACHABLE = "node.kubernetes.io/unreachable"


@dataclass(slots=True)
class VirtualNode:
    """A machine: up or down, heard or not."""

    base: Node
    """With what others have requested on it."""
    up: bool = True
    silent_since: float | None = None
    requested: dict[str, int] = field(default_factory=dict[str, int])
    """By our pods."""
    _shown: Node | None = None

    def shown(self) -> Node:
        """As the API server shows it; the same object as long as nothing changed."""
        if self._shown is None:
            both = {**self.base.requested}
            for resource, amount in self.requested.items():
                both[resource] = both.get(resource, 0) + amount
            self._shown = replace(self.base, requested=both)
        return self._shown

    def show(self, *, ready: bool) -> None:
        """Change its Ready condition."""
        if self.base.ready != ready:
            self.base, self._shown = replace(self.base, ready=ready), None

    def renewal(self, now: float) -> Renewal:
        """Its Lease, which its kubelet renews for as long as it is heard."""
        heard = now if self.silent_since is None else min(now, self.silent_since)
        return Renewal(str(int(heard // _RENEWED_SECONDS)))

    def bind(self, requests: Mapping[str, int], sign: int) -> None:
        """Count a pod in or out."""
        for resource, amount in requests.items():
            self.requested[resource] = self.requested.get(resource, 0) + sign * amount
        self._shown = None

    def has_room(self, requests: Mapping[str, int]) -> bool:
        """Whether the scheduler would bind such a pod here."""
        node = self.shown()
        if not node.ready or node.unschedulable or any(t.effect in ("NoSchedule", "NoExecute") for t in node.taints):
            return False
        promised = node.requested
        return all(promised.get(name, 0) + amount <= node.allocatable.get(name, 0) for name, amount in requests.items())


@dataclass(slots=True)
class Controllers:
    """Kubernetes' own hands on the virtual cluster."""

    nodes: dict[str, VirtualNode]
    deployments: list[VirtualDeployment]
    node_grace_seconds: float
    pods_made: int = 0
    version: int = 0
    """Grows with everything that the API server would tell a watch."""

    def settle(self, now: float) -> float | None:
        """Do all that is due; the time at which more is due, if nothing else happens."""
        self._judge_nodes(now)
        for deployment in self.deployments:
            self._evict(deployment, now)
            self._keep_replicas(deployment, now)
        for deployment in self.deployments:
            self.schedule(deployment)
            self._run(deployment, now)
            self._keep_replicas(deployment, now)
        self._forget_gone(now)
        return min((at for at in self._due(now) if at > now), default=None)

    def pod(self, deployment: VirtualDeployment) -> VirtualPod:
        """A new pod of a Deployment, bound to no node."""
        self.pods_made += 1
        self.version += 1
        template = deployment.template
        name = f"{deployment.name}-{self.pods_made}"
        return VirtualPod(name, f"uid-{name}", template, _requests(template), _tolerated(template))

    def schedule(self, deployment: VirtualDeployment) -> None:
        """Bind its pods that have no node to the emptiest one of their site that has room."""
        site = deployment.assignment.site
        for pod in deployment.pods:
            if pod.node is None and not pod.doomed:
                fitting = [n for n in self.nodes.values() if n.base.site == site and n.has_room(pod.requests)]
                if fitting:
                    chosen = min(fitting, key=_fullness)
                    pod.node = chosen.base.name
                    chosen.bind(pod.requests, +1)
                    self.version += 1

    def _judge_nodes(self, now: float) -> None:
        for node in self.nodes.values():
            ready = node.silent_since is None or now < node.silent_since + self.node_grace_seconds
            if node.base.ready != ready:
                node.show(ready=ready)
                self.version += 1

    def _evict(self, deployment: VirtualDeployment, now: float) -> None:
        for pod in deployment.pods:
            due = self._evicted_at(pod)
            if due is not None and due <= now and not pod.doomed:
                self._doom(pod)

    def _evicted_at(self, pod: VirtualPod) -> float | None:
        node = self.nodes.get(pod.node or "")
        if node is None or node.silent_since is None or pod.tolerated_seconds is None:
            return None
        return node.silent_since + self.node_grace_seconds + pod.tolerated_seconds

    def _keep_replicas(self, deployment: VirtualDeployment, now: float) -> None:
        """`maxUnavailable: 0, maxSurge: 1`: one new pod at a time, and an old one goes when a new one is ready."""
        fresh = deployment.fresh()
        old = [pod for pod in deployment.pods if not pod.doomed and pod not in fresh]
        spare = len(fresh) - deployment.replicas
        for pod in sorted(fresh, key=lambda pod: pod.ready)[: max(0, spare)]:
            self._doom(pod)
        surge = 1 if old else deployment.replicas
        unready = sum(not pod.ready for pod in fresh)
        for _ in range(min(-spare, surge - unready if old else -spare)):
            deployment.pods.append(self.pod(deployment))
        ready = sum(pod.ready for pod in (*fresh, *old))
        for pod in sorted(old, key=lambda pod: pod.ready):
            if not pod.ready or ready > deployment.replicas or deployment.deleted:
                ready -= pod.ready
                self._doom(pod)
        for pod in deployment.pods:
            if pod.doomed and pod.node is None and pod.gone_at is None:
                pod.gone_at = now

    def _doom(self, pod: VirtualPod) -> None:
        pod.doomed, pod.ready = True, False
        self.version += 1

    def _run(self, deployment: VirtualDeployment, now: float) -> None:
        for pod in deployment.pods:
            node = self.nodes.get(pod.node or "")
            if node is None or not node.up:
                pod.answers_at = None
            elif node.silent_since is None:
                self._hear(pod, deployment.startup_seconds, now)
            ready = self._seen_ready(pod, node, now)
            if ready != pod.ready:
                pod.ready = ready
                self.version += 1

    def _hear(self, pod: VirtualPod, startup_seconds: float, now: float) -> None:
        """A kubelet in contact does what the API server wants."""
        if pod.doomed:
            pod.stop(now)
        elif pod.answers_at is None:
            pod.answers_at = now + startup_seconds

    def _seen_ready(self, pod: VirtualPod, node: VirtualNode | None, now: float) -> bool:
        if pod.doomed or node is None or not node.base.ready:
            return False
        return pod.ready if node.silent_since is not None else pod.answers(now)

    def _forget_gone(self, now: float) -> None:
        for deployment in self.deployments:
            for pod in [pod for pod in deployment.pods if pod.gone_at is not None and pod.gone_at <= now]:
                deployment.pods.remove(pod)
                self.version += 1
                if pod.node in self.nodes:
                    self.nodes[pod.node].bind(pod.requests, -1)
        self.deployments[:] = [d for d in self.deployments if d.pods or not d.deleted]

    def _due(self, now: float) -> Iterator[float]:
        for node in self.nodes.values():
            if node.silent_since is not None and node.base.ready:
                yield node.silent_since + self.node_grace_seconds
        for pod in _pods(self.deployments):
            if pod.answers_at is not None and not pod.ready:
                yield pod.answers_at
            if pod.gone_at is not None:
                yield pod.gone_at
            evicted = None if pod.doomed else self._evicted_at(pod)
            if evicted is not None:
                yield max(evicted, now)


def _pods(deployments: Iterable[VirtualDeployment]) -> Iterator[VirtualPod]:
    return (pod for deployment in deployments for pod in deployment.pods)


def _fullness(node: VirtualNode) -> tuple[float, str]:
    """Kube-scheduler's LeastAllocated: the emptiest node first, by CPU and memory; then by name."""
    shown = node.shown()
    shares = [shown.requested.get(name, 0) / max(1, shown.allocatable.get(name, 0)) for name in ("cpu", "memory")]
    return (sum(shares), shown.name)


def _requests(template: Manifest) -> dict[str, int]:
    containers = template["spec"]["containers"]
    total: dict[str, int] = {"pods": 1}
    for container in containers:
        for name, amount in resources(container.get("resources", {}).get("requests", {})).items():
            total[name] = total.get(name, 0) + amount
    return total


def _tolerated(template: Manifest) -> float | None:
    for toleration in template["spec"].get("tolerations", ()):
        if toleration["key"] == _UNREACHABLE:
            seconds = toleration.get("tolerationSeconds")
            return None if seconds is None else float(seconds)
    return 0.0
