# SPDX-License-Identifier: Apache-2.0
"""The command lines of the control plane's programs: what each is told, and why where it is not plain."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from localcluster.kubeconfig import by_certificate, write
from localcluster.pki import Authority, KeyPair, service_account_keys
from localcluster.ports import free_ports

LOOPBACK = "127.0.0.1"
SERVICE_RANGE = "10.96.0.0/16"
ISSUER = "https://kubernetes.default.svc"
# As who the API server passes requests on to APIs that others serve; kubeadm's name.
AGGREGATOR = "front-proxy-client"
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    # One line a request: without this stage each would be written twice.
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


@dataclass(frozen=True)
class Place:
    """Where the API server is found: by itself on loopback, or by real nodes at an address of this machine.

    Attributes:
        address: What it listens on. Anything but loopback is published to pods as the Service `kubernetes`.
        service_range: Where the addresses of Services are taken from.
    """

    address: str = LOOPBACK
    service_range: str = SERVICE_RANGE

    @property
    def names(self) -> tuple[str, ...]:
        """What the server's certificate must be good for: its own address and its Service's, the range's first."""
        return tuple(dict.fromkeys((LOOPBACK, self.address, str(ipaddress.ip_network(self.service_range)[1]))))


@dataclass(frozen=True)
class Ports:
    """The ports of one cluster."""

    etcd: int
    etcd_peer: int
    apiserver: int
    controller_manager: int
    scheduler: int
    metrics_server: int

    @classmethod
    def choose(cls) -> "Ports":
        """Six free ones."""
        return cls(*free_ports(6))


class Identities:
    """The certificates, keys and kubeconfigs of the control plane, in one folder."""

    def __init__(self, folder: Path, *, server: str, place: Place) -> None:
        self.authority = Authority(folder / "pki")
        self.service_accounts = service_account_keys(folder / "pki")
        # Whom this authority names may speak for any user, so it signs nothing but the API server's own certificate.
        self.front_proxy = Authority(folder / "pki" / "front-proxy", name="front-proxy")
        self.aggregator = self.front_proxy.issue(AGGREGATOR, user=AGGREGATOR)
        self.server = self.authority.issue("kube-apiserver", user="kube-apiserver", addresses=place.names)
        self.etcd = self.authority.issue("etcd", user="etcd")
        self.admin = self.authority.issue("admin", user="admin", groups=["system:masters"])
        self._folder = folder
        self._url = server

    def kubeconfig(self, name: str, files: KeyPair) -> Path:
        """Write the kubeconfig of a holder of a client certificate."""
        path = self._folder / f"{name}.kubeconfig"
        return write(path, server=self._url, ca_file=self.authority.files.certificate, user=by_certificate(files))


def etcd(folder: Path, ports: Ports, identities: Identities) -> list[str]:
    """Arguments of etcd, reachable with a certificate of this cluster only."""
    client, peer = f"https://127.0.0.1:{ports.etcd}", f"https://127.0.0.1:{ports.etcd_peer}"
    ca, files = identities.authority.files.certificate, identities.etcd
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--client-cert-auth",
        f"--trusted-ca-file={ca}",
        f"--cert-file={files.certificate}",
        f"--key-file={files.key}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={ca}",
        f"--peer-cert-file={files.certificate}",
        f"--peer-key-file={files.key}",
        # Nothing here has to survive a power cut, and a test machine's disk is slow.
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver(ports: Ports, identities: Identities, place: Place) -> list[str]:
    """Arguments of kube-apiserver: TLS, client certificates, tokens, RBAC."""
    ca, etcd_files = identities.authority.files.certificate, identities.etcd
    return [
        f"--bind-address={place.address}",
        f"--secure-port={ports.apiserver}",
        # The server refuses to publish a loopback address as an endpoint, so nobody publishes one.
        f"--advertise-address={place.address}",
        f"--endpoint-reconciler-type={'none' if place.address == LOOPBACK else 'lease'}",
        f"--service-cluster-ip-range={place.service_range}",
        f"--etcd-servers=https://127.0.0.1:{ports.etcd}",
        f"--etcd-cafile={ca}",
        f"--etcd-certfile={etcd_files.certificate}",
        f"--etcd-keyfile={etcd_files.key}",
        f"--tls-cert-file={identities.server.certificate}",
        f"--tls-private-key-file={identities.server.key}",
        f"--client-ca-file={ca}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={identities.service_accounts.certificate}",
        f"--service-account-signing-key-file={identities.service_accounts.key}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={identities.admin.certificate}",
        f"--kubelet-client-key={identities.admin.key}",
        "--profiling=false",
        *_aggregation(identities),
    ]


def _aggregation(identities: Identities) -> list[str]:
    """How the API server passes requests on to APIs that others serve, such as metrics.k8s.io."""
    return [
        f"--requestheader-client-ca-file={identities.front_proxy.files.certificate}",
        f"--requestheader-allowed-names={AGGREGATOR}",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={identities.aggregator.certificate}",
        f"--proxy-client-key-file={identities.aggregator.key}",
        # No kube-proxy runs beside the API server, so it goes to a Service's endpoints by itself.
        "--enable-aggregator-routing=true",
    ]


def audit(log: Path, policy: Path) -> list[str]:
    """Arguments of kube-apiserver that add the audit log."""
    return [f"--audit-log-path={log}", f"--audit-policy-file={policy}"]


def controller_manager(port: int, identities: Identities) -> list[str]:
    """Arguments of kube-controller-manager."""
    ca = identities.authority.files
    return [
        *_client("kube-controller-manager", port, identities),
        f"--root-ca-file={ca.certificate}",
        f"--cluster-signing-cert-file={ca.certificate}",
        f"--cluster-signing-key-file={ca.key}",
        f"--service-account-private-key-file={identities.service_accounts.key}",
        # Each controller under its own name, so that RBAC and the audit log see who does what.
        "--use-service-account-credentials=true",
    ]


def scheduler(port: int, identities: Identities) -> list[str]:
    """Arguments of kube-scheduler."""
    return _client("kube-scheduler", port, identities)


def _client(name: str, port: int, identities: Identities) -> list[str]:
    files = identities.authority.issue(name, user=f"system:{name}")
    kubeconfig = identities.kubeconfig(name, files)
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={files.certificate}",
        f"--tls-private-key-file={files.key}",
        "--leader-elect=false",
        "--profiling=false",
    ]
