# SPDX-License-Identifier: Apache-2.0
"""Builds the demo's world: a real control plane, simulated nodes, bad links, the product, and eyes to watch with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from demo import manifests, processes
from demo.api import Reader
from demo.network import Network
from demo.processes import Account
from demo.sightings import condition, lengthened, site_is
from demo.topology import NAMES, PLACES, directions
from demo.world import World
from localcluster import ControlPlane
from localcluster.errors import StartError
from localcluster.kwok import Kwok, kwok_kubeconfig
from localcluster.process import Process

NODE_LEASE_SECONDS: Final = 8
NODE_GRACE_SECONDS: Final = 16
"""Silence until the control plane marks a node NotReady: in life 40 to 50 s, here as there longer than the operator's
own threshold for a silent site."""
CONTROLLER_FLAGS: Final = [f"--node-monitor-grace-period={NODE_GRACE_SECONDS}s", "--node-monitor-period=2s"]

POD_READY_SECONDS: Final = 1.5
"""How long a simulated pod takes from its binding to Ready."""
READY_SECONDS: Final = 60.0
CALM_MILLISECONDS: Final = 15
"""How much longer than it is made a link may be measured before the first workload is placed. Less than half of what
would send the detector to another site: its target of 50 ms, less 4 ms of way and 6 ms of inference."""
CALM_SECONDS: Final = 120.0

OBSERVER: Final = "demo-observer"

Say = Callable[[str], None]


@dataclass
class Stage:
    """Everything that stands while the demo plays."""

    cluster: ControlPlane
    network: Network
    world: World
    operator_account: Account
    agent_account: Account
    operator: Process
    agents: dict[str, Process]
    settings: Mapping[str, str]
    """The operator's environment."""
    pods_before_cut: dict[str, dict[str, str]] = field(default_factory=dict)

    def restart_operator(self) -> None:
        """Start an operator again, after it was stopped or killed."""
        self.operator = processes.start_operator(self.cluster, self.operator_account, self.settings)

    def wait_until_measured(self) -> None:
        """Wait until every site is Connected and every link is measured from both ends, about as long as it is made.

        What the agents measure while all the programs start is this machine's own delay, and a workload that is placed
        by it stays where it was put.

        Raises:
            StartError: It did not happen in time; the message says what is missing.
        """
        missing: list[str] = []

        def measured() -> bool:
            silent = (f"{name} is not Connected" for name in NAMES if not site_is(self.world, name, {"Connected"}))
            links = (lengthened(self.world, *pair, by_milliseconds=CALM_MILLISECONDS) for pair in directions())
            missing[:] = [*silent, *filter(None, links)]
            return not missing

        self.world.wait(lambda: measured() or not self.operator.running, CALM_SECONDS)
        if missing:
            waited = f"in {CALM_SECONDS:.0f} s" if self.operator.running else "before the operator ended"
            raise StartError(
                f"not all was measured {waited}: {'; '.join(missing)}. When links are measured as longer than they are"
                f" made, this machine is too busy to measure them: try again when it is not.{self.operator.tail()}"
            )


@contextmanager
def raised(world: World, say: Say, settings: Mapping[str, str] = processes.OPERATOR_SETTINGS) -> Iterator[Stage]:
    """Build the stage, and take it down again whatever happens.

    Args:
        world: What is watched from the beginning.
        say: Told what is being built.
        settings: The operator's environment.

    Raises:
        StartError: A part of it did not come up; the message says which, and ends with its log.
    """
    with ExitStack() as stack:
        say("starting etcd, API server, controllers and scheduler")
        flags = {"kube-controller-manager": CONTROLLER_FLAGS}
        cluster = stack.enter_context(ControlPlane.start(audit=True, extra_args=flags))
        operator_account, agent_account = _install(cluster)
        network = stack.enter_context(Network.start(cluster.url))
        world.follow(_observer(cluster))
        stack.callback(world.close)
        say("ten nodes in four sites, each site behind an uplink of its own")
        _start_nodes(cluster, network, world)
        cluster.run_kubectl("apply", "-f", str(manifests.HERE / "sites.yaml"))
        say("the operator, and an agent at each site")
        operator = processes.start_operator(cluster, operator_account, settings)
        endpoints = processes.agent_endpoints(PLACES)
        network.connect(endpoints)
        reported = {place.nodes[0] for place in PLACES}
        operator.wait_until(
            lambda: all(world.find("NodeReport", node) for node in reported), seconds=READY_SECONDS, what="at work"
        )
        agents = {
            place.name: processes.start_agent(cluster, network, agent_account, place, endpoints[place.name])
            for place in PLACES
        }
        stage = Stage(cluster, network, world, operator_account, agent_account, operator, agents, settings)
        stage.wait_until_measured()
        say("every link is measured from both ends")
        yield stage


def _install(cluster: ControlPlane) -> tuple[Account, Account]:
    """The product's own CRDs, service accounts, rights and policies."""
    documents = manifests.installable(manifests.load(manifests.ROOT / "manifests" / "install.yaml"))
    accounts = [document["metadata"] for document in documents if document["kind"] == "ServiceAccount"]
    cluster.run_kubectl("apply", "--server-side", "-f", "-", stdin=manifests.dump(documents))
    cluster.run_kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    agent = next(account for account in accounts if account["name"].endswith("agent"))
    operator = next(account for account in accounts if account is not agent)
    return Account(operator["namespace"], operator["name"]), Account(agent["namespace"], agent["name"])


def _observer(cluster: ControlPlane) -> Reader:
    """The demo's eyes: an account that may read what it shows, and change nothing."""
    cluster.run_kubectl("create", "serviceaccount", OBSERVER, "-n", "default")
    cluster.run_kubectl("apply", "-f", "-", stdin=manifests.dump(manifests.load(manifests.HERE / "observer.yaml")))
    return Reader(cluster.kubeconfig_for("default", OBSERVER), cluster.ca_file)


def _start_nodes(cluster: ControlPlane, network: Network, world: World) -> None:
    documents = [document for place in PLACES for document in manifests.nodes(place)]
    cluster.run_kubectl("create", "-f", "-", stdin=manifests.dump(documents))
    for place in PLACES:
        Kwok.start(
            cluster,
            node_selector=place.node_selector,
            kubeconfig=kwok_kubeconfig(cluster, server=network.uplinks[place.name].url),
            pod_ready_seconds=POD_READY_SECONDS,
            lease_seconds=NODE_LEASE_SECONDS,
        )
    if not world.wait(lambda: _ready_nodes(world) == len(documents), READY_SECONDS):
        raise StartError(f"only {_ready_nodes(world)} of {len(documents)} nodes are Ready after {READY_SECONDS:.0f} s.")


def _ready_nodes(world: World) -> int:
    return sum(condition(node, "Ready").get("status") == "True" for node in world.all("Node"))
