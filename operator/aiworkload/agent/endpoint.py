# SPDX-License-Identifier: Apache-2.0
"""`host:port` texts, an IPv6 address in brackets, as values."""

from typing import Final, NamedTuple

_WILDCARDS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- compared with, not bound to


class Endpoint(NamedTuple):
    """Where an agent listens or is reached."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_wildcard(self) -> bool:
        """Whether it means every address of this machine, which nobody else can connect to."""
        return self.host in _WILDCARDS


def parse_endpoint(text: str) -> Endpoint:
    """Read `host:port`.

    Raises:
        ValueError: it is none; the sentence shows one that is.
    """
    host, _, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    number = int(port) if port.isascii() and port.isdigit() else 0
    if not host or not 1 <= number <= 65535:  # noqa: PLR2004 -- the largest TCP port
        raise ValueError(f"'{text}' is no host:port with a port from 1 to 65535; write for example 10.0.0.7:9777")
    return Endpoint(host, number)
