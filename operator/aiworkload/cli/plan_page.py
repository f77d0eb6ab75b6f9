# SPDX-License-Identifier: Apache-2.0
"""The answer of `plan` for people."""

from collections.abc import Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiworkload.cli.answers import PlanSource
from aiworkload.cli.pages import candidates_table, plain_table
from aiworkload.cli.tree import Tree

FEW: Final = 5
"""Of so few workloads every candidate is shown, whoever named them; of more, those of the files. Ours."""


def plan_page(document: Tree) -> RenderableType:
    """What would change, then for the workloads that were asked about every site that was considered."""
    workloads: list[Tree] = document["workloads"]
    files = any(workload["inFile"] for workload in workloads)
    parts: list[RenderableType] = [Text(_summary(document), style="bold"), _decisions(workloads, files=files)]
    for workload in workloads:
        if (workload["inFile"] or len(workloads) <= FEW) and workload["candidates"]:
            parts.append(Text(f"\n{workload['namespace']}/{workload['name']}: considered", style="bold underline"))
            parts.append(Padding(candidates_table(workload["candidates"]), (0, 0, 0, 2)))
    return Group(*parts)


def _summary(document: Tree) -> str:
    if not document["changes"]:
        return _unmoved(document)
    done = [
        f"{one['action'].lower()} {one['kind']} {one['name']}" for one in document["objects"] if one["action"] != "None"
    ]
    return f"Would {', '.join(done) or 'change placements'}{_affected(document)}. Nothing was written."


def _others(document: Tree) -> int:
    """How many would be affected though no file names them: all that a cluster's plan lists; a snapshot's lists all."""
    listed = document["source"] == PlanSource.CLUSTER
    return sum(1 for workload in document["workloads"] if not workload["inFile"] and (listed or workload["changes"]))


def _unmoved(document: Tree) -> str:
    felt = _others(document)
    if not felt:
        return "Nothing would change."
    who = (
        f"{felt} workloads would be affected where they stay"
        if felt > 1
        else "one workload would be affected where it stays"
    )
    return f"Nothing would change at once; {who}."


def _affected(document: Tree) -> str:
    """How many change their place where no file is given, else how many others are affected."""
    if not document["objects"]:
        moved = sum(1 for workload in document["workloads"] if workload["changes"])
        return f" of {moved} workloads" if moved != 1 else " of one workload"
    others = _others(document)
    return f"; {others} other workloads would be affected" if others else "; no other workload would be affected"


def _decisions(workloads: Iterable[Tree], *, files: bool) -> Table:
    compared = any(workload["otherwise"] is not None for workload in workloads)
    made = plain_table("WORKLOAD", "NOW AT", *(["OTHERWISE"] if compared else []), "WOULD BE AT", "WHY")
    for workload in workloads:
        held = f"; held back: {workload['heldBack']}" if workload["heldBack"] else ""
        why = Text(f"{workload['trigger'] or workload['reason']}: {workload['message']}{held}")
        name = f"{workload['namespace']}/{workload['name']}"
        name += " (not in the file)" if files and not workload["inFile"] else ""
        otherwise = [_places(workload["otherwise"] or ())] if compared else []
        made.add_row(name, _places(workload["from"]), *otherwise, _places(workload["to"]), why)
    return made


def _places(places: Iterable[Tree]) -> str:
    return ", ".join(f"{place['site']} ({place['variant']})" for place in places) or "nowhere"
