# SPDX-License-Identifier: Apache-2.0
"""The replay as one self-contained HTML page: no script, no request, readable in light and dark."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from aiworkload.cli.timeline_chart import chart
from aiworkload.cli.tree import Tree
from aiworkload.simulation.quantities import words_of

_STYLE: Final = """
:root { color-scheme: light dark;
  --paper: #fff; --ink: #1c2330; --quiet: #5b6577; --line: #d9dee7; --card: #f5f7fa; --bad: #c62f3b;
  --edge: #1b7f5c; --fog: #7a4fb5; --cloud: #1f6fb8; --wait: #1c2330; --cost: #b8c4d6; --move: #b35c00; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14181f; --ink: #e6eaf1; --quiet: #9aa5b8; --line: #313947; --card: #1c222c; --bad: #ff6b74;
  --edge: #2c9a74; --fog: #9470d0; --cloud: #3b8ad6; --wait: #e6eaf1; --cost: #3f4c61; --move: #ffa94d; } }
body { margin: 0 auto; max-width: 1120px; padding: 28px 20px 60px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 40px 0 6px; }
p { margin: 0 0 8px; color: var(--quiet); }
.figures { display: flex; flex-wrap: wrap; gap: 10px; margin: 14px 0; padding: 0; list-style: none; }
.figures li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 6px 14px; }
.figures b { display: block; font-size: 18px; font-variant-numeric: tabular-nums; }
.figures span { color: var(--quiet); font-size: 12px; }
.figures .bad b { color: var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: 18px; color: var(--quiet); font-size: 13px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px;
  margin-right: 6px; vertical-align: -1px; }
svg { width: 100%; height: auto; display: block; margin: 8px 0; } svg text { font: 12px system-ui, sans-serif; }
.edge { fill: var(--edge); background: var(--edge); } .fog { fill: var(--fog); background: var(--fog); }
.cloud { fill: var(--cloud); background: var(--cloud); } .none { fill: var(--bad); background: var(--bad); }
.on { fill: #fff; } .label { fill: var(--ink); } .tick { fill: var(--quiet); font-size: 11px !important; }
.grid { stroke: var(--line); stroke-width: 1; opacity: .6; } .axis { stroke: var(--line); stroke-width: 1; }
.event { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 2 3; }
.touch { stroke: transparent; stroke-width: 12; }
.wait { fill: none; stroke: var(--wait); stroke-width: 1.2; stroke-linejoin: round; }
.target { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 6 4; }
.gap { fill: var(--bad); opacity: .18; } .cost { fill: var(--cost); }
line.move { stroke: var(--move); stroke-width: 1.4; }
path.move { fill: var(--move); }
line.failed { stroke-dasharray: 3 3; } path.failed { fill: var(--bad); }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; } td, th { text-align: left; padding: 5px 12px 5px 0;
  border-bottom: 1px solid var(--line); vertical-align: top; } th { color: var(--quiet); font-weight: 600; }
td.n { width: 1%; font-variant-numeric: tabular-nums; white-space: nowrap; } .wide { overflow-x: auto; }
"""

_LEGEND: Final = (
    '<div class="legend"><span><i class="edge"></i>Edge</span><span><i class="fog"></i>Fog</span>'
    '<span><i class="cloud"></i>Cloud</span><span><i class="none"></i>unserved</span>'
    "<span>&#9650; a move: point at it for its reason</span><span>dotted: something happened</span></div>"
)


def timeline_page(document: Tree) -> str:
    """The page as text."""
    title = escape(document["scenario"])
    body = [
        f"<h1>{title}</h1><p>{escape(document['description'])}</p>",
        _figures(_overall(document)),
        _LEGEND,
        *(_workload(document, workload) for workload in document["workloads"]),
        _happened(document),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    whole = f"<head>{head}<style>{_STYLE}</style></head>\n<body>{''.join(body)}</body>"
    return f'<!doctype html>\n<html lang="en">{whole}</html>\n'


Figure = tuple[str, str, bool]
"""Value, what it is, and whether it is bad."""


def _figures(figures: Iterable[Figure]) -> str:
    items = (
        f"<li{' class=bad' if bad else ''}><b>{escape(value)}</b><span>{escape(name)}</span></li>"
        for value, name, bad in figures
    )
    return f'<ul class="figures">{"".join(items)}</ul>'


def _overall(document: Tree) -> Iterator[Figure]:
    yield words_of(document["seconds"]), f"from {document['startTime']}", False
    yield str(len(document["workloads"])), "workloads", False
    yield str(document["moves"]), "moves", False
    yield f"{document['cost']:.2f}", "cost, in the currency of the Sites", False
    yield str(document["seed"]), "seed", False


def _workload(document: Tree, workload: Tree) -> str:
    parts = [
        f"<h2>{escape(workload['name'])}</h2><p>{escape(workload['message'])}</p>",
        _figures(_of_workload(workload)),
        chart(document, workload),
    ]
    if workload["moves"]:
        parts.append(_moves(workload["moves"]))
    return f"<section>{''.join(parts)}</section>"


def _of_workload(workload: Tree) -> Iterator[Figure]:
    target = workload["targetMilliseconds"]
    in_time = workload["attainedTimePercent"]
    yield "-" if in_time is None else f"{in_time:.2f} %", "of the time within the target", in_time is None
    requests = workload["attainedRequestsPercent"]
    yield "-" if requests is None else f"{requests:.2f} %", "of the requests", False
    waited = workload["p95Milliseconds"]
    beyond = waited is not None and target is not None and waited > target
    yield "-" if waited is None else f"{waited:.1f} ms", "p95" if target is None else f"p95, target {target} ms", beyond
    yield words_of(workload["unservedSeconds"]), "unserved", workload["unservedSeconds"] > 0
    yield str(len(workload["moves"])), "moves", False
    yield f"{workload['cost']:.2f}", "cost", False
    yield f"{workload['egressGibibytes']:.1f} GiB", "between sites", False


def _moves(moves: Iterable[Tree]) -> str:
    rows = (
        f"<tr><td class=n>{words_of(move['startSeconds'])}</td><td class=n>{escape(move['fromSite'])} &#8594; "
        f"{escape(move['toSite'])}</td><td>{escape(move['trigger'])}</td><td class=n>"
        f"{words_of(move['endSeconds'] - move['startSeconds'])}</td><td>{escape(move['result'])}</td>"
        f"<td>{escape(move['reason'])}</td></tr>"
        for move in moves
    )
    head = "<tr><th>at</th><th>move</th><th>trigger</th><th>took</th><th>result</th><th>why</th></tr>"
    return f'<div class="wide"><table>{head}{"".join(rows)}</table></div>'


def _happened(document: Tree) -> str:
    rows = (
        f"<tr><td class=n>{words_of(event['seconds'])}</td><td>{escape(event['message'])}</td></tr>"
        for event in document["happened"]
    )
    return f'<h2>What happened</h2><div class="wide"><table>{"".join(rows)}</table></div>'
