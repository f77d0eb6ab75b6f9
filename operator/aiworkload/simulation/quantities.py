# SPDX-License-Identifier: Apache-2.0
"""Lengths of time as people write them in a scenario: `90s`, `10m`, `1h30m`, `7d`."""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

_UNITS: Final = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_WHOLE: Final = re.compile(r"^(\d+(\.\d+)?[dhms])+$")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_LONGEST_SECONDS: Final = 366 * 86_400.0


def seconds_of(text: object) -> object:
    """Seconds of a length of time; a bare number is left as it is, and counts as seconds.

    Raises:
        ValueError: the text is no length of time; the sentence shows one that is.
    """
    if not isinstance(text, str):
        return text
    if not _WHOLE.match(text):
        raise ValueError(f"'{text}' is no length of time: write for example 90s, 10m, 1h30m or 7d")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def words_of(seconds: float) -> str:
    """The same the other way round, to the second: `1h30m`."""
    left = round(seconds)
    parts: list[str] = []
    for unit, length in _UNITS.items():
        count, left = divmod(left, int(length))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


Duration = Annotated[float, BeforeValidator(seconds_of), Field(ge=0, le=_LONGEST_SECONDS)]
"""Seconds, written as a length of time; at most a year."""
