# SPDX-License-Identifier: Apache-2.0
"""What goes over UDP: a nonce and a number, signed; the answer is the same, signed as an answer.

    bytes  0 to  7   the asker's nonce, drawn anew for each peer at each start
    bytes  8 to 15   the question's number, big-endian
    bytes 16 to 31   the tag (`agent.keys`)

Both are 32 bytes long, so an answer never amplifies. What is recorded and sent again finds its number answered already:
an answer at the asker, and a question at whoever answered it (`agent.questions`).
"""

import struct
from typing import Final, NamedTuple

from aiworkload.agent.keys import TAG_BYTES, Keys, Purpose

_BODY: Final = struct.Struct("!8sQ")
NONCE_BYTES: Final = 8
DATAGRAM_BYTES: Final = _BODY.size + TAG_BYTES
"""Thirty-two: the same for questions and answers."""


class Question(NamedTuple):
    """Who asks, and the how-manieth time."""

    nonce: bytes
    number: int


def ask(question: Question, keys: Keys) -> bytes:
    """The datagram that asks it."""
    body = _BODY.pack(*question)
    return body + keys.sign(Purpose.QUESTION, body)


def answer(datagram: bytes, keys: Keys) -> bytes | None:
    """The answer to a datagram, by the key that asked; None: it is no question of ours."""
    if len(datagram) != DATAGRAM_BYTES:
        return None
    body, tag = datagram[: _BODY.size], datagram[_BODY.size :]
    key = keys.signer(Purpose.QUESTION, body, tag)
    return None if key is None else body + keys.sign(Purpose.ANSWER, body, key)


def question_in(datagram: bytes) -> Question:
    """What a datagram asks or answers; whether the key signed it is another matter."""
    return Question(*_BODY.unpack_from(datagram))


def answered(datagram: bytes, keys: Keys) -> Question | None:
    """The question that a datagram answers; None: it is no answer of ours."""
    if len(datagram) != DATAGRAM_BYTES:
        return None
    body, tag = datagram[: _BODY.size], datagram[_BODY.size :]
    if keys.signer(Purpose.ANSWER, body, tag) is None:
        return None
    return question_in(datagram)
