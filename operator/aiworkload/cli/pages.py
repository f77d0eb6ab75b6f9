# SPDX-License-Identifier: Apache-2.0
"""The answer of `explain` for people: why here, why not there, what happened, what comes next."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiworkload.cli.tree import Tree, part, parts

SHOWN: Final = 10
"""Candidates in the table: as many as a status tells."""


def explanation_page(document: Tree) -> RenderableType:
    """The whole page, top down: the answer first, then what it rests on."""
    decision = document["decision"]
    parts: list[RenderableType] = [_heading(document)]
    if decision:
        parts += [_line("Why", f"{decision['reason']}: {decision.get('message', '')}"), *_margin(decision)]
    parts += [_line("Latency", _latency(document)), *_cost(document), _line("Next", document["nextStep"])]
    if decision and decision.get("nextCheckTime"):
        parts += [_line("Again", f"looked at again at {decision['nextCheckTime']} at the latest")]
    if decision and decision.get("candidates"):
        parts += _section("Considered", candidates_table(shown(decision["candidates"])))
    if decision and _some_are_missing(decision):
        parts += _section("Refused", _refused(decision))
    if decision and decision.get("overturns"):
        parts += _section("What would change it", _sentences(decision["overturns"]))
    if document["moves"]:
        parts += _section("Moves", _moves(document["moves"]))
    if document["conditions"]:
        parts += _section("Conditions", _conditions(document["conditions"]))
    return Group(*parts)


def plain_table(*columns: str) -> Table:
    """A plain table, as kubectl prints them."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def candidates_table(candidates: Iterable[Tree]) -> Table:
    """Every site that was considered: its points by factor, or the sentence against it."""
    made = plain_table("SITE", "VARIANT", "POINTS", "WHY")
    for candidate in candidates:
        if candidate["feasible"]:
            made.add_row(candidate["site"], candidate["variant"], str(candidate.get("points", "")), _factors(candidate))
        else:
            why = f"{candidate.get('rejectReason')}: {candidate.get('rejectMessage', '')}"
            made.add_row(candidate["site"], candidate["variant"], Text("no", style="red"), Text(why))
    return made


def shown(candidates: Sequence[Tree]) -> Sequence[Tree]:
    """The best ten; refused ones only where there is room for all, since each reason is told once below."""
    if len(candidates) <= SHOWN:
        return candidates
    feasible = [candidate for candidate in candidates if candidate["feasible"]]
    return feasible[:SHOWN]


def _some_are_missing(decision: Tree) -> bool:
    """Whether more were refused than the table shows."""
    told = sum(not candidate["feasible"] for candidate in shown(parts(decision, "candidates")))
    return sum(int(one["count"]) for one in parts(decision, "rejected")) > told


def _refused(decision: Tree) -> Table:
    """How many for each reason, with the sentence of one of them."""
    example = {one.get("rejectReason"): one.get("rejectMessage", "") for one in reversed(parts(decision, "candidates"))}
    made = plain_table("REASON", "COUNT", "FOR EXAMPLE")
    for one in parts(decision, "rejected"):
        made.add_row(one["reason"], str(one["count"]), Text(example.get(one["reason"], "")))
    return made


def _sentences(told: Iterable[str]) -> Table:
    made = Table.grid()
    for sentence in told:
        made.add_row(Text(sentence))
    return made


def _heading(document: Tree) -> Text:
    workload = document["workload"]
    places = [f"{one['site']} ({one['variant']}, {one['state']})" for one in document["placements"]]
    text = Text(f"{workload['namespace']}/{workload['name']}", style="bold")
    text.append(f" is at {', '.join(places)}" if places else " is nowhere", style="not bold")
    if document["source"] == "Live":
        text.append(" (decided just now from the cluster; nothing was written)", style="not bold")
    return text


def _line(label: str, words: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=8, style="bold")
    grid.add_column(overflow="fold")
    grid.add_row(label, Text(words))
    return grid


def _margin(decision: Tree) -> Iterable[RenderableType]:
    if decision.get("marginPoints") is not None:
        yield _line("Margin", f"{decision['marginPoints']} points over the next best")


def _cost(document: Tree) -> Iterable[RenderableType]:
    if document["cost"]:
        yield _line("Cost", f"{document['cost']['estimatedPerHour']} an hour, in the currency of the Sites")


def _latency(document: Tree) -> str:
    target = part(document, "requirements", "latency").get("p95Milliseconds")
    found = document["latency"]
    wanted = f"target {target} ms p95" if target is not None else "no target"
    if not found:
        return f"unknown ({wanted})"
    network, compute = found.get("networkP95Milliseconds"), found.get("computeP95Milliseconds")
    parts = f"network {_ms(network)} + compute {_ms(compute)}"
    return f"{_ms(found.get('totalP95Milliseconds'))} = {parts}, {found.get('source', 'Unknown')} ({wanted})"


def _ms(value: int | None) -> str:
    return "unknown" if value is None else f"{value} ms"


def _section(title: str, content: Table) -> list[RenderableType]:
    return [Text(""), Text(title, style="bold underline"), Padding(content, (0, 0, 0, 2))]


def _factors(candidate: Tree) -> Text:
    words = (
        f"{factor['name']} {factor['points']} (weight {factor['weight']}"
        + (f"; {factor['value']})" if factor.get("value") else ")")
        for factor in parts(candidate, "factors")
        if factor["weight"]
    )
    return Text(", ".join(words))


def _moves(moves: Iterable[Tree]) -> Table:
    made = plain_table("FROM", "TO", "TRIGGER", "STARTED", "ENDED", "RESULT")
    for move in moves:
        made.add_row(*(move[key] for key in ("fromSite", "toSite", "trigger", "startTime", "endTime", "result")))
    return made


def _conditions(conditions: Iterable[Tree]) -> Table:
    made = plain_table("TYPE", "STATUS", "REASON", "SINCE", "MESSAGE")
    for one in conditions:
        message = Text(one.get("message", ""))
        made.add_row(one["type"], one["status"], one["reason"], one["lastTransitionTime"], message)
    return made
