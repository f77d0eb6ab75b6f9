# SPDX-License-Identifier: Apache-2.0
"""A host in a site's network that is no node: what sends requests. Services answer it as they answer a pod."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from localcluster.lab.addresses import Addresses
from localcluster.lab.machine import Machine
from localcluster.lab.network import Network
from localcluster.lab.topology import Site


class Client:
    """One client host. It sees the files and programs of the machine below; only its network is its own."""

    def __init__(self, machine: Machine, site: Site, addresses: Addresses, network: Network) -> None:
        """Describe a client host; `start` makes it real."""
        self.machine, self.site, self._network = machine, site, network
        self.name = machine.name
        self.address = addresses.hosts[machine.name].ip

    def start(self) -> None:
        """Switch it on. On already: nothing happens."""
        if not self.machine.on:
            self.machine.power_on()
            self._network.plug_in(self.machine)

    def run(
        self, command: Sequence[str | Path], *, timeout: float | None = 60.0, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on it and wait for its end; see `Machine.run`."""
        return self.machine.run(command, timeout=timeout, check=check)

    def popen(self, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Start a command on it whose output the caller reads, such as a loop of requests."""
        return self.machine.popen(command)
