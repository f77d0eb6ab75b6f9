# SPDX-License-Identifier: Apache-2.0
"""The picture: sites, measured links, workloads with why they are where they are, and the last moves."""

from textwrap import shorten
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table

from demo import sightings, topology
from demo.world import World

MOVES_SHOWN: Final = 4
WHY_WIDTH: Final = 110
"""Characters of a decision's message: what it is about stands first, `explain` has the rest."""
STATE_STYLES: Final = {"Connected": "green", "Degraded": "yellow", "Disconnected": "red", "Lost": "bold red"}


def board(world: World) -> Group:
    """Everything at a glance, from what the API server holds."""
    above = Table.grid(padding=(0, 4))
    above.add_row(_sites(world), _links(world))
    parts: list[RenderableType] = [above, _workloads(world)]
    if moves := _moves(world):
        parts.append(moves)
    return Group(*parts)


def _sites(world: World) -> Table:
    table = _table("SITE", "TIER", "NODES", "STATE")
    for site in world.all("Site"):
        spec, status = site["spec"], site.get("status") or {}
        state = status.get("connectivity", "-")
        nodes = f"{status.get('readyNodes', 0)}/{status.get('nodes', 0)}"
        style = STATE_STYLES.get(state, "dim")
        table.add_row(site["metadata"]["name"], spec["tier"], nodes, f"[{style}]{state}[/]")
    return table


def _links(world: World) -> Table:
    table = _table("LINK", "MEASURED P95")
    for one, other in topology.pairs():
        ends = (sightings.link_microseconds(world, *pair) for pair in ((one, other), (other, one)))
        measured = [microseconds for microseconds in ends if microseconds is not None]
        table.add_row(f"{one} - {other}", f"{max(measured) / 1000:.1f} ms" if measured else "-")
    return table


def _workloads(world: World) -> Table:
    table = _table("WORKLOAD", "AT", "P95 / TARGET", "WHY")
    for workload in world.all("AIWorkload"):
        status = workload.get("status") or {}
        decision = status.get("decision") or {}
        why = shorten(f"{decision.get('reason', '-')}: {decision.get('message', '')}", WHY_WIDTH, placeholder=" ...")
        table.add_row(workload["metadata"]["name"], _standing(status), _latency(workload), why)
    return table


def _moves(world: World) -> Table | None:
    found = [
        (move["startTime"], workload["metadata"]["name"], move)
        for workload in world.all("AIWorkload")
        for move in (workload.get("status") or {}).get("moves", [])
    ]
    if not found:
        return None
    table = _table("MOVED", "FROM", "TO", "TRIGGER", "RESULT")
    for _, name, move in sorted(found, key=lambda one: one[:2])[-MOVES_SHOWN:]:
        table.add_row(name, move["fromSite"], move["toSite"], move["trigger"], move["result"])
    return table


def _standing(status: dict[str, Any]) -> str:
    places = [f"{one['site']} ({one['state']})" for one in status.get("placements", [])]
    return ", ".join(places) or "-"


def _latency(workload: dict[str, Any]) -> str:
    target = (workload["spec"].get("requirements") or {}).get("latency", {}).get("p95Milliseconds")
    found = (workload.get("status") or {}).get("latency") or {}
    total = found.get("totalP95Milliseconds", "?")
    return f"{total} / {target} ms" if target else "no target"


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
