# SPDX-License-Identifier: Apache-2.0
"""Who has which address. A lab lives in one /16 of 10.0.0.0/8, chosen so that this machine does not use it yet.

Of 10.A.0.0/16 the hosts have the first quarter, a /24 a site; pods the second, a /24 a node; Services the upper half.
"""

import fcntl
import ipaddress
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import IO

from localcluster.datafolder import temporary_root
from localcluster.lab.errors import LabError
from localcluster.lab.topology import Topology

# Above 10.96 and 10.10x, where Docker, kubeadm and cloud networks put theirs; the top is left to home routers.
FIRST, LAST = 140, 250
# What this process has claimed: against itself a file lock is no lock.
_CLAIMED: set[int] = set()
FIRST_NODE, FIRST_CLIENT = 10, 190
PODS_FROM = 64


@dataclass(frozen=True, slots=True)
class Address:
    """Where a host is in its site's network."""

    ip: str
    mac: str
    site: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one lab: `octet` is the A of 10.A.0.0/16."""

    octet: int
    topology: Topology

    @property
    def whole(self) -> str:
        """The network that holds everything of this lab."""
        return f"10.{self.octet}.0.0/16"

    @property
    def prefix(self) -> int:
        """Length of the network that all hosts are in."""
        return 18

    @property
    def pods(self) -> str:
        """The network that holds all pods."""
        return f"10.{self.octet}.{PODS_FROM}.0/18"

    @property
    def services(self) -> str:
        """The network that holds all Services."""
        return f"10.{self.octet}.128.0/17"

    @property
    def cluster_dns(self) -> str:
        """Where a DNS server would answer if somebody started one as a Service."""
        return str(ipaddress.ip_network(self.services)[10])

    @property
    def control_plane(self) -> Address:
        """The control plane's own host, in its site's network."""
        return self._address(self.topology.control_plane, 1)

    @property
    def hosts(self) -> dict[str, Address]:
        """Every node's and every client host's address by name."""
        found = {}
        for site in self.topology.sites:
            for first, names in ((FIRST_NODE, site.nodes), (FIRST_CLIENT, site.clients)):
                found.update({name: self._address(site.name, first + at) for at, name in enumerate(names)})
        return found

    @property
    def pod_networks(self) -> dict[str, str]:
        """Every node's pod network by the node's name."""
        names = [name for _, name in self.topology.nodes]
        return {name: f"10.{self.octet}.{PODS_FROM + at}.0/24" for at, name in enumerate(names)}

    def service_gateway(self, host: Address) -> str | None:
        """Whom a host that is no node sends what is meant for a Service: a node of its site, else the first of all.

        None for a node, which finds Services by itself, and where there is no node.
        """
        nodes = [self.hosts[name] for _, name in self.topology.nodes]
        if host in nodes:
            return None
        near = [node.ip for node in nodes if node.site == host.site] or [node.ip for node in nodes]
        return near[0] if near else None

    def _address(self, site: str, host: int) -> Address:
        third = next(at for at, found in enumerate(self.topology.sites, start=1) if found.name == site)
        return Address(f"10.{self.octet}.{third}.{host}", f"02:00:0a:{self.octet:02x}:{third:02x}:{host:02x}", site)


def claim_octet() -> int:
    """A network that this machine has no route into and that no other lab is about to take.

    The claim holds until this process ends: a lab that starts at the same moment has no route yet to be seen by.

    Raises:
        LabError: None is left.
    """
    answer = subprocess.run(["ip", "-4", "route", "show"], capture_output=True, text=True, check=True)
    taken = [
        ipaddress.ip_network(line.split()[0], strict=False) for line in answer.stdout.splitlines() if _routes(line)
    ]
    for octet in range(FIRST, LAST + 1):
        network = ipaddress.ip_network(f"10.{octet}.0.0/16")
        if not any(found.overlaps(network) for found in taken) and _claim(octet):
            return octet
    raise LabError(f"This machine uses every network from 10.{FIRST} to 10.{LAST}; stop another lab first.")


def _claim(octet: int) -> bool:
    if octet in _CLAIMED:
        return False
    try:
        # The byte of this number in the file stands for the network.
        fcntl.lockf(_ledger(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, octet)
    except OSError:
        return False
    _CLAIMED.add(octet)
    return True


@cache
def _ledger() -> IO[str]:
    """The file whose bytes stand for networks. Never closed: closing it would drop every claim of this process."""
    return (temporary_root() / ".networks").open("a+")


def _routes(line: str) -> bool:
    return bool(line) and line[0].isdigit()
