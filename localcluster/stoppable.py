# SPDX-License-Identifier: Apache-2.0
"""What `start` gave and `stop` ends: servers, control planes, labs."""

from abc import ABC, abstractmethod
from typing import Self


class Stoppable(ABC):
    """Something that runs, and a context manager that stops it."""

    @abstractmethod
    def stop(self) -> None:
        """End it. Idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
