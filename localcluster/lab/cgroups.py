# SPDX-License-Identifier: Apache-2.0
"""Control groups of the lab's machines: one branch a lab, one twig a machine, in every hierarchy of this kernel.

Inside a machine its twig is the root of what is seen, so that a node's figures are its own and everything that its
container runtime makes is below the twig, where it is found and removed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from localcluster.reaper import CGROUPS_NOTE

# Options that name no hierarchy; the kernel sets them for the whole of it.
GENERAL = ("rw", "ro", "seclabel", "xattr", "nsdelegate", "memory_recursiveprot", "clone_children")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted hierarchy: where, of which type (`cgroup` or `cgroup2`), with which controllers as its options."""

    at: Path
    kind: str
    options: str

    @property
    def mount(self) -> str:
        """What `boot.sh` takes to mount it anew."""
        return f"{self.at}={self.kind}:{self.options or 'rw'}"


def hierarchies() -> list[Hierarchy]:
    """Those that are mounted on this machine."""
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [
        Hierarchy(Path(fields[1]), fields[2], ",".join(_naming(fields[3])))
        for fields in lines
        if fields[2] in {"cgroup", "cgroup2"}
    ]


def create(branch: str, machine: str) -> None:
    """Make a machine's control groups where they are not there yet."""
    for hierarchy in hierarchies():
        folder = hierarchy.at
        for part in (branch, machine):
            _hand_down(folder)
            folder /= part
            folder.mkdir(exist_ok=True)
            _inherit_cpus(folder)


def doors(branch: str, machine: str) -> list[Path]:
    """The files that take the ids of the processes to put into a machine's control groups."""
    twigs = (hierarchy.at / branch / machine for hierarchy in hierarchies())
    # `boot.sh` makes `init` where a group with groups below it can hold no process.
    return [(twig / "init" if (twig / "init").exists() else twig) / "cgroup.procs" for twig in twigs]


def branches(branch: str) -> list[Path]:
    """The lab's branches that exist."""
    return [path for hierarchy in hierarchies() if (path := hierarchy.at / branch).is_dir()]


def note(lab: Path, branch: str) -> None:
    """Tell the lab's reaper what to remove, before anything is made."""
    lines = [f"{hierarchy.at / branch}\n" for hierarchy in hierarchies()]
    (lab / CGROUPS_NOTE).write_text("".join(lines))


def _naming(options: str) -> Iterator[str]:
    return (option for option in options.split(",") if option not in GENERAL and not option.startswith("release_agent"))


def _hand_down(folder: Path) -> None:
    controllers = folder / "cgroup.controllers"
    if controllers.exists() and (named := controllers.read_text().split()):
        (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in named))


def _inherit_cpus(folder: Path) -> None:
    # A new group of the first version's cpuset controller has no processors, and takes no process until it has.
    for name in ("cpuset.cpus", "cpuset.mems"):
        file = folder / name
        if file.exists() and not file.read_text().strip():
            file.write_text((folder.parent / name).read_text())
