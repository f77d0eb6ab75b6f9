# SPDX-License-Identifier: Apache-2.0
"""A set of sites in sentences: what it covers, at what cost, who serves whom, and what the next best would be."""

from aiworkload.placement import explanation
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.set_change import Change
from aiworkload.placement.set_figures import money, serves_of
from aiworkload.placement.set_standing import SetStanding
from aiworkload.placement.site_problem import Sites
from aiworkload.placement.site_set import Choice, SiteSet
from aiworkload.snapshot.workload import Assignment

_CENT_DIGITS = 6
"""Money has so many decimals."""


def covers(asking: Asking, sites: Sites, choice: Choice, chosen: SiteSet) -> str:
    """`2 sites cover 3 clients within 60 ms at 0.42 per hour: fog-1 for plant-7, ...; the next best set ...`."""
    count = len(chosen.members)
    one = "1 site covers" if count == 1 else f"{count} sites cover"
    said = f"{one} {_clients(asking, sites, chosen)} at {money(chosen)} per hour"
    short = sites.problem.min_sites - count
    missing = f"; {short} more are asked for by minSites, and no site fits" if short > 0 else ""
    return f"{said}: {_who(sites, chosen)}{missing}{_beside(sites, choice, chosen)}"


def _clients(asking: Asking, sites: Sites, chosen: SiteSet) -> str:
    if not sites.clients:
        return "all requests"
    problem = sites.problem
    late = [sites.clients[at].site for at, by in enumerate(chosen.serves) if problem.service[at, by] > problem.target]
    count = len(sites.clients) - len(late)
    target = f" within {explanation.milliseconds(asking.target_microseconds)} ms" if asking.target_microseconds else ""
    said = f"{count} client{'' if count == 1 else 's'}{target}"
    return f"{said} and {', '.join(late)} above it or out of reach" if late else said


def _who(sites: Sites, chosen: SiteSet) -> str:
    found = serves_of(sites, chosen)
    return "; ".join(
        f"{where.site} ({where.variant}) for {', '.join(names) or 'none'}" for where, names in found.items()
    )


def _beside(sites: Sites, choice: Choice, chosen: SiteSet) -> str:
    other = choice.runner_up if choice.best.members == chosen.members else choice.best
    if other is None or other.members == chosen.members or not set(other.members) <= set(range(len(sites.candidates))):
        return ""
    names = ", ".join(where.site for where in sites.assignments(other.members))
    return f"; the next best set ({names}) {_difference(chosen, other)}"


def _difference(chosen: SiteSet, other: SiteSet) -> str:
    missed, cost = other.missed - chosen.missed, round(other.cost - chosen.cost, _CENT_DIGITS - 1)
    if missed:
        return f"misses the target of {abs(missed):g} requests a second {'more' if missed > 0 else 'less'}"
    if cost:
        return f"costs {abs(cost):.{_CENT_DIGITS - 1}f}".rstrip("0").rstrip(".") + (" more" if cost > 0 else " less")
    return f"has {abs(other.points - chosen.points):.0f} points {'less' if other.points <= chosen.points else 'more'}"


def held_words(change: Change, said: str) -> str:
    """A change that is wanted and waits."""
    return f"{change.words}; the set stays for now: {said}"


def first_words(sites: Sites, standing: SetStanding, chosen: SiteSet, said: str) -> str:
    """What is done without waiting, with its reason."""
    new = [where.site for where in sites.assignments(chosen.members) if where not in standing.assignments]
    if not new or not standing.lost:
        return said
    gone = ", ".join(sorted({p.site for p in (*standing.silent, *standing.leaving)}))
    return f"{', '.join(new)} make{'s' if len(new) == 1 else ''} up for {gone}; {said}"


def nothing_fits(field: Field, runs_on: tuple[Assignment, ...]) -> str:
    """Why there is no set."""
    why = explanation.no_site_fits(field.some_refused, field.refused)
    if not runs_on:
        return why
    return f"{', '.join(where.site for where in runs_on)} run on alone; {why}"
