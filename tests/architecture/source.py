# SPDX-License-Identifier: Apache-2.0
"""The source tree as the architecture tests see it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "operator" / "aiworkload"


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """Files of the repository that match, those not yet committed included and ignored ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],  # noqa: S607 - git is what makes it a checkout
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = tuple(ROOT / name for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).exists())
    if not files:
        raise LookupError(f"no file of the repository matches {patterns}: the test that asks would hold nothing")
    return files


@dataclass(frozen=True)
class Function:
    """One function: where it is, and how many lines it takes without its decorators."""

    where: str
    lines: int


def lines_of(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text(encoding="utf-8").splitlines())


def functions_in(path: Path) -> Iterator[Function]:
    """All functions and methods of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(
                f"{name(path)}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1
            )


def name(path: Path) -> str:
    """The path as a reader of the repository writes it."""
    return path.relative_to(ROOT).as_posix()
