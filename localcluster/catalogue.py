# SPDX-License-Identifier: Apache-2.0
"""The programs localcluster can run: one line each, with the Go package that it is built from.

Versions live in the `go.mod` files here and in the folders next to this file and nowhere else; what is said here is
read from them.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Version:
    """What a program says its version is: the Go variable that tells it, and the module whose version it is.

    Attributes:
        variable: The package's path and the variable's name.
        of: A module's path.
        pinned_in: The folder of the module that pins that one.
    """

    variable: str
    of: str
    pinned_in: Path = HERE


# Without a version the API server reports one that clients cannot parse.
KUBERNETES = Version("k8s.io/component-base/version.gitVersion", "k8s.io/kubernetes")


@dataclass(frozen=True)
class Binary:
    """One program: the name callers use, its Go package, the folder of the module that pins it, and its version."""

    name: str
    package: str
    module: Path = HERE
    version: Version = KUBERNETES


METRICS_SERVER = HERE / "metrics-server"


CATALOGUE = {
    binary.name: binary
    for binary in (
        Binary("etcd", "go.etcd.io/etcd/server/v3"),
        Binary("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        Binary("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
        Binary("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
        Binary("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
        Binary("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
        Binary("toxiproxy", "github.com/Shopify/toxiproxy/v2/cmd/server"),
        Binary("helm", "helm.sh/helm/v4/cmd/helm", HERE / "helm"),
        Binary("kubelet", "k8s.io/kubernetes/cmd/kubelet"),
        Binary("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"),
        Binary(
            "metrics-server",
            "sigs.k8s.io/metrics-server/cmd/metrics-server",
            METRICS_SERVER,
            Version("k8s.io/client-go/pkg/version.gitVersion", "sigs.k8s.io/metrics-server", METRICS_SERVER),
        ),
    )
}
CONTROL_PLANE = ("etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kube-scheduler")
# What tests, demo and `python -m localcluster build` need; the others belong to the lab of real nodes.
EVERYDAY = (*CONTROL_PLANE, "kwok", "toxiproxy", "helm")


def version_lines(module: Path) -> list[str]:
    """The lines of a module's go.mod that change what is built: comments and blank lines left out."""
    lines = (line.split("//")[0].strip() for line in (module / "go.mod").read_text().splitlines())
    return [line for line in lines if line]


def pinned(module_path: str, module: Path = HERE) -> str:
    """The version that go.mod pins for a module path, such as `v1.36.1` for `k8s.io/kubernetes`."""
    for line in version_lines(module):
        found = re.fullmatch(rf"(?:require )?{re.escape(module_path)} (v\S+)", line)
        if found:
            return found[1]
    raise LookupError(f"{module / 'go.mod'} requires no module named {module_path}.")


def go_version_wanted(module: Path = HERE) -> tuple[int, ...]:
    """The Go version that a module's `go` line asks for, as numbers."""
    line = next(line for line in version_lines(module) if line.startswith("go "))
    return numbers(line)


def numbers(version: str) -> tuple[int, ...]:
    """The leading dotted numbers in a version text: `go1.26.8` and `v1.26.8-rc1` both give (1, 26, 8)."""
    found = re.search(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def cache_key(module: Path) -> str:
    """A folder name that changes whenever anything that a module's binaries are made of changes."""
    digest = hashlib.sha256("\n".join(version_lines(module)).encode())
    digest.update((module / "go.sum").read_bytes())
    if module == HERE:
        return f"kubernetes-{pinned('k8s.io/kubernetes')}-{digest.hexdigest()[:12]}"
    return f"{module.name}-{digest.hexdigest()[:12]}"
