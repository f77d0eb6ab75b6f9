# SPDX-License-Identifier: Apache-2.0
"""Why, in sentences: with the values that led there, for people who were not in the room."""

from collections import Counter
from collections.abc import Mapping, Sequence

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload_status import LatencySource, MoveTrigger
from aiworkload.placement.latency import Path, PathState, Reach
from aiworkload.placement.plan import Candidate, Move, RejectReason
from aiworkload.snapshot.workload import Assignment

_REASONS_SHOWN = 3
"""Sentences in a summary: enough to act on, short enough to read in a terminal."""


def milliseconds(microseconds: int) -> str:
    """Milliseconds with at most four figures."""
    return f"{microseconds / 1000:.4g}"


def path_age(path: Path) -> str:
    """Where a path's figure comes from."""
    if path.source in (LatencySource.DECLARED, LatencySource.ESTIMATED):
        return path.source.value.lower()
    return "same site" if path.observed_at is None else f"measured {path.age:.0f} s ago"


def path_words(site: str, path: Path) -> str:
    """A path as a clause: `fog-1 is 62 ms from plant-7 (p95, measured 3 s ago)`."""
    if path.microseconds is None:
        lost = f": {path.consecutive_losses} probes got no answer" if path.consecutive_losses else ""
        return f"the way from {path.client} to {site} has not been measured{lost}"
    if path.source is LatencySource.ESTIMATED:
        return (
            f"{site} is some {milliseconds(path.microseconds)} ms from {path.client} (p95, estimated, not measured yet)"
        )
    if path.state is PathState.UNKNOWN:
        last = f"last {milliseconds(path.microseconds)} ms, {path_age(path)}"
        return f"the latency from {path.client} to {site} is not known any more ({last})"
    return f"{site} is {milliseconds(path.microseconds)} ms from {path.client} (p95, {path_age(path)})"


def no_site_fits(candidates: Sequence[Candidate], refused: Mapping[RejectReason, int]) -> str:
    """`no site fits: 3 PrivacyBoundary, 2 InsufficientResources; ...` with the first few sentences.

    `candidates` are those that are told; `refused` counts all there are, before what this cycle has given to others.
    """
    rejections = [candidate.rejection for candidate in candidates if candidate.rejection]
    if not rejections:
        return "no site fits: there is no Site"
    told = Counter(rejection.reason for rejection in rejections)
    counts = {r.value: max(told.get(r, 0), refused.get(r, 0)) for r in {*told, *refused}}
    most_first = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    summary = ", ".join(f"{count} {reason}" for reason, count in most_first if count)
    sentences = list(dict.fromkeys(rejection.message for rejection in rejections))
    more = "; ..." if len(sentences) > _REASONS_SHOWN else ""
    return f"no site fits: {summary}; {'; '.join(sentences[:_REASONS_SHOWN])}{more}"


def chosen(candidate: Candidate, runner_up: Candidate | None) -> str:
    """Why the best one is the best."""
    site, variant = candidate.assignment
    best = f"{site} ({variant}) has {candidate.points} points"
    if runner_up is None:
        return f"{best}; no other site fits"
    margin = candidate.points - runner_up.points
    beside = f"{margin} more than" if margin >= 0 else f"{-margin} less than"
    return f"{best}, {beside} {runner_up.assignment.site}{_scarce(candidate, runner_up)}"


def stays(standing: Candidate, runner_up: Candidate | None) -> str:
    """Why the standing placement is kept."""
    site, variant = standing.assignment
    if runner_up is None:
        return f"{site} ({variant}) stays with {standing.points} points; no other site fits"
    margin = standing.points - runner_up.points
    beside = f"{margin} more than" if margin >= 0 else f"{-margin} less than"
    said = f"{site} ({variant}) stays with {standing.points} points, {beside} {runner_up.assignment.site}"
    return f"{said}{_scarce(standing, runner_up)}"


def _scarce(*candidates: Candidate) -> str:
    """What others, who want the same room, would lose."""
    told = (
        f"; its room at {candidate.assignment.site} is worth {candidate.scarcity} points to others"
        for candidate in candidates
        if candidate.scarcity
    )
    return "".join(told)


def nowhere_else(others: Sequence[Candidate], refused: Mapping[RejectReason, int]) -> str:
    """Why nothing can be done about a placement that should not stand; `refused` counts all others."""
    feasible = [candidate.assignment.site for candidate in others if candidate.feasible]
    if feasible:
        return f"moves to {', '.join(dict.fromkeys(feasible))} have failed and wait for their back-off"
    return no_site_fits(others, refused)


def going(move: Move, words: str | None) -> str:
    """A move that begins, with its reason, or goes on."""
    way = f"{move.trigger}: from {move.source.site} to {move.target.site}"
    return f"{way}, because {words}" if words else f"{way}, begun at {to_rfc3339(move.started_at)}"


def draining(move: Move) -> str:
    """A move that has switched and clears up behind itself."""
    return f"{move.trigger}: {move.target.site} serves, {move.source.site} is drained and removed"


def suppressed(trigger: MoveTrigger, target: Assignment, rule: str) -> str:
    """What holds a wanted move back."""
    return f"a move to {target.site} ({trigger}) is held back by {rule}"


def held(reach: Reach, site: str) -> str:
    """Why nothing moves while measurements are missing."""
    unknown = [path_words(site, path) for path in reach.paths if path.state is PathState.UNKNOWN]
    return f"MeasurementsStale: {'; '.join(unknown)}; {site} stays until it is known again"


def first_reason(candidates: Sequence[Candidate]) -> str | None:
    """The first rejection's sentence."""
    return next((candidate.rejection.message for candidate in candidates if candidate.rejection), None)
