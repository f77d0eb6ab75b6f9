# SPDX-License-Identifier: Apache-2.0
"""metrics-server beside the control plane: what it is told, what it may do, and how the API server finds it.

In life it is a pod (K3s brings it, its own manifests deploy it). Here it is a program of the control plane's machine,
behind a Service without a selector, so that it needs no image. Its flags, its rights and the TLS both ways are those of
its manifests, but for what they leave unchecked: here certificates are checked.
"""

import base64

from localcluster.components import Identities, Place

NAME = "metrics-server"
NAMESPACE = "kube-system"
USER = NAME
# The name that the API server checks its certificate for.
SERVER_NAME = f"{NAME}.{NAMESPACE}.svc"
API_PATH = "/apis/metrics.k8s.io/v1beta1"
RBAC = "rbac.authorization.k8s.io"


def arguments(port: int, identities: Identities, place: Place) -> list[str]:
    """Arguments of metrics-server, reachable at the API server's own address."""
    files = identities.authority.issue(NAME, user=USER, names=[SERVER_NAME], addresses=[place.address])
    kubeconfig = identities.kubeconfig(NAME, files)
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={place.address}",
        f"--secure-port={port}",
        f"--tls-cert-file={files.certificate}",
        f"--tls-private-key-file={files.key}",
        f"--kubelet-certificate-authority={identities.authority.files.certificate}",
        "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-use-node-status-port",
        "--metric-resolution=15s",
        "--profiling=false",
    ]


def objects(port: int, identities: Identities, place: Place) -> dict[str, object]:
    """What it may do, and where the API server finds it: one list to apply."""
    return {"apiVersion": "v1", "kind": "List", "items": [*_rights(), *_registration(port, identities, place)]}


def _rights() -> list[dict[str, object]]:
    """To read what the aggregator's requests are checked by, to ask who may, to see nodes and pods, and to scrape."""
    reads = [
        {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch"]},
    ]
    own = f"system:{NAME}"
    return [
        {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": own}, "rules": reads},
        _bound("ClusterRole", own, name=own),
        _bound("ClusterRole", "system:auth-delegator", name=f"{NAME}:system:auth-delegator"),
        _bound("Role", "extension-apiserver-authentication-reader", name=f"{NAME}-auth-reader"),
    ]


def _bound(kind: str, role: str, *, name: str) -> dict[str, object]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": {"name": name, "namespace": NAMESPACE} if kind == "Role" else {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": USER}],
    }


def _registration(port: int, identities: Identities, place: Place) -> list[dict[str, object]]:
    named = {"name": NAME, "namespace": NAMESPACE}
    trusted = base64.b64encode(identities.authority.files.certificate.read_bytes()).decode()
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": named, "spec": {"ports": [{"name": "https", "port": 443}]}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**named, "labels": {"kubernetes.io/service-name": NAME}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [place.address], "conditions": {"ready": True}}],
            "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "caBundle": trusted,
                "service": named,
            },
        },
    ]
