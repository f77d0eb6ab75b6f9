# SPDX-License-Identifier: Apache-2.0
"""Writes kubeconfig files. They are JSON, which is YAML, so that no YAML library is needed to start a cluster."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from localcluster.pki import KeyPair

NAME = "localcluster"


def by_certificate(files: KeyPair) -> dict[str, str]:
    """The `user` entry of somebody who shows a client certificate."""
    return {"client-certificate-data": _inline(files.certificate), "client-key-data": _inline(files.key)}


def by_token(token: str) -> dict[str, str]:
    """The `user` entry of somebody who shows a bearer token."""
    return {"token": token}


def write(
    path: Path,
    *,
    server: str,
    ca_file: Path,
    user: Mapping[str, str],
    namespace: str = "default",
    tls_server_name: str | None = None,
) -> Path:
    """Write a kubeconfig with one cluster, one user and one context, readable by its owner only."""
    cluster = {"server": server, "certificate-authority-data": _inline(ca_file)}
    if tls_server_name:
        cluster["tls-server-name"] = tls_server_name
    context = {"cluster": NAME, "user": NAME, "namespace": namespace}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": dict(user)}],
        "contexts": [{"name": NAME, "context": context}],
        "current-context": NAME,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def _inline(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
