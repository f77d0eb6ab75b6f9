# SPDX-License-Identifier: Apache-2.0
"""The answer of `plan` for people."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiworkload.cli.pages import candidates_table, plain_table
from aiworkload.cli.tree import Tree


def plan_page(document: Tree) -> RenderableType:
    """What would change, then for each workload of the file every site that was considered."""
    parts: list[RenderableType] = [Text(_summary(document), style="bold"), _decisions(document["workloads"])]
    for workload in document["workloads"]:
        if workload["inFile"] and workload["candidates"]:
            parts.append(Text(f"\n{workload['namespace']}/{workload['name']}: considered", style="bold underline"))
            parts.append(Padding(candidates_table(workload["candidates"]), (0, 0, 0, 2)))
    return Group(*parts)


def _summary(document: Tree) -> str:
    if not document["changes"]:
        return "Nothing would change."
    others = sum(1 for workload in document["workloads"] if not workload["inFile"])
    also = f"; {others} other workloads would be affected" if others else "; no other workload would be affected"
    objects = [f"{one['action'].lower()} {one['kind']} {one['name']}" for one in document["objects"]]
    done = [words for words in objects if not words.startswith("none ")]
    return f"Would {', '.join(done) or 'change placements'}{also}. Nothing was written."


def _decisions(workloads: Iterable[Tree]) -> Table:
    made = plain_table("WORKLOAD", "NOW AT", "WOULD BE AT", "WHY")
    for workload in workloads:
        held = f"; held back: {workload['heldBack']}" if workload["heldBack"] else ""
        why = Text(f"{workload['trigger'] or workload['reason']}: {workload['message']}{held}")
        name = f"{workload['namespace']}/{workload['name']}" + ("" if workload["inFile"] else " (not in the file)")
        made.add_row(name, _places(workload["from"]), _places(workload["to"]), why)
    return made


def _places(places: Iterable[Tree]) -> str:
    return ", ".join(f"{place['site']} ({place['variant']})" for place in places) or "nowhere"
