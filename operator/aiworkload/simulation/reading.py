# SPDX-License-Identifier: Apache-2.0
"""From a scenario file to a scenario, or to all that is wrong with it: line, field, value and cure."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from aiworkload.simulation.contradictions import contradictions
from aiworkload.simulation.scenario import FileTrace, LinkPart, Scenario
from aiworkload.simulation.shapes import RecordedTrace
from aiworkload.snapshot.document.problems import BadDocument, Problem, path_text
from aiworkload.snapshot.document.problems import Path as Field
from aiworkload.snapshot.document.reading import read


class BadScenario(Exception):
    """A scenario file that cannot be played; the message has a line for each problem."""


def read_scenario(file: Path) -> Scenario:
    """The scenario of a file, with the traces that lie beside it.

    Raises:
        BadScenario: it cannot be read, or holds something that cannot be.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadScenario(f"cannot read {file}: {error}") from error
    return parse_scenario(text, str(file), file.parent)


def parse_scenario(text: str, name: str, folder: Path) -> Scenario:
    """The scenario of a text; traces are looked for in `folder`.

    Raises:
        BadScenario: with all problems, each as `name:line: field: what is wrong and the cure`.
    """
    try:
        document: object = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BadScenario(f"{name} is neither YAML nor JSON: {error}") from error
    try:
        scenario = _with_traces(read(Scenario, document), folder)
        problems = tuple(contradictions(scenario))
    except BadDocument as bad:
        raise BadScenario(_sentences(name, root, bad.problems)) from bad
    if problems:
        raise BadScenario(_sentences(name, root, problems))
    return scenario


def line_of(root: yaml.Node | None, path: Field) -> int:
    """The line of a field, counted from one; of the nearest thing around it where it is missing."""
    node, line = root, 1 if root is None else root.start_mark.line + 1
    for step in path:
        found = _child(node, step)
        if found is not None:  # steps that are no field are a model's name in a choice
            line, node = found
    return line


def _child(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child.start_mark.line + 1, child
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if key.value == step:
                return key.start_mark.line + 1, child
    return None


def _sentences(name: str, root: yaml.Node | None, problems: Iterable[Problem]) -> str:
    in_order = sorted(problems, key=lambda problem: line_of(root, problem.path))
    return "\n".join(_sentence(name, root, problem) for problem in in_order)


def _sentence(name: str, root: yaml.Node | None, problem: Problem) -> str:
    scalar = isinstance(problem.value, str | int | float | bool)
    value = f" (it says {problem.value!r})" if scalar else ""
    return f"{name}:{line_of(root, problem.path)}: {path_text(problem.path)}: {problem.cure}{value}"


def _with_traces(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario with its files' traces in place of their names."""
    problems: list[Problem] = []
    links: list[LinkPart] = []
    for index, link in enumerate(scenario.links):
        if isinstance(link.trace, FileTrace):
            try:
                links.append(link.model_copy(update={"trace": _trace_of(link.trace, folder)}))
            except (OSError, ValueError, KeyError, TypeError) as error:
                path: Field = ("links", index, "trace", "file")
                problems.append(Problem(path, f"this trace cannot be read: {_reason(error)}", link.trace.file))
        else:
            links.append(link)
    if problems:
        raise BadDocument(problems)
    return scenario.model_copy(update={"links": tuple(links)})


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}" for one in error.errors()[:3])
    return str(error) if not isinstance(error, KeyError) else f"it has no column {error}; name one in `column`"


def _trace_of(trace: FileTrace, folder: Path) -> RecordedTrace:
    text = (folder / trace.file).read_text(encoding="utf-8")
    if trace.file.endswith(".json"):
        return RecordedTrace.model_validate({"repeat": trace.repeat, **json.loads(text)})
    if trace.step_seconds is None:
        raise ValueError("a CSV does not say how long a row holds: give stepSeconds beside file")
    rows = list(csv.DictReader(_without_comments(text)))
    loss = [float(row["lossPercent"]) for row in rows] if rows and "lossPercent" in rows[0] else []
    fields: dict[str, Any] = {
        "stepSeconds": trace.step_seconds,
        "rttMilliseconds": [float(row[trace.column]) for row in rows],
        "lossPercent": loss,
        "repeat": trace.repeat,
    }
    return RecordedTrace.model_validate(fields)


def _without_comments(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
