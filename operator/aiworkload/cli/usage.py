# SPDX-License-Identifier: Apache-2.0
"""Wrong usage has an exit code of its own: `plan` says with 2 that something would change."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup

WRONG_USAGE: Final = 64
"""Exit code of a command line that cannot be meant, as in sysexits.h (EX_USAGE)."""
_UsageError: Final = cast("type[Exception]", typer.BadParameter.__base__)
"""What typer raises for all of them; of the family it names only some members."""


class UsageGroup(TyperGroup):
    """The commands, with that exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer does not name its class
        """The part before the command's name."""
        with _wrong_usage():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the same, and a command may return anything
        """The command with its own options."""
        with _wrong_usage():
            return super().invoke(ctx)


@contextmanager
def _wrong_usage() -> Generator[None]:
    try:
        yield
    except _UsageError as error:
        vars(error)["exit_code"] = WRONG_USAGE
        raise
