# SPDX-License-Identifier: Apache-2.0
"""A set of sites in figures: who serves whom, what the worst client sees, what it costs."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypedDict

from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.cost import as_money
from aiworkload.placement.latency import estimate, meets, reach_of
from aiworkload.placement.plan import LatencyEstimate
from aiworkload.placement.site_problem import GRAIN, Sites
from aiworkload.placement.site_set import Choice, SiteSet
from aiworkload.snapshot.workload import Assignment

_SCALE = 100


class Figures(TypedDict):
    """Fields of a `Decision`, as they are for a set."""

    serves: Mapping[Assignment, tuple[str, ...]]
    latency: LatencyEstimate | None
    latency_met: bool | None
    cost_per_hour: str | None


def figures(asking: Asking, field: Field, sites: Sites, chosen: SiteSet) -> Figures:
    """What is true of the set, where a single site's figures would stand."""
    serves = serves_of(sites, chosen)
    latency, met = _latency(asking, field, serves)
    return Figures(serves=serves, latency=latency, latency_met=met, cost_per_hour=money(chosen))


def money(chosen: SiteSet) -> str:
    """What a set costs in an hour."""
    return as_money(max(Decimal(0), Decimal(str(round(chosen.cost - GRAIN * len(chosen.members), 6)))))


def served_by(sites: Sites, chosen: SiteSet) -> Iterable[tuple[int, int]]:
    """(client, candidate) for each client that counts."""
    return enumerate(chosen.serves) if sites.clients else ()


def serves_of(sites: Sites, chosen: SiteSet) -> dict[Assignment, tuple[str, ...]]:
    """The client sites of each member, by name; empty for one that serves none."""
    found: dict[Assignment, list[str]] = {where: [] for where in sites.assignments(chosen.members)}
    for client, by in served_by(sites, chosen):
        found[sites.candidates[by]].append(sites.clients[client].site)
    return {where: tuple(sorted(names)) for where, names in found.items()}


def taker_of(asking: Asking, sites: Sites, chosen: SiteSet, left: Assignment) -> Assignment:
    """The member that serves most of the clients of one that leaves; of equal ones, and without clients, the first.

    Whose clients they were is what the status last said.
    """
    published = asking.workload.published.placements if asking.workload.published else ()
    orphans = {name for p in published if (p.site, p.variant) == left for name in p.clients}
    serves = serves_of(sites, chosen)
    return min(serves, key=lambda where: (-len(orphans.intersection(serves[where])), where))


def _latency(
    asking: Asking, field: Field, serves: dict[Assignment, tuple[str, ...]]
) -> tuple[LatencyEstimate | None, bool | None]:
    """What the worst client sees at the site that serves it, and whether all targets are met."""
    found: list[tuple[LatencyEstimate, bool | None]] = []
    for where, names in serves.items():
        if names or not asking.clients:
            clients = tuple((name, 1) for name in names)
            seen = reach_of(clients, tuple(asking.world.path(where.site, name) for name in names))
            compute = field.contexts[where].compute
            told = estimate(seen, compute, asking.world.snapshot.taken_at)
            found.append((told, meets(seen, compute, asking.target_microseconds)))
    if not found:
        return None, None
    verdicts = [met for _, met in found]
    met = False if False in verdicts else None if None in verdicts else True
    return max(found, key=lambda one: (one[1] is False, one[1] is None, one[0].total_microseconds or 0))[0], met


def margin_points(choice: Choice, chosen: SiteSet) -> int | None:
    """Points of the set over the best other one."""
    other = choice.runner_up if chosen.members == choice.best.members else choice.best
    return max(-_SCALE, min(_SCALE, round(chosen.points - other.points))) if other else None
