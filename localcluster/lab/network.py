# SPDX-License-Identifier: Apache-2.0
"""The wires between the lab's machines: a bridge a site, and an emulated uplink from each to one core switch.

All of it lies in the network namespace of one machine of its own, the backbone, so that its devices are gone when that
machine is. Only the control plane's own device lies in this machine's namespace, and it goes with its other end.

Hosts of one site find each other by ARP, as in life. Those of other sites are behind what would be routers in life:
their hardware addresses are given, so that a cut is silence and not "no route to host".
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from localcluster.lab.addresses import Address, Addresses
from localcluster.lab.errors import LabError
from localcluster.lab.machine import Machine
from localcluster.lab.topology import Site
from localcluster.lab.uplink import Uplink

DEVICE = "eth0"
# On the backbone, since a socket's path may not be longer than 107 characters, and the lab's folder has any length.
SOCKETS = Path("/run/wires")
# On a machine of two cores with a load of 8 this brought a wire's 95th percentile from 18 ms above its setting to 2.
FIRST = ("nice", "-n", "-20")
# No site can be called this.
CORE = "_core"
# vde_switch and wirefilter make their devices and sockets a moment after they return.
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.02


class Network:
    """The lab's network, kept by the backbone machine."""

    def __init__(self, lab: Path, backbone: Machine, addresses: Addresses, *, device: str) -> None:
        """Describe a network.

        Args:
            lab: The lab's data folder.
            backbone: The machine that holds the switches.
            addresses: Who has which address.
            device: What the control plane's device is called on this machine; at most 15 characters.
        """
        self.backbone, self._addresses, self._device = backbone, addresses, device
        self._notes = lab / "network"

    def uplink(self, site: str) -> Uplink:
        """The uplink of a site."""
        return Uplink(site, self._notes, wire_of=lambda: self.backbone.seen_from_here(self._wire(site)))

    def start(self) -> None:
        """Switch the backbone on, join the sites by their wires, and put the control plane into its site's network.

        Raises:
            LabError: A switch or a device did not come up, or the addresses are taken.
        """
        self._notes.mkdir(mode=0o700, exist_ok=True)
        self.backbone.power_on()
        self.backbone.run(["mkdir", SOCKETS])
        self.backbone.run(["sh", "-c", "f=/proc/sys/net/bridge/bridge-nf-call-iptables; [ ! -f $f ] || echo 0 >$f"])
        core = self._switch(CORE)
        self.backbone.run([*FIRST, "vde_switch", "--daemon", "-s", core, "--numports", "128"])
        self._wait_for(core / "ctl", "the core switch")
        for number, site in enumerate(self._addresses.topology.sites):
            self._build_site(number, site)
        self._attach_control_plane()

    def plug_in(self, machine: Machine) -> None:
        """Give a machine that was just switched on its network device, address and routes."""
        address = self._addresses.hosts[machine.name]
        _, _, third, fourth = address.ip.split(".")
        plug = f"host{third}-{fourth}"
        # What a machine that was switched off a moment ago had is still being taken down by the kernel.
        self.backbone.run(["ip", "link", "delete", plug], check=False)
        _ip(f"link add {plug} netns {self.backbone.pid} type veth peer name {DEVICE} netns {machine.pid}")
        self.backbone.run(["ip", "link", "set", plug, "master", self._bridge(address.site), "up"])
        machine.run(["ip", "-batch", "-"], stdin="\n".join(self._settings_of(address, DEVICE)))

    def _build_site(self, number: int, site: Site) -> None:
        tap, bridge, switch = f"tap{number}", self._bridge(site.name), self._switch(site.name)
        self.backbone.run([*FIRST, "vde_switch", "--daemon", "-s", switch, "-t", tap])
        self._wait_for(switch / "ctl", f"the switch of {site.name}")
        self._wait(lambda: self._has(tap), f"the device of {site.name}")
        for words in (
            f"add {bridge} type bridge mcast_snooping 0",
            f"set {tap} master {bridge} up",
            f"set {bridge} up",
        ):
            self.backbone.run(["ip", "link", *words.split()])
        ends = f"{switch}:{self._switch(CORE)}"
        self.backbone.run([*FIRST, "wirefilter", "--daemon", "-M", self._wire(site.name), "-v", ends])
        self._wait_for(self._wire(site.name), f"the wire of {site.name}")
        self.uplink(site.name).begin(site.link)

    def _attach_control_plane(self) -> None:
        own = self._addresses.control_plane
        _ip(f"link add {self._device} type veth peer name control netns {self.backbone.pid}")
        self.backbone.run(["ip", "link", "set", "control", "master", self._bridge(own.site), "up"])
        for line in self._settings_of(own, self._device):
            _ip(line)

    def _settings_of(self, own: Address, device: str) -> Iterator[str]:
        """The `ip` commands that make a device that of a host."""
        others = [*self._addresses.hosts.values(), self._addresses.control_plane]
        yield f"link set {device} addrgenmode none"
        yield f"link set {device} address {own.mac} up"
        yield f"address add {own.ip}/{self._addresses.prefix} dev {device}"
        for other in others:
            if other.site != own.site:
                yield f"neighbour replace {other.ip} lladdr {other.mac} dev {device} nud permanent"
        for node, network in self._addresses.pod_networks.items():
            via = self._addresses.hosts[node].ip
            if via != own.ip:
                yield f"route add {network} via {via} dev {device}"
        gateway = self._addresses.service_gateway(own)
        # On a node kube-proxy puts another address in the place of a Service's, but only of what has some way to go.
        way = f"via {gateway} dev {device}" if gateway else f"dev {device} scope link"
        yield f"route add {self._addresses.services} {way}"

    def _bridge(self, site: str) -> str:
        return f"site{[found.name for found in self._addresses.topology.sites].index(site)}"

    def _switch(self, name: str) -> Path:
        return SOCKETS / f"{name}.switch"

    def _wire(self, site: str) -> Path:
        return SOCKETS / f"{site}.wire"

    def _has(self, device: str) -> bool:
        return self.backbone.run(["ip", "link", "show", device], check=False).returncode == 0

    def _wait_for(self, socket: Path, what: str) -> None:
        self._wait(self.backbone.seen_from_here(socket).exists, what)

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not ready():
            if time.monotonic() > deadline:
                raise LabError(f"Within {WAIT_SECONDS:.0f} s there was nothing to be seen of {what}.")
            time.sleep(POLL_SECONDS)


def _ip(words: str) -> None:
    answer = subprocess.run(["ip", *words.split()], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise LabError(f"`ip {words}` failed: {answer.stderr.strip()}")
