# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a file that people write: every problem at once, each with its field, its value and the cure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""A field: keys and list indices from the top of the document."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that cannot be."""

    path: Path
    cure: str
    """What is wrong and what would be right, without the field's name."""
    value: object = None
    """What stands there; None where something is missing."""

    def __str__(self) -> str:
        shown = "" if self.value is None or isinstance(self.value, Mapping | list | tuple) else f" ({self.value!r:.60})"
        return f"{path_text(self.path)}{shown}: {self.cure}"


class BadDocument(Exception):
    """A document that cannot be read, with all of its problems in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


def path_text(path: Path) -> str:
    """A path as people write it: `nodes[1].allocatable.cpu`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the document"
