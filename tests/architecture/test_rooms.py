# SPDX-License-Identifier: Apache-2.0
"""The rooms, the contract and the page that explains them say the same."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def contract(name: str, key: str) -> list[str]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser[f"importlinter:contract:{name}"][key].split()


def layers() -> list[str]:
    """The rooms from the top down, as the contract lists them."""
    return [word.strip("()") for word in contract("layers", "layers") if word != "|"]


def rows(heading: str) -> dict[str, list[str]]:
    """The first table under a heading of the page: its cells by the name in the first."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0].strip("`"): row[1:] for row in cells[2:]}


def existing_rooms() -> set[str]:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return folders | {path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__"}


def test_the_page_lists_the_rooms_in_the_order_of_the_contract() -> None:
    assert list(rows("Rooms")) == layers()


def test_every_room_that_exists_is_on_the_page() -> None:
    assert existing_rooms() <= set(rows("Rooms"))


def test_the_page_calls_pure_what_the_contract_holds_pure() -> None:
    pure = {room for room, cells in rows("Rooms").items() if cells[1] == "yes"}
    assert {f"aiworkload.{room}" for room in pure} == set(contract("pure", "source_modules"))


def test_every_folder_on_the_page_exists_and_every_folder_is_on_it() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()}
    assert folders - ignored - {"operator"} == set(rows("Outside the package"))


def test_operator_is_no_python_package() -> None:
    """An `operator/__init__.py` would shadow Python's own `operator` module and break the interpreter."""
    assert not (ROOT / "operator" / "__init__.py").exists()


def lint(operator: Path) -> str:
    """What import-linter says about a copy of the product; empty when every contract is kept."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    answer = subprocess.run(
        [*command, "--config", str(ROOT / ".importlinter")],
        cwd=operator,
        env={"PYTHONPATH": str(operator), "PATH": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if answer.returncode == 0 else answer.stdout + answer.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product's source, to be spoiled."""
    shutil.copytree(PACKAGE, tmp_path / "aiworkload", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_contracts_are_kept(copy: Path) -> None:
    assert lint(copy) == ""


@pytest.mark.parametrize(
    ("room", "line", "broken"),
    [
        ("api", "import aiworkload.kube", "Imports go downwards only"),
        ("placement", "import time", "no clock, no dice, no process and no wire"),
        ("rollout", "import asyncio", "no clock, no dice, no process and no wire"),
        ("rollout", "import aiworkload.placement.filters.tier", "how it was chosen is none of its business"),
        ("placement/filters", "import aiworkload.placement.filters.tier", "No filter knows another"),
        ("placement/scorers", "import aiworkload.placement.scorers.cost", "No scorer knows another"),
        ("reconcile", "import kubernetes", "Only kube talks to the Kubernetes client"),
        ("kube", "import kopf", "Only handlers know kopf"),
        ("handlers", "import prometheus_client", "Only telemetry knows the Prometheus client"),
        ("agent", "import pydantic_settings", "The agent carries no operator"),
    ],
)
def test_a_wrong_import_is_caught(copy: Path, room: str, line: str, broken: str) -> None:
    """The contracts can fail: each is broken once on purpose."""
    spoiled = copy / "aiworkload" / room / "spoiled.py"
    spoiled.write_text(f"{line}\n")
    said = re.sub(r"\s+", " ", lint(copy))
    assert re.search(rf"{re.escape(broken)} BROKEN", said), said


def test_a_room_that_the_contract_does_not_know_is_caught(copy: Path) -> None:
    (copy / "aiworkload" / "attic").mkdir()
    (copy / "aiworkload" / "attic" / "__init__.py").write_text("")
    assert "attic" in lint(copy)


def test_a_cycle_inside_a_room_is_caught(copy: Path) -> None:
    (copy / "aiworkload" / "api" / "left.py").write_text("import aiworkload.api.right\n")
    (copy / "aiworkload" / "api" / "right.py").write_text("import aiworkload.api.left\n")
    assert "No two modules need each other BROKEN" in lint(copy)
