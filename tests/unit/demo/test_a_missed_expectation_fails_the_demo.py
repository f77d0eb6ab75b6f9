# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable
from io import StringIO
from typing import Any

from rich.console import Console

from demo.checks import Checks
from demo.ending import tell_verdict
from demo.timeline import Kind, Timeline


def once(seen: Callable[[], Any], _seconds: float) -> Any:  # noqa: ANN401 - as `World.wait`
    return seen() or None


def checks() -> Checks:
    return Checks(once, Timeline(lambda _entry: None))


def test_nothing_expected_is_nothing_shown() -> None:
    assert not checks().all_passed


def test_what_is_seen_passes() -> None:
    made = checks()
    assert made.expect("it moves", lambda: "from a to b", within=1)
    assert made.all_passed
    assert made.done[0].seen == "from a to b"


def test_one_missed_expectation_outweighs_all_that_were_met() -> None:
    made = checks()
    made.expect("it moves", lambda: "moved", within=1)
    made.expect("it comes back", lambda: None, within=1)
    assert not made.all_passed
    assert made.timeline.entries[-1].kind is Kind.MISSED


def test_what_was_so_instead_is_told_below_the_verdict() -> None:
    made = checks()
    made.expect("it moves", lambda: "moved", within=1)
    made.expect("it comes back", lambda: None, within=1, instead=lambda: "at fog-1: Stays")
    console = Console(file=StringIO(), width=80)
    tell_verdict(console, made, 12)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines()[1:] == [
        "NOT everything expected was observed: 2 checks in 12 s",
        "  missed: it comes back (not observed; at fog-1: Stays)",
    ]


def test_what_must_not_happen_fails_when_it_does() -> None:
    made = checks()
    assert not made.expect_throughout("left alone", lambda: "a pod is gone", seconds=1)
    assert made.done[0].seen == "a pod is gone"


def test_what_must_not_happen_passes_when_it_does_not() -> None:
    assert checks().expect_throughout("left alone", lambda: None, seconds=1)
