# SPDX-License-Identifier: Apache-2.0
"""So much in so long a time, and no more."""


class Allowance:
    """A token bucket: fills steadily up to its size; what is taken must be there."""

    def __init__(self, per_second: float, size: float, now: float) -> None:
        self._per_second = per_second
        self._size = size
        self._left = size
        self._at = now

    def left(self, now: float) -> float:
        """What may be taken at this monotonic second."""
        self._left = min(self._size, self._left + self._per_second * max(0.0, now - self._at))
        self._at = max(self._at, now)
        return self._left

    def spend(self, amount: float, now: float) -> None:
        """Take it whether it is there or not; what is missing has to fill up first."""
        self._left = self.left(now) - amount

    def take(self, amount: float, now: float) -> bool:
        """Take it, if it is there."""
        if self.left(now) < amount:
            return False
        self._left -= amount
        return True

    def give_back(self, amount: float) -> None:
        """What was taken and not used."""
        self._left = min(self._size, self._left + amount)
