# SPDX-License-Identifier: Apache-2.0
"""The product's own processes: the operator under its service account, and one agent a site under a token of its node.

They are started as the images start them, only that what a manifest would say is said here. Every right they have
comes from the product's own RBAC; nobody here is cluster-admin.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo.network import Network
from demo.topology import Place, agent_address
from localcluster import ControlPlane
from localcluster.ports import free_ports
from localcluster.process import Process

OPERATOR: Final = "aiworkload-operator"
AGENT: Final = "aiworkload-agent"

OPERATOR_SETTINGS: Final[Mapping[str, str]] = {
    "AIWORKLOAD_POLICY_DISCONNECTED_SECONDS": "5",
    "AIWORKLOAD_POLICY_RECONNECTED_SECONDS": "4",
    "AIWORKLOAD_HTTP_ADDRESS": "127.0.0.1",
    "AIWORKLOAD_HTTP_PORT": "0",
    "AIWORKLOAD_LOG_FORMAT": "text",
}
"""A site counts as cut off, and as back, a few times sooner than by default (30 s each)."""
AGENT_FLAGS: Final = (
    "--interval=0.25",
    "--timeout=1",
    "--window=24",  # six seconds of probes
    "--min-write-seconds=1",
    "--heartbeat=2",
    "--valid-seconds=6",
    "--no-machine",  # all sites are this one machine, and it is busy with the demo
)
"""Measured and told about eight times as often as by default, so that nobody waits for a window to fill."""


@dataclass(frozen=True, slots=True)
class Account:
    """A service account of the product."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """Its name as the API server's audit log writes it."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


def script(name: str) -> Path:
    """A console script of the product, beside the Python that runs the demo.

    Raises:
        FileNotFoundError: The product is not installed there.
    """
    beside = Path(sys.executable).parent / name
    found = beside if beside.exists() else shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} is not installed beside {sys.executable}: run `make setup`")
    return Path(found)


def start(cluster: ControlPlane, name: str, command: list[str], environment: Mapping[str, str]) -> Process:
    """Start a program that the cluster's end also ends, with additions to its environment."""
    additions = [f"{key}={value}" for key, value in environment.items()]
    return cluster.run(name, Path("/usr/bin/env"), [*additions, *command])


def start_operator(cluster: ControlPlane, account: Account, settings: Mapping[str, str]) -> Process:
    """Start an operator, reaching the API server directly: it stands in the cloud."""
    kubeconfig = cluster.kubeconfig_for(account.namespace, account.name)
    return start(cluster, "operator", [str(script(OPERATOR))], {"KUBECONFIG": str(kubeconfig), **settings})


def agent_endpoints(places: tuple[Place, ...]) -> dict[str, str]:
    """Where each site's agent listens: an address of its own."""
    return {place.name: f"{agent_address(place.name)}:{free_ports(1)[0]}" for place in places}


def start_agent(cluster: ControlPlane, network: Network, account: Account, place: Place, endpoint: str) -> Process:
    """Start the agent of a site's first node: its token is bound to that node, its way to the API is the uplink."""
    node = place.nodes[0]
    kubeconfig = cluster.kubeconfig_for(
        account.namespace, account.name, server=network.uplinks[place.name].url, bound_node=node
    )
    peers = [f"--peer={site}={address}" for site, address in network.peers_of(place.name).items()]
    command = [str(script(AGENT)), f"--node-name={node}", f"--listen={endpoint}", *peers, *AGENT_FLAGS]
    return start(cluster, f"agent-{place.name}", command, {"KUBECONFIG": str(kubeconfig)})
