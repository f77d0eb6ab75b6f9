# SPDX-License-Identifier: Apache-2.0
"""Carries a Dockerfile out without an engine: what users build with docker is what the lab runs.

Each stage but the last is a root folder of its own, kept in the cache by everything that it is made from. The last
stage is a configuration and a layer for each of its `COPY`s; it runs nothing, since a good last stage has no shell.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from localcluster.errors import BuildError
from localcluster.images import chroot
from localcluster.images.archive import Config, machine, write_archive
from localcluster.images.bases import DEBIAN, STANDINS, debian
from localcluster.images.cache import kept, key_of
from localcluster.images.configuration import configured
from localcluster.images.dockerfile import Copy, Instruction, Stage, copied, read
from localcluster.images.layer import write_layer

FORMAT = "1"
"""Part of every key: raise it when the same files come out otherwise."""

UNWANTED = "__pycache__"
"""Never copied from the build context; `.dockerignore` says the same to engines."""


@dataclass(frozen=True, slots=True)
class Image:
    """Layers from the lowest up, how it starts, and the key of all that it is made from."""

    layers: tuple[Path, ...]
    config: Config
    key: str


@dataclass(frozen=True, slots=True)
class Root:
    """A stage that was carried out: its root folder, and the key of all that it is made from."""

    folder: Path
    key: str
    config: Config = field(default_factory=Config)


def archive(dockerfile: Path, *, context: Path, kind: str, name: str) -> Path:
    """The archive of the image that a Dockerfile describes, built when it is not in the cache.

    Args:
        dockerfile: The file.
        context: The folder that its `COPY`s are relative to.
        kind: What it is called in the cache and in what people read, such as `operator`.
        name: The image's full reference, such as `docker.io/library/aiworkload-operator:0.1.0`.

    Raises:
        BuildError: Not root, a program is missing, or a step failed.
    """
    image = build(dockerfile, context=context, kind=kind)

    def write(target: Path) -> None:
        write_archive(target, name=name, config=image.config, layers=list(image.layers))

    return kept(f"{kind}-image", key_of([name, image.key]), write, what=f"the {kind} image's archive", suffix=".tar")


def build(dockerfile: Path, *, context: Path, kind: str) -> Image:
    """Carry out a Dockerfile, as far as the cache does not hold the results."""
    *before, last = read(dockerfile)
    roots: dict[str, Root] = {}
    for stage in before:
        roots[stage.name] = _carry_out(stage, roots, context, kind)
    return _finish(last, roots, context, kind)


def _carry_out(stage: Stage, roots: dict[str, Root], context: Path, kind: str) -> Root:
    # From a copy: somebody may be editing the files between the key's making and the stage's.
    with tempfile.TemporaryDirectory(prefix="context-") as scratch:
        still = _still(stage, context, Path(scratch))
        base = roots.get(stage.base) or _base_root(stage.base)
        key = key_of([FORMAT, base.key, *_parts(stage, roots, still)])

        def make(target: Path) -> None:
            subprocess.run(["cp", "--archive", "--reflink=auto", base.folder.resolve(), target], check=True)
            config = base.config
            for instruction in stage.instructions:
                config = _step(instruction, target, config, roots, still)

        folder = kept(f"{kind}-stage-{stage.name}", key, make, what=f"stage {stage.name} of the {kind} image")
    config = base.config
    for instruction in stage.instructions:
        config = configured(config, instruction)
    return Root(folder, key, config)


def _still(stage: Stage, context: Path, into: Path) -> Path:
    for copy in map(copied, stage.all("COPY")):
        for path in (path for source in copy.sources if not copy.stage for path in _files(context / source)):
            target = into / path.relative_to(context)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    return into


def _base_root(name: str) -> Root:
    if name != DEBIAN:
        raise BuildError(f"A stage that runs commands begins FROM {DEBIAN} or another stage here, not FROM {name}.")
    return Root(*debian(), Config(env={"PATH": chroot.PATH}))


def _parts(stage: Stage, roots: dict[str, Root], context: Path) -> list[bytes | str]:
    parts: list[bytes | str] = []
    for instruction in stage.instructions:
        parts += [instruction.word, instruction.rest]
        if instruction.word == "COPY":
            parts += _content(copied(instruction.rest), roots, context)
    return parts


def _content(copy: Copy, roots: dict[str, Root], context: Path) -> list[bytes | str]:
    if copy.stage:
        return [_root(copy, roots).key]
    parts: list[bytes | str] = []
    for source in copy.sources:
        for path in _files(context / source):
            executable = bool(path.stat().st_mode & 0o100)
            parts += [str(path.relative_to(context)), str(executable), path.read_bytes()]
    return parts


def _files(source: Path) -> list[Path]:
    if not source.exists():
        raise BuildError(f"The Dockerfile copies {source}, which is not there.")
    found = sorted(source.rglob("*")) if source.is_dir() else [source]
    return [path for path in found if path.is_file() and UNWANTED not in path.parts]


def _root(copy: Copy, roots: dict[str, Root]) -> Root:
    if copy.stage not in roots:
        raise BuildError(f"COPY --from={copy.stage} names no stage before it; those are {', '.join(roots) or 'none'}.")
    return roots[copy.stage]


def _step(instruction: Instruction, root: Path, config: Config, roots: dict[str, Root], context: Path) -> Config:
    folder = config.working_dir or "/"
    if instruction.word == "RUN":
        chroot.run(root, instruction.rest, env=config.env, folder=folder)
    elif instruction.word == "COPY":
        _copy(copied(instruction.rest), root, folder, roots, context)
    return configured(config, instruction)


def _copy(copy: Copy, root: Path, folder: str, roots: dict[str, Root], context: Path) -> None:
    target = root / str(Path(folder) / copy.target).lstrip("/")
    top = _root(copy, roots).folder if copy.stage else context
    for source in (top / source.lstrip("/") for source in copy.sources):
        if source.is_dir():
            ignore = None if copy.stage else shutil.ignore_patterns(UNWANTED)
            shutil.copytree(source, target, symlinks=True, ignore=ignore, dirs_exist_ok=True)
        else:
            into = target / source.name if copy.target.endswith("/") else target
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, into, follow_symlinks=False)


def _finish(last: Stage, roots: dict[str, Root], context: Path, kind: str) -> Image:
    image = _base_image(last.base)
    layers, config, key = list(image.layers), image.config, image.key
    for instruction in last.instructions:
        if instruction.word == "RUN":
            raise BuildError(f"The last stage of the {kind} image runs a command; do it in a stage before and COPY.")
        key = key_of([FORMAT, machine(), key, instruction.word, instruction.rest])
        if instruction.word == "COPY":
            copy = copied(instruction.rest)
            key = key_of([key, *_content(copy, roots, context)])
            layers.append(_layer(copy, roots, context, key=key, kind=f"{kind}-layer{len(layers)}"))
        config = configured(config, instruction)
    return Image(tuple(layers), config, key)


def _base_image(name: str) -> Image:
    if name == "scratch":
        return Image((), Config(), key_of([name]))
    if name not in STANDINS:
        raise BuildError(f"The last stage begins FROM scratch or {', '.join(STANDINS)} here, not FROM {name}.")
    dockerfile = STANDINS[name]
    return build(dockerfile, context=dockerfile.parent, kind=dockerfile.stem)


def _layer(copy: Copy, roots: dict[str, Root], context: Path, *, key: str, kind: str) -> Path:
    def make(target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            whole = Path(scratch) / "whole"
            whole.mkdir(mode=0o755)
            _copy(copy, whole, "/", roots, context)
            write_layer(target, whole)

    return kept(kind, key, make, what=f"layer {kind}", suffix=".tar")
