# SPDX-License-Identifier: Apache-2.0
import pytest
from typer.testing import CliRunner

from aiworkload.cli.main import app


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["plan"], "say what to plan"),
        (["plan", "--snapshto", "x"], "No such option"),
        (["plan", "--snapshot", "x", "--set-link", "plant-7=40ms"], "for example plant-7:fog-1=40ms"),
        (["plan", "--snapshot", "x", "--set-link", "a:b=61s"], "at most 60s"),
        (["plan", "--snapshot", "x", "--set-link", "a:a=1ms"], "two different sites"),
        (["snapshot", "-o", "table"], "Invalid value"),
        (["explain"], "Missing argument"),
        (["expalin", "x"], "No such command"),
    ],
)
def test_a_command_line_that_cannot_be_meant_ends_with_64(command: list[str], words: str) -> None:
    result = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    assert result.exit_code == 64
    assert words in result.stderr


def test_help_and_version_end_with_0() -> None:
    for command in (["--help"], ["plan", "--help"], ["version"]):
        assert CliRunner().invoke(app, command).exit_code == 0
