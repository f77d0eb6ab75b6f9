# SPDX-License-Identifier: Apache-2.0
"""`simulate FILE`: plays a scenario on a virtual clock with the operator's own loop. No cluster is asked."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from aiworkload.cli.offline import read_snapshot
from aiworkload.cli.options import Format, Output
from aiworkload.cli.output import FAILED, BadInputError, fail, write
from aiworkload.cli.set_link import SetLink, SetLinks, with_links
from aiworkload.cli.simulate_page import simulation_page
from aiworkload.cli.timeline_page import timeline_page
from aiworkload.simulation.document import report_document
from aiworkload.simulation.quantities import seconds_of
from aiworkload.simulation.reading import BadScenario, read_scenario
from aiworkload.simulation.recorded import scenario_of
from aiworkload.simulation.scenario import Scenario
from aiworkload.simulation.simulate import simulate as play
from aiworkload.snapshot.document.problems import BadDocument

_PROGRESS_SECONDS: Final = 2.0
"""Between two lines of progress, and before the first: who waits less needs none."""


def simulate(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The scenario, as YAML or JSON.", show_default=False)
    ] = None,
    *,
    snapshot: Annotated[
        Path | None,
        typer.Option("--snapshot", metavar="FILE", help="Play on from this snapshot instead, for an hour; - is stdin."),
    ] = None,
    set_link: SetLinks = None,
    output: Output = Format.TABLE,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Other dice than the scenario's own.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="LENGTH", help="Stop after so long, for example 90m or 24h.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write the timeline as one page for a browser.")
    ] = None,
) -> None:
    """Play a scenario and say what would have happened: who ran where, what clients saw, what it cost, and why.

    The operator's own loop decides and moves, on a clock that jumps from one thing that is due to the next: a day takes
    seconds. The same file and seed give the same answer. No cluster is needed. Exit code: 0 played, 1 it cannot be.

    For example:

      kubectl aiworkload simulate manifests/scenarios/factory-line.yaml

      kubectl aiworkload simulate factory-line.yaml --html line.html --seed 7

      kubectl aiworkload simulate --snapshot now.yaml --set-link plant-7:fog-1=40ms

      kubectl aiworkload simulate oil-rig.yaml --until 12h -o json | jq '.workloads[].unservedSeconds'
    """
    scenario = _shortened(_read(file, snapshot, set_link or []), seed, until)
    report = play(scenario, progress=_on_stderr(scenario.metadata.name))
    document = report_document(report)
    if html is not None:
        _write_page(html, timeline_page(document))
    write(document, output, lambda: simulation_page(document))


def _read(file: Path | None, snapshot: Path | None, links: Sequence[SetLink]) -> Scenario:
    if (file is None) == (snapshot is None):
        raise typer.BadParameter("say what to play: a scenario's FILE, or --snapshot FILE")
    if file is not None and links:
        raise typer.BadParameter("--set-link goes with --snapshot: a scenario's own file says how its links are")
    try:
        return read_scenario(file) if file is not None else _recorded(snapshot or Path("-"), links)
    except BadScenario as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(FAILED) from error
    except BadInputError as error:
        raise fail(str(error)) from error


def _recorded(file: Path, links: Sequence[SetLink]) -> Scenario:
    try:
        return scenario_of(with_links(read_snapshot(file), links), file.stem)
    except BadDocument as error:
        raise BadInputError("\n".join(f"{file}: {problem}" for problem in error.problems)) from error


def _shortened(scenario: Scenario, seed: int | None, until: str | None) -> Scenario:
    try:
        length = seconds_of(until)
    except ValueError as error:
        raise fail(f"--until: {error}") from error
    changes = {"seed": seed, "duration": length}
    return scenario.model_copy(update={name: value for name, value in changes.items() if value is not None})


def _write_page(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise fail(f"--html: cannot write {file}: {error}") from error


def _on_stderr(name: str) -> Callable[[float], None]:
    """A line now and then for who waits."""
    told = time.monotonic()

    def progress(share: float) -> None:
        nonlocal told
        if time.monotonic() - told >= _PROGRESS_SECONDS:
            told = time.monotonic()
            sys.stderr.write(f"{name}: {share:.0%}\n")

    return progress
