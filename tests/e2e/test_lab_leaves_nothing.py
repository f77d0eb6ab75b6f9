# SPDX-License-Identifier: Apache-2.0
"""Nothing of a lab is left on the machine, however its owner ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from localcluster import reaper
from localcluster.datafolder import clean_leftovers
from localcluster.lab import cgroups
from tests.waiting import eventually

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
OWNER = """
import signal, sys
from localcluster.lab import Lab, topology
cloud = {"name": "cloud", "nodes": ["cloud-1"]}
plant = {"name": "plant-7", "nodes": ["edge-1"], "clients": ["client-7"]}
with Lab.start(topology.parse({"sites": [cloud, plant]}), metrics_server=True) as lab:
    print(lab.folder, lab.branch, flush=True)
    sys.stdin.read()
"""
# What a kubelet sets on a machine of its own.
SETTINGS = ("kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory", "net/ipv4/ip_forward")


@dataclass(frozen=True)
class Machine:
    """What of this machine a lab touches, or might."""

    namespaces: frozenset[str]
    devices: frozenset[str]
    routes: frozenset[str]
    neighbours: frozenset[str]
    control_groups: frozenset[str]
    mounts: frozenset[str]
    nft_rules: frozenset[str]
    iptables_rules: frozenset[str]
    kernel_settings: frozenset[str]

    @classmethod
    def now(cls) -> "Machine":
        """As it is at this moment."""
        settings = {name: Path("/proc/sys", name).read_text() for name in SETTINGS}
        return cls(
            namespaces=frozenset(_namespaces()),
            devices=frozenset(path.name for path in Path("/sys/class/net").iterdir()),
            routes=_said("ip", "route"),
            neighbours=_said("ip", "neighbour", "show", "nud", "permanent"),
            control_groups=frozenset(_labs_groups()),
            mounts=frozenset(Path("/proc/self/mounts").read_text().splitlines()),
            nft_rules=_said("nft", "list", "ruleset"),
            iptables_rules=_said("iptables", "--list-rules"),
            kernel_settings=frozenset(f"{name}={value}" for name, value in settings.items()),
        )

    def gained(self, before: "Machine") -> dict[str, frozenset[str]]:
        """What is there now and was not before, by kind."""
        kinds = [found.name for found in fields(self)]
        more = {kind: getattr(self, kind) - getattr(before, kind) for kind in kinds}
        return {kind: found for kind, found in more.items() if found}


# Of these each lab has its own, by its name, and the machine may run several. Of the rest no lab has any.
OWN = ("namespaces", "devices", "routes", "neighbours", "control_groups")


def of_lab(branch: str, before: Machine) -> dict[str, set[str]]:
    """What is there now and was not before, by kind, without what bears the name of another lab."""
    device = branch.replace("aiworkload-lab-", "aiwlab")
    gained = Machine.now().gained(before)
    named = {
        kind: {entry for entry in found if kind not in OWN or branch in entry or device in entry.split()}
        for kind, found in gained.items()
    }
    return {kind: found for kind, found in named.items() if found}


@dataclass(frozen=True)
class Owner:
    """A process that runs a lab, and what it said of it."""

    process: subprocess.Popen[str]
    folder: Path

    def end_well(self) -> None:
        """Leave the `with` block."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def be_killed(self) -> None:
        """What an out-of-memory kill does: no word of farewell."""
        self.process.send_signal(signal.SIGKILL)

    def be_killed_with_the_reaper(self) -> None:
        """The worst: nobody is left who could clean up, until somebody comes along."""
        wanted = f"\0{self.folder}\0remove\0".encode()
        [found] = [path for path in Path("/proc").glob("[0-9]*/cmdline") if wanted in path.read_bytes()]
        os.kill(int(found.parent.name), signal.SIGKILL)
        self.be_killed()
        self.process.wait(30)
        assert reaper.marked(self.folder), "the machines of the lab live on"
        clean_leftovers()


@pytest.mark.parametrize("end", [Owner.end_well, Owner.be_killed, Owner.be_killed_with_the_reaper])
def test_a_lab_that_ended_has_left_nothing(end: Callable[[Owner], None]) -> None:
    before = Machine.now()
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        folder, branch = process.stdout.readline().split()
        assert set(of_lab(branch, before)) == set(OWN), "the count sees a lab, and that it changes nothing else"
        end(Owner(process, Path(folder)))
        process.wait(60)
    eventually(lambda: not reaper.marked(Path(folder)), "every process has ended", seconds=30)
    eventually(lambda: not Path(folder).exists(), "the data folder is removed", seconds=60)
    eventually(lambda: not of_lab(branch, before), f"nothing is left of {branch}", seconds=30)
    assert cgroups.branches(branch) == []


def _namespaces() -> list[str]:
    """Every namespace in which a process of a lab lives, with the lab's name."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            lab = re.search(r"aiworkload-lab-\d+\b", (process / "cgroup").read_text())
            links = [str((process / "ns" / kind).readlink()) for kind in ("net", "mnt", "pid", "uts", "ipc", "cgroup")]
        except OSError:  # it ended meanwhile
            continue
        found += [f"{link} of {lab[0]}" for link in links if lab]
    return found


def _labs_groups() -> list[str]:
    return [str(path) for hierarchy in cgroups.hierarchies() for path in hierarchy.at.glob("aiworkload-lab-*")]


def _said(*command: str) -> frozenset[str]:
    return frozenset(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())
