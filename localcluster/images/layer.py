# SPDX-License-Identifier: Apache-2.0
"""Packs a folder as one image layer: sorted, root's, without times, so the same files make the same bytes."""

import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def write_layer(target: Path, source: Path, *, at: str = "/") -> None:
    """Pack what a folder (or one file) holds as a layer in which it stands at `at`.

    Args:
        target: The tar to write, uncompressed.
        source: A folder, whose content is packed, or a file.
        at: An absolute path in the image: the folder's, or the file's.
    """
    top = PurePosixPath(at.strip("/"))
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as layer:
        for parent in reversed(top.parents[:-1]):
            layer.addfile(_folder(str(parent)))
        for path in _walk(source):
            name = str(top / path.relative_to(source)) if path != source else str(top)
            if name != ".":
                _add(layer, path, name)


def _walk(source: Path) -> Iterator[Path]:
    yield source
    if source.is_dir() and not source.is_symlink():
        for child in sorted(source.iterdir(), key=lambda path: path.name):
            yield from _walk(child)


def _folder(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE
    entry.mode = 0o755
    return entry


def _add(layer: tarfile.TarFile, path: Path, name: str) -> None:
    status = path.lstat()
    entry = tarfile.TarInfo(name)
    entry.mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
        layer.addfile(entry)
    elif stat.S_ISDIR(status.st_mode):
        entry.type = tarfile.DIRTYPE
        layer.addfile(entry)
    elif stat.S_ISREG(status.st_mode):
        entry.size = status.st_size
        with path.open("rb") as content:
            layer.addfile(entry, content)
