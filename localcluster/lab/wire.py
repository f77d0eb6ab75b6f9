# SPDX-License-Identifier: Apache-2.0
"""The emulator of one uplink: a wirefilter between a site's switch and the core, and the words it takes.

What was seen of wirefilter 2.3.2 decides how it is told. It waits whole milliseconds only, so an odd round trip is
split unevenly over the two directions. Its normal variation has a third of the given figure as standard deviation. Its
queue is endless unless limited, which no real uplink's is.
"""

import math
import socket
from pathlib import Path

from localcluster.lab.errors import LabError
from localcluster.lab.topology import Link

TIMEOUT_SECONDS = 5.0
PROMPT = b"VDEwf$ "
SUCCESS = b"1000 Success"
BYTES_PER_KILOBIT = 125
# How long a full queue takes to drain: about what routers at the edge are given, in seconds. Ours.
QUEUE_SECONDS = 0.1
# A queue holds a few packets at any bandwidth, or nothing would pass. Ours.
LEAST_QUEUE_BYTES = 16 * 1024
EVERYTHING = "loss 100"


def settings(link: Link) -> list[str]:
    """The commands that make a wire behave like a link."""
    there = link.delay_ms // 2
    # Two independent variations add up by their squares.
    jitter = f"+{link.jitter_ms / math.sqrt(2):.3f}N" if link.jitter_ms else ""
    rate = link.bandwidth_kbit * BYTES_PER_KILOBIT
    queue = max(LEAST_QUEUE_BYTES, int(rate * QUEUE_SECONDS)) if rate else 0
    return [
        f"delay LR{there}{jitter}",
        f"delay RL{link.delay_ms - there}{jitter}",
        f"loss {link.loss:g}",
        f"bandwidth {rate}",
        f"chanbufsize {queue}",
    ]


def tell(control: Path, commands: list[str]) -> None:
    """Give a wirefilter commands on its management socket.

    Raises:
        LabError: It does not answer, or refuses one.
    """
    try:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(TIMEOUT_SECONDS)
            talk.connect(str(control))
            _until_prompt(talk)
            for command in commands:
                talk.sendall(f"{command}\n".encode())
                answer = _until_prompt(talk)
                if SUCCESS not in answer:
                    raise LabError(f"wirefilter refused {command!r}: {answer.decode(errors='replace').strip()}")
    except OSError as error:
        raise LabError(f"The wire at {control} does not answer ({error}); is the lab up?") from error


def _until_prompt(talk: socket.socket) -> bytes:
    heard = b""
    while not heard.endswith(PROMPT):
        piece = talk.recv(4096)
        if not piece:
            raise LabError(f"wirefilter hung up after {heard!r}.")
        heard += piece
    return heard
