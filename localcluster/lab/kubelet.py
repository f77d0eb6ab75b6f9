# SPDX-License-Identifier: Apache-2.0
"""The two Kubernetes programs of one node, kubelet and kube-proxy: what each is told, and why where it is not plain."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcluster.binaries import ensure
from localcluster.controlplane import ControlPlane
from localcluster.kubeconfig import by_certificate, write
from localcluster.lab.addresses import Addresses
from localcluster.lab.machine import Machine
from localcluster.lab.runtime import SOCKET
from localcluster.pki import KeyPair
from localcluster.process import Process

REGION, ZONE, TIER = "topology.kubernetes.io/region", "topology.kubernetes.io/zone", "aiworkload.dev/tier"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the programs of one node reach the API server, as who."""

    ca: Path
    kubelet: Path
    proxy: Path
    serving: KeyPair

    @classmethod
    def of(cls, machine: Machine) -> "Credentials":
        """Where a node's credentials are."""
        folder = machine.folder
        serving = KeyPair(folder / "kubelet.crt", folder / "kubelet.key")
        return cls(folder / "ca.crt", folder / "kubelet.kubeconfig", folder / "kube-proxy.kubeconfig", serving)


def issue_credentials(cluster: ControlPlane, machine: Machine, address: str) -> None:
    """Give a node the certificates that it keeps on its disk; its kubelet serves at that address."""
    own, authority = Credentials.of(machine), cluster.authority
    machine.folder.mkdir(parents=True, exist_ok=True)
    own.ca.write_bytes(cluster.ca_file.read_bytes())
    node = authority.issue(
        f"kubelet-{machine.name}",
        user=f"system:node:{machine.name}",
        groups=["system:nodes"],
        names=[machine.name],
        addresses=[address],
    )
    proxy = authority.issue(f"kube-proxy-{machine.name}", user="system:kube-proxy")
    # Good for both ends of a connection: metrics-server checks what the kubelet shows it.
    shutil.copy(node.certificate, own.serving.certificate)
    shutil.copy(node.key, own.serving.key)
    for path, files in ((own.kubelet, node), (own.proxy, proxy)):
        write(path, server=cluster.url, ca_file=own.ca, user=by_certificate(files))


def start_kubelet(machine: Machine, addresses: Addresses, labels: Mapping[str, str]) -> Process:
    """Start a node's kubelet; it registers the Node with these labels."""
    own, config = Credentials.of(machine), machine.folder / "kubelet.json"
    config.write_text(json.dumps(_kubelet(own, addresses), indent=1))
    arguments = [
        f"--config={config}",
        f"--kubeconfig={own.kubelet}",
        f"--hostname-override={machine.name}",
        f"--node-ip={addresses.hosts[machine.name].ip}",
        f"--node-labels={','.join(f'{key}={value}' for key, value in labels.items() if value)}",
    ]
    return machine.keep("kubelet", [ensure(["kubelet"])["kubelet"], *arguments])


def start_proxy(machine: Machine, addresses: Addresses) -> Process:
    """Start a node's kube-proxy."""
    arguments = [
        f"--kubeconfig={Credentials.of(machine).proxy}",
        f"--hostname-override={machine.name}",
        "--proxy-mode=nftables",
        # What comes from no pod is masqueraded on its way to a Service, so that answers find the way back.
        f"--cluster-cidr={addresses.pods}",
        # The kernel below has one limit for all machines of the lab, which is not theirs to set.
        "--conntrack-max-per-core=0",
    ]
    return machine.keep("kube-proxy", [ensure(["kube-proxy"])["kube-proxy"], *arguments])


def _kubelet(own: Credentials, addresses: Addresses) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"x509": {"clientCAFile": str(own.ca)}, "webhook": {"enabled": True}},
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(own.serving.certificate),
        "tlsPrivateKeyFile": str(own.serving.key),
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "clusterDNS": [addresses.cluster_dns],
        "clusterDomain": "cluster.local",
        "resolvConf": "",
        "cgroupDriver": "cgroupfs",
        # The first version of control groups is what this machine may have.
        "failCgroupV1": False,
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "localStorageCapacityIsolation": False,
        "failSwapOn": False,
        # What may not be set of the kernel below is not set.
        "featureGates": {"KubeletInUserNamespace": True},
        # Images come by hand here: what is collected would be missing for ever.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        # The disk and the memory are those of the machine below, which its user minds.
        "evictionHard": {"memory.available": "100Mi"},
    }
