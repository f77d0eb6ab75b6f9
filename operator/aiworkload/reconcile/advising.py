# SPDX-License-Identifier: Apache-2.0
"""What a series of decisions remembers: the last plan, and what the solver of all workloads together last advised.

Both may be lost at any time, as when another process leads: decisions are then made anew, and advice is asked for
again.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiworkload.placement.advice import Advice
from aiworkload.placement.advise import advise, differs, reckoning_of
from aiworkload.placement.decide import decide
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.reconcile.background import Background
from aiworkload.reconcile.ports import Clock
from aiworkload.snapshot.snapshot import Snapshot

_NAME: Final = "advice"


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

    def __init__(self, adviser: Adviser, clock: Clock, wake: Callable[[], None], background: Background) -> None:
        """`wake` is called when decisions may be others."""
        self._adviser = adviser
        self._clock = clock
        self._wake = wake
        self._background = background
        self.seconds: float | None = None
        """How long the last solve took; looks that needed none are short."""

    def consider(self) -> None:
        """Ask if it is due; never waits."""
        question = None if self._background.is_busy(_NAME) else self._adviser.question(self._clock.now())
        if question is not None:
            self._background.begin(_NAME, lambda: self._ask(question))

    async def _ask(self, question: Reckoning) -> None:
        began = self._clock.now()
        try:
            advice = await asyncio.to_thread(advise, question, self._adviser.advice)
        except Exception:
            self._adviser.forget()
            self._wake()
            raise
        if advice.solved:
            self.seconds = self._clock.now() - began
        if self._adviser.take(advice):
            self._wake()
