# SPDX-License-Identifier: Apache-2.0
"""Files as people write them: YAML or JSON, one or many documents, and the line of every field that is bad.

Read as kubectl reads them: a time is a text, and a key that stands twice is a mistake. The lines are looked up only
when there is something to say, because a recorded snapshot may have a million of them.
"""

import json
import sys
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from aiworkload.cli.output import BadInputError
from aiworkload.snapshot.document.problems import BadDocument
from aiworkload.snapshot.document.problems import Path as FieldPath

FILE_NAMES: Final = ("*.yaml", "*.yml", "*.json")
"""What is taken of a directory, as by kubectl."""
MOST_PROBLEMS: Final = 20
"""Told at once; more would scroll the first away. Ours."""
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.CSafeLoader):
    """Safe YAML in which times stay texts and keys stand once."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say which plain texts are more than texts
        first: [(tag, regexp) for tag, regexp in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """As always, but a key that stands twice is refused."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True)
class Source:
    """One document of a file."""

    file: str
    text: str
    """The whole file's."""
    index: int
    """Which of its documents."""
    document: object

    def line(self, path: FieldPath) -> int:
        """Where a field stands, counted from 1; of a missing one, where its parent does."""
        node = self._nodes[self.index]
        line = node.start_mark.line
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line
        return int(line) + 1

    @cached_property
    def _nodes(self) -> Sequence[yaml.Node]:
        loader = _Loader(self.text)
        found: list[yaml.Node] = []
        while loader.check_node() and (node := loader.get_node()):
            found.append(node)
        return found


def read_sources(path: Path) -> Iterator[Source]:
    """All documents of a file, of all such files of a directory, or of standard input (`-`).

    Raises:
        BadInputError: it cannot be read, or is neither YAML nor JSON.
    """
    if path.is_dir():
        files = sorted(file for pattern in FILE_NAMES for file in path.glob(pattern) if file.is_file())
        if not files:
            raise BadInputError(f"{path} holds no files named {', '.join(FILE_NAMES)}")
        for file in files:
            yield from read_sources(file)
        return
    text = _text(path)
    for index, document in enumerate(_documents(path, text)):
        yield Source(str(path), text, index, document)


def bad(source: Source, error: BadDocument) -> BadInputError:
    """The problems of a document, each with file and line, in the order of the file."""
    told = sorted((source.line(problem.path), str(problem)) for problem in error.problems)
    lines = [f"{source.file}:{line}: {sentence}" for line, sentence in told[:MOST_PROBLEMS]]
    more = len(told) - MOST_PROBLEMS
    return BadInputError("\n".join([*lines, *([f"and {more} more"] if more > 0 else [])]))


def _text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"cannot read {path}: {error}") from error


def _documents(path: Path, text: str) -> Iterable[object]:
    if text.lstrip().startswith("{"):
        try:
            return [json.loads(text)]
        except json.JSONDecodeError:
            pass  # YAML's flow style begins so too; if it is neither, YAML's error tells the line
    try:
        return list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadInputError(f"{path}{line} is neither YAML nor JSON: {error.problem}") from error
    except yaml.YAMLError as error:
        raise BadInputError(f"{path} is neither YAML nor JSON: {error}") from error


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    return None
