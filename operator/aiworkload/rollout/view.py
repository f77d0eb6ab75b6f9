# SPDX-License-Identifier: Apache-2.0
"""One workload's rollout as all stages see it: what is wanted, what stands, what is in the way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiworkload.api.site import Connectivity
from aiworkload.api.workload_status import MoveResult, MoveStatus, PlacementState
from aiworkload.placement.plan import Decision, Move
from aiworkload.rollout.actions import Action, Apply
from aiworkload.rollout.intent import encode
from aiworkload.rollout.manifests import deployment, service
from aiworkload.rollout.record import is_recorded, record
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import Assignment, MoveIntent, Placement, Workload


@dataclass(frozen=True, slots=True)
class View:
    """Facts and decision together; everything a stage needs is derived here, nothing is stored."""

    workload: Workload
    decision: Decision
    sites: Mapping[str, Site]
    now: float
    default_image: str

    @property
    def wanted(self) -> tuple[Assignment, ...]:
        """Where it should serve."""
        return self.decision.assignments

    @property
    def standing(self) -> dict[Assignment, Placement]:
        """What stands, by site and variant."""
        return {placement.assignment: placement for placement in self.workload.placements}

    @property
    def missing(self) -> tuple[Assignment, ...]:
        """Wanted, but nothing stands there."""
        return tuple(assignment for assignment in self.wanted if assignment not in self.standing)

    @property
    def leaving(self) -> tuple[Placement, ...]:
        """Stands, is not wanted, and is not to be left alone."""
        stays = {*self.wanted, *self.decision.kept}
        return tuple(p for p in self.workload.placements if p.assignment not in stays)

    @property
    def selection(self) -> Assignment | None:
        """What the Service should select: the one placement, or all (None) where several serve."""
        return self.wanted[0] if len(self.wanted) == 1 else None

    @property
    def first_selection(self) -> Assignment | None:
        """What a new Service should select: what is wanted, unless only something else is ready."""
        ready = sorted((p for p in self.workload.placements if p.ready), key=lambda p: (p.created_at, p.assignment))
        if not ready or any(p.assignment in self.wanted for p in ready):
            return self.selection
        return ready[0].assignment

    @property
    def switched(self) -> bool:
        """Whether the Service selects what it should, and knows of the change of sites that is under way.

        A Service that reaches several placements goes on to select the same; there its note alone is the switch.
        """
        found = self.workload.service
        if found is None or found.selects != self.selection:
            return False
        move = self.decision.move
        return self.selection is not None or move is None or (found.intent is not None and _is_of(found.intent, move))

    def is_silent(self, site: str) -> bool:
        """Whether nothing is heard of the site."""
        found = self.sites.get(site)
        return found is not None and found.connectivity in (Connectivity.DISCONNECTED, Connectivity.LOST)

    def runs_on_alone(self, placement: Placement) -> bool:
        """Whether it served until its site fell silent: it may do so still."""
        return self.is_silent(placement.site) and self.workload.has_served(placement.assignment)

    @property
    def last_switch(self) -> MoveIntent | None:
        """The move that the Service was last switched for."""
        return self.workload.service.intent if self.workload.service else None

    def apply_deployment(self, assignment: Assignment) -> Apply:
        """The placement's Deployment, remembering the move that created it."""
        placement = self.standing.get(assignment)
        intent = placement.intent if placement else self._creating_move(assignment)
        site = self.sites[assignment.site].spec
        return Apply(deployment(self.workload, assignment, site, intent, self.default_image))

    def apply_service(self, selects: Assignment | None, intent: MoveIntent | None) -> Apply:
        """The workload's Service, remembering its last switch."""
        return Apply(service(self.workload, selects, intent, unseen=self._is_unseen(selects)))

    def _is_unseen(self, selects: Assignment | None) -> bool:
        """Whether a placement may serve without being seen to: its site is cut off, or came back a moment ago.

        Kubernetes gives up all replicas of a silent node at once, so what was all ready is kept before that, and what
        is all not ready after it. A replica that is ready beside one that is not takes all requests.
        """
        placement = self.standing.get(selects) if selects else None
        site = self.sites.get(selects.site) if selects else None
        if placement is None or site is None or site.connectivity is Connectivity.CONNECTED:
            return False
        return placement.ready_replicas == 0 or (placement.ready and self.is_silent(placement.site))

    def upkeep(self) -> tuple[Action, ...]:
        """What stands and is wanted, as it should be: corrects drift, writes nothing otherwise."""
        deployments = tuple(
            self.apply_deployment(assignment)
            for assignment in self.wanted
            if assignment in self.standing and assignment.site in self.sites and self._has_variant(assignment)
        )
        found = self.workload.service
        return (*deployments, self.apply_service(found.selects, found.intent)) if found else deployments

    def ended_moves(self, *, settled: bool) -> tuple[MoveStatus, ...]:
        """Moves that have ended and are not yet in the status."""
        ended: list[MoveStatus] = []
        if self.decision.rolled_back is not None:
            ended.append(record(intent_of(self.decision.rolled_back), MoveResult.ROLLED_BACK, self.now))
        switch = self.last_switch
        if switch is not None and (self._superseded(switch) or (settled and self.switched)):
            ended.append(record(switch, MoveResult.COMPLETED, self.now))
        return tuple(move for move in ended if not is_recorded(self.workload.published, move))

    def states(self) -> dict[Assignment, PlacementState]:
        """Every placement's state, those about to be created included."""
        found = {placement.assignment: self._state(placement) for placement in self.workload.placements}
        return {**dict.fromkeys(self.missing, PlacementState.PREPARING), **found}

    def _state(self, placement: Placement) -> PlacementState:
        if placement.assignment in self.decision.kept and placement.assignment not in self.wanted:
            return PlacementState.DETACHED
        if placement in self.leaving:
            return PlacementState.DRAINING
        if placement.ready:
            return PlacementState.SERVING if placement in self.workload.serving else PlacementState.WARMING
        if self.runs_on_alone(placement):
            return PlacementState.DETACHED
        bound = any(pod.node for pod in placement.pods)
        return PlacementState.WARMING if bound else PlacementState.PREPARING

    def was_given_up(self, placement: Placement) -> bool:
        """Whether the move that created it was rolled back."""
        rolled_back = self.decision.rolled_back
        if rolled_back is not None and rolled_back.target == placement.assignment:
            return True
        if placement.intent is None:
            return False
        return is_recorded(self.workload.published, record(placement.intent, MoveResult.ROLLED_BACK, self.now))

    def _superseded(self, switch: MoveIntent) -> bool:
        """Whether another move has begun since that switch: the Service will remember that one instead."""
        move = self.decision.move
        return move is not None and not _is_of(switch, move)

    def _creating_move(self, assignment: Assignment) -> MoveIntent | None:
        move = self.decision.move
        return intent_of(move) if move is not None and move.target == assignment else None

    def _has_variant(self, assignment: Assignment) -> bool:
        return any(variant.name == assignment.variant for variant in self.workload.spec.variants)


def _is_of(switch: MoveIntent, move: Move) -> bool:
    return encode(intent_of(move)) == encode(replace(switch, switch_time=None))


def intent_of(move: Move, switch_time: float | None = None) -> MoveIntent:
    """A move as it is remembered on objects."""
    return MoveIntent(
        from_site=move.source.site,
        to_site=move.target.site,
        trigger=move.trigger,
        start_time=move.started_at,
        switch_time=switch_time,
    )
