# SPDX-License-Identifier: Apache-2.0
"""RFC 3339 times as Kubernetes writes them, and seconds since the epoch as this product counts them."""

from datetime import UTC, datetime


def to_epoch(text: str) -> float:
    """Seconds since the epoch.

    Raises:
        ValueError: the text is no RFC 3339 time, or names no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' names no time zone; write for example 2026-01-31T12:00:00Z")
    return moment.timestamp()


def to_rfc3339(seconds: float) -> str:
    """The time in UTC with whole seconds, as in `metav1.Time`."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
