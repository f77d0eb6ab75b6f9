# SPDX-License-Identifier: Apache-2.0
"""The answer of `simulate` for people: a line a workload, then every move with its reason, and what happened."""

from collections.abc import Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiworkload.cli.pages import plain_table
from aiworkload.cli.tree import Tree
from aiworkload.simulation.quantities import words_of

_MOST_MOVES: Final = 40
"""Moves listed before the page refers to `-o json`."""


def simulation_page(document: Tree) -> RenderableType:
    """The whole page: the figures first, then what led to them."""
    parts: list[RenderableType] = [_heading(document), Text(""), _workloads(document["workloads"])]
    moves = sorted(
        ((workload["name"], move) for workload in document["workloads"] for move in workload["moves"]),
        key=lambda one: one[1]["startSeconds"],
    )
    if moves:
        parts += [Text(""), Text("Moves", style="bold underline"), Padding(_moves(moves[:_MOST_MOVES]), (0, 0, 0, 2))]
    if len(moves) > _MOST_MOVES:
        parts.append(Text(f"  and {len(moves) - _MOST_MOVES} more: -o json has them all"))
    if document["happened"]:
        parts += [Text(""), Text("What happened", style="bold underline"), Padding(_happened(document), (0, 0, 0, 2))]
    return Group(*parts)


def _heading(document: Tree) -> Text:
    text = Text(document["scenario"], style="bold")
    if document["description"]:
        text.append(f": {document['description']}", style="not bold")
    figures = f"{words_of(document['seconds'])} from {document['startTime']}, seed {document['seed']}"
    text.append(f"\n{figures}: {document['moves']} moves, {document['cost']:.2f} spent", style="not bold")
    return text


def _workloads(workloads: Iterable[Tree]) -> Table:
    made = plain_table(
        "WORKLOAD", "TARGET", "P95", "IN TIME", "REQUESTS", "UNSERVED", "MOVES", "COST", "EGRESS", "SITES"
    )
    for one in workloads:
        made.add_row(
            one["name"],
            "-" if one["targetMilliseconds"] is None else f"{one['targetMilliseconds']} ms",
            "-" if one["p95Milliseconds"] is None else f"{one['p95Milliseconds']:.1f} ms",
            _percent(one["attainedTimePercent"]),
            _percent(one["attainedRequestsPercent"]),
            "never served" if one["firstAnswerSeconds"] is None else words_of(one["unservedSeconds"]),
            str(len(one["moves"])),
            f"{one['cost']:.2f}",
            f"{one['egressGibibytes']:.1f} GiB",
            Text(", ".join(f"{site['name']} {words_of(site['seconds'])}" for site in one["sites"])),
        )
    return made


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} %"


def _moves(moves: Iterable[tuple[str, Tree]]) -> Table:
    made = plain_table("AT", "WORKLOAD", "FROM", "TO", "TRIGGER", "TOOK", "RESULT", "WHY")
    for name, move in moves:
        took = words_of(move["endSeconds"] - move["startSeconds"])
        way = (move["fromSite"], move["toSite"], move["trigger"], took, move["result"])
        made.add_row(words_of(move["startSeconds"]), name, *way, Text(_why(move)))
    return made


def _why(move: Tree) -> str:
    """The decision's sentence without what the row says already."""
    said: str = move["reason"]
    _, because, reason = said.partition("because ")
    return reason if because else said


def _happened(document: Tree) -> Table:
    made = plain_table("AT", "WHAT")
    for event in document["happened"]:
        made.add_row(words_of(event["seconds"]), Text(event["message"]))
    return made
