# SPDX-License-Identifier: Apache-2.0
"""What a lab needs of the machine and of its user, told in one sentence before anything is started."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from localcluster.datafolder import temporary_root
from localcluster.folders import cache_folder, state_folder
from localcluster.lab import runtime
from localcluster.lab.errors import RequirementsError

# Debian's package of each program that is called; its other programs come along.
PACKAGES = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "ip": "iproute2",
    "vde_switch": "vde2",
    "wirefilter": "vde2",
    "nft": "nftables",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ping": "iputils-ping",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
}
# Of programs that only the tests of the lab call: to ask and to look, for an image of a few files, for the product's.
TEST_PACKAGES = {"curl": "curl", "pgrep": "procps", "busybox": "busybox-static", "debootstrap": "debootstrap"}
PLUGINS_PACKAGE = "containernetworking-plugins"
REFUSE = "LAB_INSTALL"
# Tried in namespaces of their own, so that trying leaves nothing.
PROBES = {
    "network namespaces and process namespaces": "true",
    "virtual network pairs (CONFIG_VETH)": "ip link add one type veth peer name two",
    "network bridges (CONFIG_BRIDGE)": "ip link add one type bridge",
    "tap devices (CONFIG_TUN, /dev/net/tun)": "ip tuntap add dev one mode tap",
    "nftables with address translation (CONFIG_NF_TABLES, CONFIG_NFT_NAT)": (
        "nft 'add table ip one; add chain ip one nat { type nat hook prerouting priority -100; }; "
        "add rule ip one nat tcp dport 80 dnat to 10.0.0.1:80'"
    ),
    "overlay file systems (CONFIG_OVERLAY_FS)": "grep -qw overlay /proc/filesystems || modprobe overlay",
}
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
# A dozen default labs. An instance that nobody takes costs nothing. Ours.
ENOUGH_INOTIFY = 1024
# The machines of the lab have these folders for themselves.
HIDDEN = (Path("/var"), Path("/run"))


def missing_packages(*, for_tests: bool = False) -> list[str]:
    """Names of Debian packages whose programs are not found, sorted; `for_tests`: those of the lab's tests too."""
    wanted = PACKAGES | (TEST_PACKAGES if for_tests else {})
    packages = {package for program, package in wanted.items() if shutil.which(program) is None}
    return sorted(packages | ({PLUGINS_PACKAGE} if runtime.plugins() is None else set()))


def obstacle(*, for_tests: bool = False) -> str | None:
    """One sentence on why no lab, or with `for_tests` no test of it, can run here, or None when one can."""
    if sys.platform != "linux":
        return "The lab runs on Linux only: it is made of namespaces and control groups."
    if os.geteuid() != 0:
        return "The lab needs root (it makes namespaces, network devices and containers); run it as root or with sudo."
    packages = missing_packages(for_tests=for_tests)
    if packages:
        return f"The lab needs packages that are not installed: apt-get install {' '.join(packages)}"
    hidden = next((path for path in _own_folders() if any(path.is_relative_to(above) for above in HIDDEN)), None)
    if hidden:
        return f"{hidden} cannot be seen by the lab's machines, which have a /var and a /run of their own; move it."
    return _missing_feature()


def check() -> None:
    """Refuse to go on where no lab can run.

    Raises:
        RequirementsError: With the sentence of `obstacle`.
    """
    found = obstacle()
    if found:
        raise RequirementsError(found)


def install(*, for_tests: bool = False) -> None:
    """Install missing packages by apt-get where there is one and this is root, unless LAB_INSTALL=0 says not to.

    Raises:
        RequirementsError: apt-get failed; the message holds what it said.
    """
    packages = missing_packages(for_tests=for_tests)
    allowed = os.environ.get(REFUSE, "1") != "0" and os.geteuid() == 0 and shutil.which("apt-get")
    if not packages or not allowed:
        return
    print(f"installing {' '.join(packages)} by apt-get ({REFUSE}=0 refuses)", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        answer = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise RequirementsError(f"`apt-get {' '.join(command)}` failed: {answer.stderr.strip()}")


def allow_enough_watches() -> None:
    """Raise the kernel's limit of inotify instances a user where it is too low for a few labs; it stays until a reboot.

    A node takes about eight, and the kernel's default of 128 is for all of root's: a fourth lab's containerd would
    start without its Kubernetes half, and its nodes never become Ready.
    """
    limit = int(INOTIFY.read_text())
    if limit < ENOUGH_INOTIFY:
        print(f"raising {INOTIFY} from {limit} to {ENOUGH_INOTIFY} until the next reboot", file=sys.stderr, flush=True)
        INOTIFY.write_text(str(ENOUGH_INOTIFY))


def _missing_feature() -> str | None:
    if not Path("/dev/net/tun").exists():
        return "The lab needs tap devices, and this machine has no /dev/net/tun."
    for feature, probe in PROBES.items():
        command = ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "sh", "-c", probe]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            return f"The lab needs {feature}, which this kernel or container refuses: {answer.stderr.strip()}"
    return None


def _own_folders() -> list[Path]:
    return [Path(__file__).resolve(), cache_folder().resolve(), temporary_root().resolve(), state_folder().resolve()]
