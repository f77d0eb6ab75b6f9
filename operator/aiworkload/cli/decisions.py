# SPDX-License-Identifier: Apache-2.0
"""A decision as a part of an answer: everything that the engine said, nothing cut."""

from collections.abc import Iterable
from math import ceil

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.cli.answers import (
    CandidateAnswer,
    ChallengerAnswer,
    FactorAnswer,
    LatencyAnswer,
    MoveAnswer,
    PlaceAnswer,
)
from aiworkload.placement.plan import Candidate, Challenger, Factor, LatencyEstimate, Move
from aiworkload.snapshot.workload import Assignment


def places(assignments: Iterable[Assignment]) -> tuple[PlaceAnswer, ...]:
    """Sites and variants, sorted."""
    return tuple(_place(one) for one in sorted(assignments))


def move_answer(move: Move | None) -> MoveAnswer | None:
    """A move with both ends."""
    if move is None:
        return None
    return MoveAnswer(
        source=_place(move.source),
        target=_place(move.target),
        trigger=move.trigger,
        start_time=to_rfc3339(move.started_at),
        keep_source=move.keep_source,
    )


def latency_answer(estimate: LatencyEstimate | None) -> LatencyAnswer | None:
    """Whole milliseconds, rounded up: a target that is missed by a hair is missed."""
    if estimate is None:
        return None
    return LatencyAnswer(
        network_p95_milliseconds=_milliseconds(estimate.network_microseconds),
        compute_p95_milliseconds=_milliseconds(estimate.compute_microseconds),
        total_p95_milliseconds=_milliseconds(estimate.total_microseconds),
        source=estimate.source,
        observed_time=moment_or_none(estimate.observed_at or None),
        stale=estimate.stale,
    )


def challenger_answer(challenger: Challenger | None) -> ChallengerAnswer | None:
    """Who has been better, and since when."""
    if challenger is None:
        return None
    site, variant = challenger.assignment
    return ChallengerAnswer(site=site, variant=variant, since_time=to_rfc3339(challenger.since))


def candidate_answer(candidate: Candidate) -> CandidateAnswer:
    """Points with their factors, or the sentence against it."""
    rejection = candidate.rejection
    return CandidateAnswer(
        site=candidate.assignment.site,
        variant=candidate.assignment.variant,
        feasible=candidate.feasible,
        reject_reason=rejection.reason if rejection else None,
        reject_message=rejection.message if rejection else None,
        points=candidate.points if candidate.feasible else None,
        factors=tuple(_factor(factor) for factor in candidate.factors),
    )


def _factor(factor: Factor) -> FactorAnswer:
    return FactorAnswer(
        name=factor.name,
        points=factor.points,
        weight=factor.weight,
        value=factor.value,
        source=factor.source,
        age_seconds=None if factor.age is None else int(factor.age),
    )


def moment_or_none(seconds: float | None) -> str | None:
    """A time, or null."""
    return None if seconds is None else to_rfc3339(seconds)


def _place(assignment: Assignment) -> PlaceAnswer:
    return PlaceAnswer(site=assignment.site, variant=assignment.variant)


def _milliseconds(microseconds: int | None) -> int | None:
    return None if microseconds is None else ceil(microseconds / 1000)
