# SPDX-License-Identifier: Apache-2.0
"""What goes on beside the loop, which never waits for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

logger = logging.getLogger(__name__)


class Background:
    """Pieces of work, each once at a time, and sentences about those that came to nothing."""

    def __init__(self) -> None:
        """Nothing goes on yet."""
        self._tasks: Final[dict[str, asyncio.Task[None]]] = {}
        self._failures: list[str] = []

    def is_busy(self, name: str) -> bool:
        """Whether the work of that name is under way."""
        return name in self._tasks and not self._tasks[name].done()

    def begin(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Begin work of which nothing is under way."""
        self._tasks[name] = asyncio.create_task(self._heeded(name, work), name=name)

    def failures(self) -> tuple[str, ...]:
        """Sentences about work that failed since the last call."""
        found, self._failures = tuple(self._failures), []
        return found

    async def close(self) -> None:
        """Wait for no answer any more. A thread cannot be stopped: what it still finds is dropped."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _heeded(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Exception as error:
            logger.exception("%s: what was known stays until it succeeds", name)
            self._failures.append(f"{name}: {type(error).__name__}: {error}")
