# SPDX-License-Identifier: Apache-2.0
"""The cluster's own certificate authority, the certificates it signs and the key pair of its service accounts.

Real TLS and real client certificates, because RBAC without real identities proves nothing.
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# A local cluster is thrown away long before; a year keeps one that somebody left running overnight, or for a month.
VALID = dt.timedelta(days=365)
# Names and addresses a client may use for the API server, in the cluster and through a proxy on this machine.
SERVER_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
SERVER_ADDRESSES = ("127.0.0.1", "10.96.0.1")


@dataclass(frozen=True)
class KeyPair:
    """The files of a certificate and its private key."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority whose files live in one folder; an existing one is used again."""

    def __init__(self, folder: Path, *, name: str = "localcluster") -> None:
        self.folder, self._name = folder, name
        self.files = KeyPair(folder / "ca.crt", folder / "ca.key")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.files.certificate.exists():
            self._create()
        self._key = serialization.load_pem_private_key(self.files.key.read_bytes(), password=None)
        self._certificate = x509.load_pem_x509_certificate(self.files.certificate.read_bytes())

    def issue(
        self,
        name: str,
        *,
        user: str,
        groups: Sequence[str] = (),
        names: Sequence[str] = SERVER_NAMES,
        addresses: Sequence[str] = SERVER_ADDRESSES,
    ) -> KeyPair:
        """Sign a certificate good for both ends of a connection, for a user of these groups.

        Args:
            name: The files' base name.
            user: The common name: what Kubernetes takes as the user's name.
            groups: The organizations: what Kubernetes takes as the user's groups.
            names: DNS names that a server using the certificate is called by.
            addresses: IP addresses that a server using the certificate answers on.
        """
        files = KeyPair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        certificate = (
            _builder(x509.Name([*subject, x509.NameAttribute(NameOID.COMMON_NAME, user)]), key)
            .issuer_name(self._certificate.subject)
            .add_extension(_alternative_names(names, addresses), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(self._signing_key, hashes.SHA256())
        )
        _write(files, certificate, key)
        return files

    @property
    def _signing_key(self) -> ec.EllipticCurvePrivateKey:
        if not isinstance(self._key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.files.key} holds no elliptic-curve key; remove {self.folder} and start again.")
        return self._key

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)])
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            _builder(name, key)
            .issuer_name(name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(self.files, certificate, key)


def service_account_keys(folder: Path) -> KeyPair:
    """The key pair that signs and checks service-account tokens; the public half stands where a certificate would."""
    files = KeyPair(folder / "service-accounts.pub", folder / "service-accounts.key")
    if not files.key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        files.certificate.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, public))
        _write_key(files.key, key)
    return files


def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + VALID)
    )


def _alternative_names(names: Sequence[str], addresses: Sequence[str]) -> x509.SubjectAlternativeName:
    called: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    return x509.SubjectAlternativeName([*called, *(x509.IPAddress(ipaddress.ip_address(ip)) for ip in addresses)])


def _write(files: KeyPair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    _write_key(files.key, key)
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
