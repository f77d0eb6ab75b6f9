# SPDX-License-Identifier: Apache-2.0
"""What every act works with: the stage, the checks, and the words to use them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from demo import manifests
from demo.checks import Checks
from demo.sightings import says_of_itself
from demo.stage import Stage
from demo.timeline import Timeline
from demo.world import World


@dataclass(frozen=True, slots=True)
class Show:
    """One performance."""

    stage: Stage
    checks: Checks
    timeline: Timeline

    @property
    def world(self) -> World:
        """What the API server holds."""
        return self.stage.world

    def apply(self, *documents: manifests.Manifest) -> None:
        """`kubectl apply`, as a user would."""
        self.stage.cluster.run_kubectl("apply", "-f", "-", stdin=manifests.dump(documents))
        names = ", ".join(document["metadata"]["name"] for document in documents)
        self.timeline.did(f"kubectl apply: {names}")

    def expect(
        self, title: str, sighting: Callable[..., str | None], *words: str, within: float, since: float | None = None
    ) -> bool:
        """Expect a sighting of the world; `since` is when what should lead to it was done.

        The first of the words is who it is about: when it is missed, what a workload says of itself is told instead.
        """
        return self.checks.expect(
            title,
            partial(sighting, self.world, *words),
            within=within,
            since=since,
            instead=partial(says_of_itself, self.world, words[0]),
        )

    def expect_no_gap(self, service: str, since: float, what: str) -> bool:
        """Expect that a Service had a ready endpoint at every moment since then (seconds since the epoch)."""
        until = time.time()
        gaps = self.world.availability.gaps(service, since, until)
        changes = self.world.availability.observations(service, since, until)
        return self.checks.expect_now(
            f"{service}: at every moment a ready endpoint {what}",
            passed=gaps == 0 and changes > 0,
            seen=f"{gaps} moments without one in {changes} changes of its EndpointSlices",
        )
