# SPDX-License-Identifier: Apache-2.0
"""A node: a machine with a container runtime, a kubelet and a kube-proxy, whose power a test can cut."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from localcluster.lab import kubelet, runtime
from localcluster.lab.addresses import Addresses
from localcluster.lab.machine import Machine
from localcluster.lab.network import Network
from localcluster.lab.topology import Site


class Node:
    """One node of a site. Everything it needs to start again lies on its disk."""

    def __init__(
        self, machine: Machine, site: Site, addresses: Addresses, network: Network, archives: Sequence[Path]
    ) -> None:
        """Describe a node; `start` makes it real, with the images of these archives on an empty disk."""
        self.machine, self.site, self._archives = machine, site, archives
        self._addresses, self._network = addresses, network
        self.name = machine.name
        self.address = addresses.hosts[machine.name].ip

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels it registers with: where it is."""
        named = {kubelet.TIER: self.site.tier.lower(), kubelet.ZONE: self.site.name, kubelet.REGION: self.site.region}
        return {key: value for key, value in named.items() if value}

    @property
    def on(self) -> bool:
        """Whether it is switched on."""
        return self.machine.on

    def start(self) -> None:
        """Switch it on and start its programs; the Node is Ready some seconds later. On already: nothing happens.

        Raises:
            LocalClusterError: It did not boot, or its container runtime did not become ready.
        """
        if self.on:
            return
        self.machine.power_on()
        self._network.plug_in(self.machine)
        # A machine's pods are part of its own network, so what arrives for them is passed on.
        self.machine.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])
        runtime.start(
            self.machine,
            pods=self._addresses.pod_networks[self.name],
            everything=self._addresses.whole,
            archives=self._archives,
        )
        kubelet.start_kubelet(self.machine, self._addresses, self.labels)
        kubelet.start_proxy(self.machine, self._addresses)

    def stop(self) -> None:
        """Cut its power: kubelet, containerd and all containers end at once, nobody is told. Off: nothing happens."""
        self.machine.power_off()

    def reboot(self) -> None:
        """Cut its power and give it back; containers are gone, images and the disk are kept."""
        self.stop()
        self.start()

    def replace(self) -> None:
        """Put a new machine in its place: the same name, address and credentials, an empty disk. It stays off.

        Images that were loaded later than the first start must be loaded again.
        """
        self.stop()
        self.machine.wipe()

    def load_image(self, archive: Path) -> None:
        """Load an image archive, docker's or OCI's, for pods with `imagePullPolicy: Never`.

        Raises:
            LabError: It is off, or containerd refused the archive.
        """
        runtime.load_image(self.machine, archive)

    def run(self, command: Sequence[str | Path], *, timeout: float | None = 60.0) -> str:
        """Run a command on it and return what it printed.

        Raises:
            LabError: It is off, or the command failed.
        """
        return self.machine.run(command, timeout=timeout).stdout
