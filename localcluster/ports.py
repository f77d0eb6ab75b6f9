# SPDX-License-Identifier: Apache-2.0
"""Picks free loopback ports, and keeps them from other clusters that start at the same moment.

Between the choice of a port and the server that binds it lie seconds, in which another test run could choose the same
one. So each choice locks the port's byte in one file; the kernel drops the lock when the choosing process ends.
"""

import fcntl
import os
import random
import socket
from contextlib import ExitStack
from functools import cache
from typing import IO

from localcluster.folders import state_folder

# Below Linux's default range for outgoing connections (32768 to 60999): a port in that range can be taken by anybody's
# connection while a server restarts, and a client that retries may even end up connected to itself.
FIRST, LAST = 20_000, 32_000
ATTEMPTS = 200
# What this process was given. Neither the lock, which is the process's own, nor the kernel, which lets two sockets that
# do not listen yet bind one port, would keep it from being given the same one twice.
_GIVEN: set[int] = set()


def free_ports(count: int) -> list[int]:
    """That many different TCP ports on 127.0.0.1 on which nothing listens, and which no other process was given."""
    with ExitStack() as held:
        return [_bind_one(held) for _ in range(count)]


def _bind_one(held: ExitStack) -> int:
    for _ in range(ATTEMPTS):
        port = random.SystemRandom().randint(FIRST, LAST)
        if port in _GIVEN:
            continue
        listener = held.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            fcntl.lockf(_ledger(os.getpid()), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            continue
        _GIVEN.add(port)
        return port
    raise OSError(f"No free TCP port between {FIRST} and {LAST} on 127.0.0.1 after {ATTEMPTS} tries.")


@cache
def _ledger(_process: int) -> IO[str]:
    """The file whose bytes stand for ports. Never closed: closing it would drop every lock that the process holds."""
    path = state_folder() / "ports"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a+")
