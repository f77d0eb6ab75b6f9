# SPDX-License-Identifier: Apache-2.0
"""What a series of decisions remembers: the last plan, and what the solver of all workloads together last advised.

Both may be lost at any time, as when another process leads: decisions are then made anew, and advice is asked for
again.
"""

import asyncio
import logging
from collections.abc import Callable

from aiworkload.placement.advice import Advice
from aiworkload.placement.advise import advise, differs, reckoning_of
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.reconcile.ports import Clock
from aiworkload.snapshot.snapshot import Snapshot

logger = logging.getLogger(__name__)


class Adviser:
    """Decides with the newest advice, and knows when to ask for more."""

    def __init__(self, every_seconds: float) -> None:
        """At least so many seconds lie between two looks at all workloads together."""
        self._every_seconds = every_seconds
        self._plan: Plan | None = None
        self._known: Reckoning | None = None
        self._asked_at = float("-inf")
        self.advice: Advice | None = None

    def decide(self, snapshot: Snapshot, policy: Policy, now: float) -> Plan:
        """`placement.decide` from the last plan, with the newest advice."""
        self._plan = decide(snapshot, policy, now, before=self._plan, advice=self.advice)
        return self._plan

    def decide_and_advise(self, snapshot: Snapshot, policy: Policy, now: float) -> Plan:
        """The same, and then the advice for the next time: for a virtual clock, on which thinking takes no time."""
        plan = self.decide(snapshot, policy, now)
        question = self.question(now)
        if question is not None:
            self.take(advise(question, self.advice))
        return plan

    def question(self, now: float) -> Reckoning | None:
        """What to advise about, once it is due and the facts are others than the last time. Asking counts."""
        if self._plan is None or now - self._asked_at < self._every_seconds:
            return None
        found = reckoning_of(self._plan)
        if self._known is not None and not differs(self._known, found):
            return None
        self._known, self._asked_at = found, now
        return found

    def take(self, advice: Advice) -> bool:
        """Keep it; True when decisions may be others by it. Other prices may concern anybody, so all decide anew."""
        before, self.advice = self.advice or Advice(), advice
        if before.prices != advice.prices:
            self._plan = None
        return (before.prices, before.advised) != (advice.prices, advice.advised)

    def forget(self) -> None:
        """What was asked got no answer: ask again when the time comes, whether facts change or not."""
        self._known = None


class BackgroundAdviser:
    """Asks in a thread of its own, one question at a time, so that the event loop never waits for a solver."""

    def __init__(self, adviser: Adviser, clock: Clock, wake: Callable[[], None]) -> None:
        """`wake` is called when decisions may be others."""
        self._adviser = adviser
        self._clock = clock
        self._wake = wake
        self._task: asyncio.Task[None] | None = None
        self._failures: list[str] = []
        self.seconds: float | None = None
        """How long the last solve took; looks that needed none are short."""

    def consider(self) -> None:
        """Ask if it is due; never waits."""
        if self._task is not None and not self._task.done():
            return
        question = self._adviser.question(self._clock.now())
        if question is not None:
            self._task = asyncio.create_task(self._ask(question), name="advice")

    def failures(self) -> tuple[str, ...]:
        """Sentences about questions that got no answer since the last call."""
        found, self._failures = tuple(self._failures), []
        return found

    async def close(self) -> None:
        """Wait for no answer any more. A thread cannot be stopped: what it still finds is dropped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _ask(self, question: Reckoning) -> None:
        began = self._clock.now()
        try:
            advice = await asyncio.to_thread(advise, question, self._adviser.advice)
        except Exception as error:
            logger.exception("no advice for all workloads together; each is decided on its own until there is")
            self._failures.append(f"advice: {type(error).__name__}: {error}")
            self._adviser.forget()
            self._wake()
            return
        if advice.solved:
            self.seconds = self._clock.now() - began
        if self._adviser.take(advice):
            self._wake()
