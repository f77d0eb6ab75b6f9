# SPDX-License-Identifier: Apache-2.0
"""One workload's timeline as inline SVG: where it ran, how long clients waited against the target, what it cost."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from aiworkload.cli.tree import Tree
from aiworkload.simulation.quantities import words_of

WIDTH: Final = 1080
LEFT: Final = 92
"""For labels; the time axis begins here."""
RIGHT: Final = 12
LANE: Final = 22
GAP: Final = 14
LATENCY: Final = 120
COST: Final = 46
AXIS: Final = 24
_CHARACTER: Final = 7.2
"""Pixels of a letter at the size of the lanes' labels."""
_TICKS: Final = (60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0)
_MOST_TICKS: Final = 13

Numbers = Sequence[float | None]


class Scale:
    """From seconds of the scenario to pixels."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1.0, seconds)

    def x(self, at: float) -> float:
        """The place of a second, in pixels to a tenth."""
        share = min(1.0, max(0.0, at / self.seconds))
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def chart(document: Tree, workload: Tree) -> str:
    """The drawing of one workload."""
    scale = Scale(document["seconds"])
    tiers = {site["name"]: site["tier"] for site in document["sites"]}
    clients = sorted({stay["client"] for stay in workload["stays"]})
    lanes = len(clients) * (LANE + 4)
    latency_top = lanes + GAP
    cost_top = latency_top + LATENCY + GAP
    height = cost_top + COST + AXIS
    parts = [
        *_grid(scale, height - AXIS),
        *_happened(document, scale, height - AXIS),
        *_lanes(workload, clients, scale, tiers),
        *_latency(workload, scale, latency_top),
        *_cost(workload, scale, cost_top),
        *_moves(workload, scale, height - AXIS),
    ]
    label = escape(f"timeline of {workload['name']}")
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _grid(scale: Scale, bottom: float) -> Iterator[str]:
    step = next((tick for tick in _TICKS if scale.seconds / tick <= _MOST_TICKS), _TICKS[-1])
    at = 0.0
    while at <= scale.seconds:
        x = scale.x(at)
        yield f'<line class="grid" x1="{x}" y1="0" x2="{x}" y2="{bottom}"/>'
        yield f'<text class="tick" x="{x}" y="{bottom + 16}" text-anchor="middle">{words_of(at)}</text>'
        at += step


def _happened(document: Tree, scale: Scale, bottom: float) -> Iterator[str]:
    for event in document["happened"]:
        if event["seconds"] > 0:
            x = scale.x(event["seconds"])
            said = escape(f"{words_of(event['seconds'])}: {event['message']}")
            line = f'<line class="event" x1="{x}" y1="0" x2="{x}" y2="{bottom}"/>'
            yield f'<g>{line}<line class="touch" x1="{x}" y1="0" x2="{x}" y2="{bottom}"/><title>{said}</title></g>'


def _lanes(workload: Tree, clients: Sequence[str], scale: Scale, tiers: Tree) -> Iterator[str]:
    for row, client in enumerate(clients):
        y = row * (LANE + 4)
        yield _label(client or "serves at", y + LANE / 2)
        for stay in workload["stays"]:
            if stay["client"] == client:
                yield _stay(stay, scale, tiers, y)


def _stay(stay: Tree, scale: Scale, tiers: Tree, y: float) -> str:
    begin, end = scale.x(stay["beginSeconds"]), scale.x(stay["endSeconds"])
    width = max(1.5, end - begin)
    site = stay["site"]
    tier = "none" if site is None else str(tiers.get(site, "Edge")).lower()
    name = "unserved" if site is None else f"{site} ({stay['variant']})"
    shown = next((text for text in (name, site or "") if text and len(text) * _CHARACTER < width - 8), "")
    text = f'<text class="on" x="{begin + 6}" y="{y + LANE / 2 + 4}">{escape(shown)}</text>' if shown else ""
    where = name if site is None else f"{name}, {tiers.get(site)}"
    said = escape(f"{where}: {words_of(stay['beginSeconds'])} to {words_of(stay['endSeconds'])}")
    box = f'<rect class="{tier}" x="{begin}" y="{y}" width="{round(width, 1)}" height="{LANE}" rx="2"/>'
    return f"<g>{box}{text}<title>{said}</title></g>"


def _latency(workload: Tree, scale: Scale, top: float) -> Iterator[str]:
    samples, target = workload["samples"], workload["targetMilliseconds"]
    waits: Numbers = samples["milliseconds"]
    known = sorted(wait for wait in waits if wait is not None)
    usual = known[int(0.995 * (len(known) - 1))] if known else 0.0
    ceiling = max(1.0, 1.15 * max(usual, target or 0.0))
    yield _label("slowest", top + 14)
    yield _label("client, ms", top + 30)
    yield from _frame(top, LATENCY, f"{ceiling:.0f}")
    for begin, end in _runs([wait is None for wait in waits]):
        x, width = _span(samples, scale, begin, end)
        yield f'<g><rect class="gap" x="{x}" y="{top}" width="{width}" height="{LATENCY}"/><title>unserved</title></g>'
    for begin, end in _runs([wait is not None for wait in waits]):
        points = (
            f"{scale.x(samples['seconds'][i])},{_y(waits[i] or 0.0, ceiling, top, LATENCY)}" for i in range(begin, end)
        )
        yield f'<polyline class="wait" points="{" ".join(points)}"/>'
    if target is not None:
        y = _y(target, ceiling, top, LATENCY)
        yield f'<line class="target" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
        yield f'<text class="tick" x="{WIDTH - RIGHT - 2}" y="{y - 4}" text-anchor="end">target {target} ms</text>'


def _cost(workload: Tree, scale: Scale, top: float) -> Iterator[str]:
    samples = workload["samples"]
    costs: list[float] = samples["costPerHour"]
    ceiling = 1.15 * max(costs, default=0.0) or 1.0
    yield _label("cost", top + 16)
    yield _label("an hour", top + 32)
    yield from _frame(top, COST, f"{ceiling:.2f}")
    if costs:
        bottom = top + COST
        points = [f"{scale.x(samples['seconds'][0])},{bottom}"]
        for at, cost in zip(samples["seconds"], costs, strict=True):
            points.append(f"{scale.x(at)},{_y(cost, ceiling, top, COST)}")
        points.append(f"{scale.x(samples['seconds'][-1] + samples['stepSeconds'])},{bottom}")
        yield f'<polygon class="cost" points="{" ".join(points)}"/>'


def _moves(workload: Tree, scale: Scale, bottom: float) -> Iterator[str]:
    for move in workload["moves"]:
        x = scale.x(move["startSeconds"])
        said = f"{words_of(move['startSeconds'])}: {move['reason']} ({move['result']})"
        kind = "move" if move["result"] == "Completed" else "move failed"
        mark = f'<path class="{kind}" d="M{x - 6},{bottom} L{x + 6},{bottom} L{x},{bottom - 10} Z"/>'
        line = f'<line class="{kind}" x1="{x}" y1="0" x2="{x}" y2="{bottom - 10}"/>'
        touch = f'<line class="touch" x1="{x}" y1="0" x2="{x}" y2="{bottom}"/>'
        yield f"<g>{line}{mark}{touch}<title>{escape(said)}</title></g>"


def _frame(top: float, height: float, ceiling: str) -> Iterator[str]:
    bottom = top + height
    yield f'<line class="axis" x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}"/>'
    yield f'<text class="tick" x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{ceiling}</text>'
    yield f'<text class="tick" x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>'


def _label(text: str, y: float) -> str:
    return f'<text class="label" x="0" y="{y + 4}">{escape(text[:14])}</text>'


def _y(value: float, ceiling: float, top: float, height: float) -> float:
    return round(top + height * (1 - min(1.0, value / ceiling)), 1)


def _span(samples: Tree, scale: Scale, begin: int, end: int) -> tuple[float, float]:
    first = scale.x(samples["seconds"][begin])
    last = scale.x(samples["seconds"][end - 1] + samples["stepSeconds"])
    return first, round(max(1.0, last - first), 1)


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Stretches of true flags, as (first, one past the last)."""
    begin: int | None = None
    for index, flag in enumerate([*flags, False]):
        if flag and begin is None:
            begin = index
        elif not flag and begin is not None:
            yield begin, index
            begin = None
