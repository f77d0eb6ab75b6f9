# SPDX-License-Identifier: Apache-2.0
"""Writes a command's answer, and turns what went wrong into one sentence on standard error."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import typer
import yaml
from rich.console import Console, RenderableType

from aiworkload.cli.options import Format
from aiworkload.reconcile.ports import ClusterError

FAILED = 1
"""Exit code when the question could not be answered."""
PIPE_WIDTH = 160
"""Columns of a table that no terminal shows: wide enough that most rows are one line."""

AnswerT = TypeVar("AnswerT")


class BadInputError(Exception):
    """What the user gave cannot be used; the message names it and the cure."""


def write(document: Mapping[str, Any], output: Format, table: Callable[[], RenderableType]) -> None:
    """Print a document in the form that was asked for."""
    if output is Format.JSON:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    elif output is Format.YAML:
        sys.stdout.write(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True))
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
        console.print(table())


def answer(work: Coroutine[Any, Any, AnswerT]) -> AnswerT:
    """Run a command's work to its end; what went wrong is one sentence and exit code 1.

    Raises:
        typer.Exit: it failed.
    """
    try:
        return asyncio.run(work)
    except (ClusterError, BadInputError) as error:
        raise fail(str(error)) from error


def fail(sentence: str) -> typer.Exit:
    """Say what went wrong on standard error, and how to end."""
    sys.stderr.write(f"error: {sentence}\n")
    return typer.Exit(FAILED)
