# SPDX-License-Identifier: Apache-2.0
"""The container runtime of one node: Debian's containerd with runc and the plain CNI plugins, where it always is."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from localcluster import images
from localcluster.images.static_pause import NAME as PAUSE
from localcluster.lab import store
from localcluster.lab.machine import Machine
from localcluster.process import Process

ROOT = Path("/var/lib/containerd")
SOCKET = "/run/containerd/containerd.sock"
READY_SECONDS = 60.0
# restrict_oom_score_adj: a machine of the lab may not lower what its own processes have.
CONFIG = """version = 2
root = "{root}"
state = "/run/containerd"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "/var/lib/cni/conf"
"""
# Where distributions put the CNI plugins; the second is the projects' own packages' place.
PLUGIN_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))


def plugins() -> Path | None:
    """The folder of the CNI plugins, or None where there is none."""
    return next((folder for folder in PLUGIN_FOLDERS if (folder / "bridge").exists()), None)


def prepare(archives: Sequence[Path]) -> None:
    """Make what nodes that begin with these images share, when it is not in the cache.

    Raises:
        LabError: An archive was refused.
    """
    store.filled(_all(archives))


def start(machine: Machine, *, pods: str, everything: str, archives: Sequence[Path]) -> Process:
    """Start containerd on a machine, with the pause image and one network for its pods, and wait until it serves.

    Args:
        machine: A machine that is on.
        pods: The network of this node's pods.
        everything: The network of all hosts, pods and Services, which pods reach by their own addresses.
        archives: The images that a machine with an empty disk begins with.

    Raises:
        StartError: It did not become ready; the message ends with its log's tail.
        LabError: An archive was refused.
    """
    if not (disk := machine.folder / "var" / ROOT.relative_to("/var")).exists():
        store.furnish(disk, _all(archives))
    _write(machine, "lib/cni/conf/10-pods.conflist", json.dumps(_pod_network(pods, everything)))
    config = CONFIG.format(root=ROOT, socket=SOCKET, pause=PAUSE, plugins=plugins())
    config_file = _write(machine, "lib/containerd.toml", config)
    process = machine.keep("containerd", ["containerd", "--config", config_file])
    process.wait_until(lambda: _ctr(machine, "version").returncode == 0, seconds=READY_SECONDS)
    return process


def load_image(machine: Machine, archive: Path) -> None:
    """Load an image archive (docker's or OCI's) into a node's containerd, for pods with `imagePullPolicy: Never`.

    Raises:
        LabError: containerd refused it.
    """
    machine.run(["ctr", "--namespace=k8s.io", "images", "import", archive], timeout=store.IMPORT_SECONDS)


def _all(archives: Sequence[Path]) -> list[Path]:
    return [images.pause(), *archives]


def _ctr(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    return machine.run(["ctr", *arguments], check=False)


def _pod_network(pods: str, everything: str) -> dict[str, object]:
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": pods}]], "routes": [{"dst": everything}]},
    }
    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}],
    }


def _write(machine: Machine, path: str, content: str) -> Path:
    file = machine.folder / "var" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return Path("/var") / path
