# SPDX-License-Identifier: Apache-2.0
"""The lab: a real control plane, real nodes and emulated links between their sites, on one machine.

```python
with Lab.start() as lab:
    lab.link("plant-7").set(delay_ms=80, jitter_ms=20, loss=2)
    lab.node("edge-1").reboot()
    lab.client("plant-7").run(["ping", "-c", "3", lab.node("edge-1").address])
```
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from localcluster import kubectl
from localcluster.binaries import ensure
from localcluster.catalogue import CONTROL_PLANE
from localcluster.components import Place
from localcluster.controlplane import ControlPlane
from localcluster.datafolder import DataFolder
from localcluster.errors import KubectlError
from localcluster.lab import cgroups, kubelet, requirements, runtime, topology
from localcluster.lab.addresses import Addresses, claim_octet
from localcluster.lab.client import Client
from localcluster.lab.errors import LabError, TopologyError
from localcluster.lab.machine import Machine
from localcluster.lab.network import Network
from localcluster.lab.node import Node
from localcluster.lab.topology import Topology
from localcluster.lab.uplink import Uplink

PROGRAMS = (*CONTROL_PLANE, "kubelet", "kube-proxy")
NOTE = "lab.json"
# A node takes about 10 s; a busy two-core machine with five of them several times that.
READY_SECONDS = 180.0
POLL_SECONDS = 0.25


Item = TypeVar("Item")
Host = TypeVar("Host", Node, Client)


class Lab:
    """A running lab. Make one with `Lab.start`, a context manager that stops it, or use one with `Lab.attach`.

    Attributes:
        folder: Where everything of it lies, logs included.
        topology: What it consists of.
        nodes: Its nodes by name.
        clients: Its client hosts by name.
        kubeconfig: The admin's way to the API server.
        control_plane: The control plane, for whom started the lab; None for whom attached to it.
    """

    def __init__(self, folder: Path, octet: int, plan: Topology, archives: Sequence[Path]) -> None:
        """Describe a lab; `start` makes it real."""
        self.folder, self.topology = folder, plan
        self.addresses = Addresses(octet, plan)
        self.branch = f"aiworkload-lab-{octet}"
        backbone = self._machine("backbone")
        self._network = Network(folder, backbone, self.addresses, device=f"aiwlab{octet}")
        parts = (self.addresses, self._network)
        self._archives = tuple(archives)
        self.nodes = {name: Node(self._machine(name), site, *parts, self._archives) for site, name in plan.nodes}
        self.clients = {name: Client(self._machine(name), site, *parts) for site, name in plan.clients}
        self.kubeconfig, self.kubectl_program = folder / "admin.kubeconfig", ensure(["kubectl"])["kubectl"]
        self.control_plane: ControlPlane | None = None

    @classmethod
    def start(
        cls,
        plan: Topology | None = None,
        *,
        archives: Sequence[Path] = (),
        data_dir: Path | None = None,
        extra_args: Mapping[str, Sequence[str]] | None = None,
        metrics_server: bool = False,
    ) -> Self:
        """Start a lab and wait until every node is Ready.

        Args:
            plan: What it consists of; default: the topology that comes with the lab.
            archives: Images that every node has from its first start on; far quicker than loading them into each.
            data_dir: Where its data live, which are kept; default: a temporary folder, removed at the end.
            extra_args: More flags by program of the control plane.
            metrics_server: Run metrics-server, which has the first figures some 20 s after the nodes are Ready.

        Raises:
            RequirementsError: This machine or this user cannot run a lab.
            LocalClusterError: Something did not start; the message ends with its log's tail.
        """
        requirements.check()
        requirements.allow_enough_watches()
        ensure(programs(metrics_server=metrics_server))
        data = DataFolder(data_dir)
        try:
            lab = cls(data.path, claim_octet(), plan or topology.read(), archives)
            lab._start_all(data, extra_args or {}, metrics_server=metrics_server)
        except BaseException:
            data.release()
            raise
        return lab

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """Use a lab that another process runs; it is not stopped by this one.

        Raises:
            LabError: No lab is ready in that folder.
        """
        try:
            note = json.loads((folder / NOTE).read_text())
        except (OSError, json.JSONDecodeError) as error:
            raise LabError(f"No lab is up in {folder}; start one with `make lab-up`.") from error
        archives = [Path(archive) for archive in note["archives"]]
        return cls(folder, note["octet"], topology.parse(note["topology"]), archives)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every machine and the control plane, and remove what is temporary. Idempotent; for whom started it."""
        for machine in self._machines:
            machine.power_off()
        if self.control_plane:
            self.control_plane.stop()

    def link(self, site: str) -> Uplink:
        """The uplink of a site.

        Raises:
            TopologyError: No site is called that.
        """
        return self._network.uplink(self.topology.site(site).name)

    def node(self, name: str) -> Node:
        """The node of that name.

        Raises:
            TopologyError: There is none.
        """
        return _named(self.nodes, name, "node")

    def client(self, where: str) -> Client:
        """The client host of that name, or the first one in the site of that name.

        Raises:
            TopologyError: There is none.
        """
        in_site = next((client for client in self.clients.values() if client.site.name == where), None)
        return in_site or _named(self.clients, where, "client host, and no site with one,")

    def load_image(self, archive: Path, nodes: Iterable[str] | None = None) -> None:
        """Load an image archive, docker's or OCI's, into nodes; default: into all that are on.

        Raises:
            LabError: A named node is off, or the archive was refused.
        """
        names = [node.name for node in self.nodes.values() if node.on] if nodes is None else list(nodes)
        _each(lambda name: self.node(name).load_image(archive), names)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as admin and return what it printed.

        Raises:
            KubectlError: It failed; the message holds its standard error.
        """
        return kubectl.run(self.kubectl_program, self.kubeconfig, *arguments, stdin=stdin)

    def wait_ready(self, *names: str, seconds: float = READY_SECONDS) -> None:
        """Wait until these nodes (default: all) have become Ready since they were last switched on.

        Raises:
            LabError: They have not in time; the message names them and their logs.
        """
        wanted, deadline = set(names or self.nodes), time.monotonic() + seconds
        while missing := wanted - self._ready():
            if time.monotonic() > deadline:
                raise LabError(
                    f"Not Ready within {seconds:.0f} s: {', '.join(sorted(missing))}. "
                    f"Their logs are {self.folder / 'logs'}/NODE-kubelet.log and NODE-containerd.log."
                )
            time.sleep(POLL_SECONDS)

    @property
    def running(self) -> bool:
        """Whether its network still stands, without which nothing of it does."""
        return self._network.backbone.on

    @property
    def _machines(self) -> list[Machine]:
        return [*(host.machine for host in self._hosts), self._network.backbone]

    @property
    def _hosts(self) -> list[Node | Client]:
        return [*self.clients.values(), *self.nodes.values()]

    def reap(self) -> None:
        """Take note of programs that ended, so that the kernel forgets them."""
        for machine in self._machines:
            machine.reap()

    def _machine(self, name: str) -> Machine:
        return Machine(name, self.folder, branch=self.branch)

    def _ready(self) -> set[str]:
        try:
            listed = json.loads(self.kubectl("get", "nodes", "--output=json"))["items"]
        except KubectlError:  # an API server that is away for a moment
            return set()
        return {
            item["metadata"]["name"]
            for item in listed
            if item["status"]["nodeInfo"]["bootID"] == self.node(item["metadata"]["name"]).machine.boot_id
            and any(found["type"] == "Ready" and found["status"] == "True" for found in item["status"]["conditions"])
        }

    def _start_all(self, data: DataFolder, extra_args: Mapping[str, Sequence[str]], *, metrics_server: bool) -> None:
        if (self.folder / NOTE).exists():
            raise LabError(f"{self.folder} holds an old lab, which cannot go on; remove it, or name another folder.")
        cgroups.note(self.folder, self.branch)
        runtime.prepare(self._archives)
        self._network.start()
        place = Place(self.addresses.control_plane.ip, self.addresses.services)
        self.control_plane = ControlPlane.start(data, place=place, extra_args=extra_args, metrics_server=metrics_server)
        for node in self.nodes.values():
            kubelet.issue_credentials(self.control_plane, node.machine, node.address)
        _each(lambda host: host.start(), self._hosts)
        self.wait_ready()
        note = {"octet": self.addresses.octet, "topology": topology.dump(self.topology)}
        (self.folder / NOTE).write_text(json.dumps({**note, "archives": [str(path) for path in self._archives]}))


def programs(*, metrics_server: bool = False) -> list[str]:
    """What a lab runs of `localcluster.catalogue`."""
    return [*PROGRAMS, *(["metrics-server"] if metrics_server else [])]


def _each(act: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Do something with each at the same time; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        for done in [pool.submit(act, item) for item in items]:
            done.result()


def _named(hosts: Mapping[str, Host], name: str, kind: str) -> Host:
    if name not in hosts:
        raise TopologyError(f"No {kind} is called {name!r}; there are {', '.join(hosts)}.")
    return hosts[name]
