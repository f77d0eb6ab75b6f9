# SPDX-License-Identifier: Apache-2.0
"""Looks at kubelets' Leases where there is doubt, beside the loop."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from aiworkload.placement.doubt import nodes_in_doubt
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.ports import Clock, Cluster, ClusterError, Leases
from aiworkload.sensing.pulses import Pulses, Renewal
from aiworkload.snapshot.pulse import Pulse

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 5.0
"""Between two rounds: a Lease changes every 10 s, so each change is seen by itself. Ours."""
MANY: Final = 50
"""Nodes in doubt from which on every third round must do: 15 s are still enough to tell a beat from silence. Ours."""
MANY_ROUNDS: Final = 3
MOST_FAILURES: Final = 3
"""Rounds that may fail in a row before the Leases count for nothing, and two witnesses must do. Ours."""


class Listener:
    """Keeps the pulses of the nodes that are in doubt."""

    def __init__(
        self, cluster: Cluster, leases: Leases, clock: Clock, policy: Policy, wake: Callable[[], None]
    ) -> None:
        """`wake` is called when a pulse has changed."""
        self._cluster = cluster
        self._leases = leases
        self._clock = clock
        self._policy = policy
        self._wake = wake
        self._pulses = Pulses()
        self._failed = 0
        self._rounds_left = 0

    @property
    def pulses(self) -> Mapping[str, Pulse] | None:
        """By node that was looked at; None: Leases cannot be looked at."""
        return self._pulses.found if self._failed < MOST_FAILURES else None

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """One round."""
        if self._rounds_left:
            self._rounds_left -= 1
            return
        asked = nodes_in_doubt(self._cluster.snapshot(), self._policy)
        self._rounds_left = MANY_ROUNDS - 1 if len(asked) > MANY else 0
        try:
            renewals: Mapping[str, Renewal | None] = await self._leases.renewals(asked) if asked else {}
        except ClusterError as error:
            self._fail(str(error))
            return
        except Exception as error:
            logger.exception("a look at Leases came to nothing")
            self._fail(f"{type(error).__name__}: {error}")
            return
        listened = self._failed < MOST_FAILURES
        self._failed = 0
        if self._pulses.take(renewals, self._clock.now()) or not listened:
            self._wake()

    def _fail(self, error: str) -> None:
        self._failed += 1
        if self._failed == MOST_FAILURES:
            logger.warning("kubelets' Leases cannot be read, and count for nothing until they can: %s", error)
            self._wake()
