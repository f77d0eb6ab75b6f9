# SPDX-License-Identifier: Apache-2.0
"""Files and functions stay small enough to be read at once."""

from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.architecture.source import functions_in, lines_of, name, tracked

PRODUCT = "operator/aiworkload/*.py"
ALL_CODE = (PRODUCT, "localcluster/*.py", "demo/*.py", "tools/*.py")
LONGEST_FILE, LONGEST_TEST_FILE, LONGEST_FUNCTION = 300, 350, 50
MEDIAN_FILE, MEDIAN_FUNCTION, P90_FUNCTION = 120, 8, 25


def over(paths: tuple[Path, ...], limit: int) -> list[str]:
    return [f"{name(path)}: {lines_of(path)} lines" for path in paths if lines_of(path) > limit]


def test_no_file_is_longer_than_300_lines() -> None:
    assert over(tracked(*ALL_CODE), LONGEST_FILE) == []


def test_no_test_file_is_longer_than_350_lines() -> None:
    assert over(tracked("tests/*.py"), LONGEST_TEST_FILE) == []


def test_the_median_file_is_at_most_120_lines() -> None:
    assert median(lines_of(path) for path in tracked(PRODUCT)) <= MEDIAN_FILE


def test_no_function_is_longer_than_50_lines() -> None:
    functions = [function for path in tracked(*ALL_CODE) for function in functions_in(path)]
    assert [function for function in functions if function.lines > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("code", ["operator/aiworkload/*.py", "localcluster/*.py"])
def test_functions_are_short_as_a_rule(code: str) -> None:
    lengths = [function.lines for path in tracked(code) for function in functions_in(path)]
    assert median(lengths) <= MEDIAN_FUNCTION
    assert quantiles(lengths, n=10)[8] <= P90_FUNCTION


def test_the_ruler_measures(tmp_path: Path) -> None:
    """A ruler that finds nothing would pass everything."""
    longest = tmp_path / "long.py"
    longest.write_text("def f():\n" + "    pass\n" * 60)
    assert lines_of(longest) == 61
    with pytest.raises(ValueError, match="not in the subpath"):
        list(functions_in(longest))
