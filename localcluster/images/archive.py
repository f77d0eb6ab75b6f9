# SPDX-License-Identifier: Apache-2.0
"""Writes an image as one tar that every engine loads: an OCI layout that is a docker-archive too.

`index.json` leads OCI readers and `manifest.json` docker's to the same blobs, as `docker save` does since Docker 25.
Nothing of the moment goes in: the same files and the same configuration make the same bytes.
"""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CREATED = "1970-01-01T00:00:00Z"
"""Of every image here: a real time would make every build another image."""

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How a container of the image is started, in the words of a Dockerfile."""

    user: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """The `config` object of the OCI image configuration."""
        return {
            "User": self.user,
            "Env": [f"{name}={value}" for name, value in self.env.items()],
            "Entrypoint": list(self.entrypoint) or None,
            "Cmd": list(self.command) or None,
            "WorkingDir": self.working_dir or "/",
            "Labels": dict(self.labels),
        }


def machine() -> str:
    """This machine's architecture as images name it, such as `amd64`."""
    return MACHINES.get(platform.machine(), platform.machine())


def write_archive(target: Path, *, name: str, config: Config, layers: list[Path]) -> str:
    """Write an image from its layers, each an uncompressed tar.

    Args:
        target: The file to write.
        name: The image's full reference, such as `docker.io/library/pause:lab`.
        config: How it starts.
        layers: From the lowest up.

    Returns:
        The manifest's digest, which is what containerd shows, such as `sha256:…`.
    """
    digests = [_digest(layer) for layer in layers]
    configuration = _json(
        {
            "architecture": machine(),
            "os": "linux",
            "created": CREATED,
            "config": config.document(),
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
            "history": [{"created": CREATED} for _ in layers],
        }
    )
    described = [
        _descriptor(LAYER, digest, layer.stat().st_size) for digest, layer in zip(digests, layers, strict=True)
    ]
    manifest = _json(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": _blob(CONFIG, configuration), "layers": described}
    )
    small = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _index(name, _blob(MANIFEST, manifest)),
        "manifest.json": _docker_manifest(name, configuration, digests),
        _blob_path(hashlib.sha256(configuration).hexdigest()): configuration,
        _blob_path(hashlib.sha256(manifest).hexdigest()): manifest,
    }
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in small.items():
            entry = _entry(path, len(content))
            archive.addfile(entry, io.BytesIO(content))
        for digest, layer in dict(zip(digests, layers, strict=True)).items():
            with layer.open("rb") as file:
                archive.addfile(_entry(_blob_path(digest), layer.stat().st_size), file)
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _index(name: str, manifest: dict[str, object]) -> bytes:
    # containerd reads the first annotation, the OCI's own is the second: a tag.
    annotations = {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    platform_of = {"architecture": machine(), "os": "linux"}
    return _json({"schemaVersion": 2, "manifests": [{**manifest, "platform": platform_of, "annotations": annotations}]})


def _docker_manifest(name: str, configuration: bytes, digests: list[str]) -> bytes:
    config = _blob_path(hashlib.sha256(configuration).hexdigest())
    return _json([{"Config": config, "RepoTags": [name], "Layers": [_blob_path(digest) for digest in digests]}])


def _blob(media_type: str, content: bytes) -> dict[str, object]:
    return _descriptor(media_type, hashlib.sha256(content).hexdigest(), len(content))


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _blob_path(digest: str) -> str:
    return f"blobs/sha256/{digest}"


def _entry(path: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.size = size
    entry.mode = 0o644
    return entry


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
