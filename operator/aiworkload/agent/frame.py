# SPDX-License-Identifier: Apache-2.0
"""What goes over a probing connection: a sequence number, sent back unchanged.

A fixed frame without a header can be parsed with a slice, and an answer is as long as its question, so that nobody can
make an agent send more than it was sent.
"""

import struct
from typing import Final

_SEQUENCE: Final = struct.Struct("!Q")

FRAME_BYTES: Final = _SEQUENCE.size
"""Eight bytes: an unsigned big-endian number that never wraps in practice."""


def pack(sequence: int) -> bytes:
    """A frame with this sequence number."""
    return _SEQUENCE.pack(sequence)


def split(data: bytes) -> tuple[list[int], bytes]:
    """The sequence numbers of all whole frames in the data, and the bytes of a frame that has only begun."""
    whole = len(data) - len(data) % FRAME_BYTES
    return [sequence for (sequence,) in _SEQUENCE.iter_unpack(data[:whole])], data[whole:]
