# SPDX-License-Identifier: Apache-2.0
"""Which API server to talk to, and as whom.

Read here and not by the Kubernetes client, whose import alone takes 55 MiB: as much as the whole agent may have. A
kubeconfig that needs more than tokens, certificates and a server name is refused with a sentence.
"""

import base64
import binascii
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from aiworkload.agent.endpoint import Endpoint

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a kubelet puts a pod's token and the authority that signs for the API server."""

_UNSUPPORTED: Final = ("exec", "auth-provider", "username", "password", "insecure-skip-tls-verify", "proxy-url")


class CredentialsError(Exception):
    """They cannot be read; the sentence says which and what to do."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API server's address and what this agent shows and expects there."""

    server: str
    tls: ssl.SSLContext | None
    """None for a plain http server."""
    tls_server_name: str | None = None
    token: str | None = None
    token_file: Path | None = None

    def headers(self) -> dict[str, str]:
        """The authorization header. A token file is read each time: the kubelet renews it in place.

        Raises:
            CredentialsError: the token file cannot be read.
        """
        token = _read(self.token_file).decode().strip() if self.token_file else self.token
        return {"Authorization": f"Bearer {token}"} if token else {}


def load_credentials(kubeconfig: Path | None, environment: Mapping[str, str]) -> Credentials:
    """From the kubeconfig if one is given, else from the pod's service account.

    Raises:
        CredentialsError: neither can be read.
    """
    return _from_kubeconfig(kubeconfig) if kubeconfig else _from_pod(environment)


def _from_pod(environment: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> Credentials:
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise CredentialsError("KUBERNETES_SERVICE_HOST is not set: run in a pod, or name a file with --kubeconfig")
    authority = _read(folder / "ca.crt").decode()
    server = f"https://{Endpoint(host, int(port))}"
    return Credentials(server, ssl.create_default_context(cadata=authority), token_file=folder / "token")


def _from_kubeconfig(path: Path) -> Credentials:
    try:
        content = _parse(_read(path))
        context = _named(content, "contexts", "context", content["current-context"])
        cluster = _named(content, "clusters", "cluster", context["cluster"])
        user = _named(content, "users", "user", context["user"])
        server = str(cluster["server"]).rstrip("/")
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise CredentialsError(
            f"{path} is no kubeconfig with a current context: {error!r} is missing or wrong"
        ) from error
    for entry in _UNSUPPORTED:
        if cluster.get(entry) or user.get(entry):
            raise CredentialsError(
                f"{path} uses '{entry}', which the agent does not know; use a token or a certificate"
            )
    token_file = user.get("tokenFile")
    return Credentials(
        server,
        _tls(path.parent, cluster, user) if server.startswith("https://") else None,
        tls_server_name=cluster.get("tls-server-name"),
        token=user.get("token"),
        token_file=path.parent / token_file if token_file else None,
    )


def _parse(text: bytes) -> Any:  # noqa: ANN401 -- parsed YAML
    return yaml.safe_load(text)


def _named(content: Any, plural: str, singular: str, name: str) -> dict[str, Any]:  # noqa: ANN401 -- parsed YAML
    found = [entry[singular] for entry in content[plural] if entry["name"] == name]
    if not found:
        raise KeyError(f"{plural}: {name}")
    return dict(found[0] or {})


def _tls(folder: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
    authority = _inline_or_file(folder, cluster, "certificate-authority")
    certificate = _inline_or_file(folder, user, "client-certificate")
    key = _inline_or_file(folder, user, "client-key")
    try:
        tls = ssl.create_default_context(cadata=authority.decode() if authority else None)
        if certificate and key:
            _show_certificate(tls, certificate, key)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise CredentialsError(f"the kubeconfig's certificates or key cannot be used: {error}") from error
    return tls


def _show_certificate(tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # Python's ssl takes these from a file only; this one is readable by its owner and gone at once.
    with tempfile.NamedTemporaryFile() as chain:
        chain.write(certificate + b"\n" + key)
        chain.flush()
        tls.load_cert_chain(chain.name)


def _inline_or_file(folder: Path, entry: Mapping[str, Any], name: str) -> bytes | None:
    if inline := entry.get(f"{name}-data"):
        try:
            return base64.b64decode(inline, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise CredentialsError(f"the kubeconfig's {name}-data is not base64: {error}") from error
    return _read(folder / entry[name]) if entry.get(name) else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CredentialsError(f"cannot read {path}: {error.strerror}") from error
