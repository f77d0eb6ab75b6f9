# SPDX-License-Identifier: Apache-2.0
"""Kubernetes timestamps as seconds since the epoch, and back."""

from datetime import UTC, datetime


def to_epoch(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 timestamp; one without an offset is taken as UTC.

    Raises:
        ValueError: the text is no timestamp; the sentence shows one that is.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no RFC 3339 timestamp; write for example 2026-11-23T18:41:22Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def to_rfc3339(seconds: float) -> str:
    """RFC 3339 in UTC with the fraction of the second cut off, as `metav1.Time` is written."""
    return datetime.fromtimestamp(seconds // 1, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
