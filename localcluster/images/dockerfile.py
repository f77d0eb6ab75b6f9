# SPDX-License-Identifier: Apache-2.0
"""Reads a Dockerfile: the part of the language that this project's own files use, and a sentence for anything else."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcluster.errors import BuildError

KNOWN = frozenset({"ARG", "FROM", "RUN", "COPY", "ENV", "LABEL", "USER", "WORKDIR", "ENTRYPOINT", "CMD"})


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its lines joined: `RUN` and what to run."""

    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What a `COPY` copies: from a stage, or from the build context when `stage` is empty."""

    stage: str
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One `FROM` and what follows it. The last stage's `name` is empty unless it was given one."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]

    def all(self, word: str) -> list[str]:
        """What follows each instruction of that word, in order."""
        return [instruction.rest for instruction in self.instructions if instruction.word == word]


def read(path: Path) -> list[Stage]:
    """The stages of a Dockerfile, in order; `ARG`s before the first `FROM` are put in with their defaults.

    Raises:
        BuildError: It says something that is not carried out here.
    """
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for instruction in _instructions(path):
        if instruction.word not in KNOWN:
            raise BuildError(
                f"{path}: {instruction.word} is not carried out here; known are {', '.join(sorted(KNOWN))}."
            )
        if instruction.word == "FROM":
            stages.append(_begin(expand(instruction.rest, arguments)))
        elif stages:
            last = stages[-1]
            stages[-1] = Stage(last.name, last.base, (*last.instructions, instruction))
        elif instruction.word == "ARG":
            name, _, default = instruction.rest.partition("=")
            arguments[name] = default
        else:
            raise BuildError(f"{path}: {instruction.word} stands before the first FROM.")
    return stages


def expand(text: str, values: Mapping[str, str]) -> str:
    """Put the values of `$NAME` and `${NAME}` in; an unknown one is empty, as in a Dockerfile."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: values.get(found[1] or found[2], ""), text)


def pairs(rest: str) -> dict[str, str]:
    """The pairs of an `ENV` or `LABEL`."""
    return dict(_pair(word) for word in shlex.split(rest))


def copied(rest: str) -> Copy:
    """What a `COPY` says."""
    words = shlex.split(rest)
    flags = [word for word in words if word.startswith("--")]
    stage = ""
    for flag in flags:
        name, _, stage = flag.partition("=")
        if name != "--from":
            raise BuildError(f"COPY {name} is not carried out here, only --from.")
    *sources, target = words[len(flags) :]
    return Copy(stage, tuple(sources), target)


def program(rest: str) -> tuple[str, ...]:
    """The words of an `ENTRYPOINT` or `CMD` in its JSON form; the other form needs a shell, which an image may lack."""
    try:
        words = json.loads(rest)
    except json.JSONDecodeError:
        raise BuildError(f'ENTRYPOINT and CMD are written as ["program", "argument"] here, not as {rest!r}.') from None
    return tuple(str(word) for word in words)


def _instructions(path: Path) -> Iterator[Instruction]:
    """Lines ending in a backslash go on in the next; comment lines are no part of anything, not even within one."""
    so_far = ""
    for line in path.read_text().splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        so_far += line
        if so_far.endswith("\\"):
            so_far = so_far[:-1]
            continue
        word, _, rest = so_far.strip().partition(" ")
        yield Instruction(word.upper(), rest.strip())
        so_far = ""


def _begin(rest: str) -> Stage:
    base, *named = rest.split()
    return Stage(named[1] if named else "", base, ())


def _pair(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value
