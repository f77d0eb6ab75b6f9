# SPDX-License-Identifier: Apache-2.0
"""What tests expect of decisions, in the words of the domain."""

from collections.abc import Callable

from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Candidate, Decision, DecisionReason, Move, Rejection, RejectReason
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey

Story = Callable[..., Decision]
"""Tells a world in a few words and gives the decision made in it."""


def decided(snapshot: Snapshot, name: str = "detector", policy: Policy | None = None) -> Decision:
    """The decision about one workload of a snapshot, at the moment it was taken."""
    plan = decide(snapshot, policy or Policy(), snapshot.taken_at)
    return plan.decisions[WorkloadKey("factory", name)]


def candidate_at(decision: Decision, site: str, variant: str | None = None) -> Candidate:
    """The candidate of a site."""
    found = [c for c in decision.candidates if c.assignment.site == site and variant in (None, c.assignment.variant)]
    assert len(found) == 1, f"{len(found)} candidates at {site}: {decision.candidates}"
    return found[0]


def points_of(decision: Decision, site: str, factor: str, variant: str = "default") -> int:
    """A factor's points at a site."""
    return next(f.points for f in candidate_at(decision, site, variant).factors if f.name == factor)


def expect_rejected(decision: Decision, site: str, reason: RejectReason, *words: str) -> Rejection:
    """The site is rejected for that reason, with these words in the sentence."""
    rejection = candidate_at(decision, site).rejection
    assert rejection is not None, f"{site} was not rejected"
    assert rejection.reason is reason, rejection
    for word in words:
        assert word in rejection.message, rejection.message
    return rejection


def expect_feasible(decision: Decision, site: str) -> Candidate:
    """The site passed all filters."""
    found = candidate_at(decision, site)
    assert found.rejection is None, found.rejection
    return found


def expect_serves_at(decision: Decision, *sites: str) -> None:
    """Where the workload is to serve, in any order."""
    assert sorted(a.site for a in decision.assignments) == sorted(sites), decision.message


def expect_stays(decision: Decision, site: str, *words: str) -> None:
    """Nothing moves, and the message says so with these words."""
    expect_serves_at(decision, site)
    assert decision.move is None, decision.move
    for word in words:
        assert word in decision.message, decision.message


def expect_moves(decision: Decision, target: str, trigger: str) -> Move:
    """A move to that site begins or goes on for that reason."""
    assert decision.reason is DecisionReason.MOVES, decision.message
    assert decision.move is not None
    assert decision.move.target.site == target, decision.message
    assert decision.move.trigger.value == trigger, decision.message
    return decision.move


def expect_held_back(decision: Decision, *words: str) -> None:
    """A move is wanted, and a rule that these words name holds it back."""
    assert decision.move is None, decision.message
    assert decision.suppressed is not None, decision.message
    for word in words:
        assert word in decision.suppressed, decision.suppressed
