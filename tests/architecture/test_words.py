# SPDX-License-Identifier: Apache-2.0
"""Names say what is inside, exceptions to a gate say why, and each file names its licence."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import name, tracked

SPDX = "SPDX-License-Identifier: Apache-2.0"
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
# An exception (first group) and the reason that must stand beside it (second group).
EXCEPTIONS = re.compile(r"#\s*(noqa|type: ignore|pyright: ignore)\b([^#\n]*)(#[^\n]*)?")
REASON = re.compile(r"\s[-#]+\s*[^\s#-].*\S")
UNFINISHED = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b")

LICENSED = ("*.py", "*.tpl", "charts/*.yaml", "crds/*.yaml", "manifests/install.yaml", "Makefile", "*Dockerfile")


def without_a_reason(line: str, above: str = "") -> bool:
    """Whether a line switches a gate off and says why neither there nor in a comment on the line above."""
    found = EXCEPTIONS.search(line)
    if found is None or above.lstrip().startswith("# "):
        return False
    return not REASON.search(line[found.end(1) :])


def numbered(path: Path) -> Iterator[tuple[int, str, str]]:
    """Each line of a file with its number and the line above it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    yield from zip(range(1, len(lines) + 1), ["", *lines], lines, strict=False)


@pytest.mark.parametrize("line", ["x = 1  # noqa: S108", "x = y  # type: ignore[arg-type]", "import a  # noqa"])
def test_a_bare_exception_is_recognised(line: str) -> None:
    assert without_a_reason(line)


@pytest.mark.parametrize("line", ["x  # noqa: S108 - the container's own", "x  # type: ignore[a]  # real field names"])
def test_a_reason_is_recognised(line: str) -> None:
    assert not without_a_reason(line)


def test_a_reason_may_stand_on_the_line_above() -> None:
    assert not without_a_reason("x = 1  # noqa: S310", above="    # The URL is our own.")


def test_every_exception_to_a_gate_has_its_reason_beside_it() -> None:
    bare = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in tracked("*.py")
        if name(path) != "tests/architecture/test_words.py"
        for number, above, line in numbered(path)
        if without_a_reason(line, above)
    ]
    assert bare == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    left = [
        f"{name(path)}:{number}"
        for path in tracked("*.py")
        for number, _, line in numbered(path)
        if UNFINISHED.search(line)
    ]
    assert left == []


def test_every_file_names_its_licence() -> None:
    assert [name(path) for path in tracked(*LICENSED) if SPDX not in path.read_text(encoding="utf-8")[:200]] == []


def test_no_name_says_nothing() -> None:
    parts = {name(path): {*path.with_suffix("").parts[-4:]} for path in tracked("*.py")}
    words = {path: {word for part in found for word in part.split("_")} for path, found in parts.items()}
    assert [path for path, found in words.items() if found & NAMELESS] == []


def test_packages_do_not_re_export() -> None:
    """An `__init__.py` in the product holds a docstring and nothing else: what is imported is where it is written."""
    for path in tracked("operator/aiworkload/*__init__.py"):
        text = path.read_text(encoding="utf-8")
        assert "import " not in text.split('"""')[-1], name(path)
