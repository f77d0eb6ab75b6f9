# SPDX-License-Identifier: Apache-2.0
"""The cluster's key, by which agents know each other's messages.

It proves membership, not identity: an agent that was taken over can lie for itself, and the worse of both ends counts.
A message is bound to what it is for, so that a question cannot be sent back as its own answer.
"""

import hmac
import logging
from enum import Enum
from hashlib import blake2s
from pathlib import Path
from typing import Final, Self

_log = logging.getLogger(__name__)

TAG_BYTES: Final = 16
"""Guessing one needs 2^127 tries on average; the usual length of a truncated MAC (RFC 2104 asks for half the hash)."""
LEAST_CHARACTERS: Final = 16
"""Of a key: less is a word that can be guessed. Ours."""
MOST_KEYS: Final = 2
"""The one that signs, and the one before or after it while keys are changed."""


class Purpose(Enum):
    """What a message is for; eight bytes at most, which BLAKE2s mixes into the tag (RFC 7693 `personal`)."""

    QUESTION = b"aiw-ask"
    ANSWER = b"aiw-say"
    BURST_REQUEST = b"aiw-want"
    BURST_GRANT = b"aiw-may"
    BURST_RESULT = b"aiw-took"


class KeysError(Exception):
    """The key file cannot be used; the sentence says why and what to do."""


class Keys:
    """One or two keys, or none yet. The first signs; each is accepted."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        secrets = [blake2s(key).digest() for key in keys]
        self._states = {
            purpose: [blake2s(key=secret, digest_size=TAG_BYTES, person=purpose.value) for secret in secrets]
            for purpose in Purpose
        }

    @classmethod
    def parse(cls, text: bytes, name: str) -> Self:
        """The keys of a file: a line each.

        Raises:
            KeysError: there are none or too many, or one is too short.
        """
        keys = tuple(line.strip() for line in text.splitlines() if line.strip())
        if not 1 <= len(keys) <= MOST_KEYS:
            raise KeysError(f"{name} holds {len(keys)} keys; write one on a line, and a second while you change keys")
        if min(len(key) for key in keys) < LEAST_CHARACTERS:
            raise KeysError(
                f"a key in {name} is shorter than {LEAST_CHARACTERS} characters; make one: openssl rand -hex 32"
            )
        return cls(keys)

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self._states[Purpose.QUESTION])

    def sign(self, purpose: Purpose, message: bytes, key: int = 0) -> bytes:
        """The tag of a message; by the first key unless told otherwise."""
        state = self._states[purpose][key].copy()
        state.update(message)
        return state.digest()

    def signer(self, purpose: Purpose, message: bytes, tag: bytes) -> int | None:
        """Which key made the tag; None: none of ours did."""
        for number in range(len(self._states[purpose])):
            if hmac.compare_digest(self.sign(purpose, message, number), tag):
                return number
        return None


class KeyFile:
    """A key file that may come, and be replaced, while the agent runs, as a kubelet does with a mounted Secret."""

    def __init__(self, path: Path) -> None:
        """Read it. Without the file there is no key yet.

        Raises:
            KeysError: it is there and cannot be read, or holds no usable keys.
        """
        self._path = path
        self._trouble = ""
        self._text = b""
        self.keys = Keys(())
        if path.exists():
            self._text = _read(path)
            self.keys = Keys.parse(self._text, str(path))
        else:
            self._complain(f"there is no key file {path} yet, so loss is counted over TCP")

    def refresh(self) -> None:
        """Take what the file holds now. What cannot be used changes nothing, and is said once."""
        try:
            text = _read(self._path)
            if text != self._text:
                self.keys, self._text = Keys.parse(text, str(self._path)), text
                _log.info("the keys of %s are in use", self._path)
        except KeysError as error:
            self._complain(f"the keys stay as they were: {error}")
        else:
            self._trouble = ""

    def _complain(self, trouble: str) -> None:
        """Say it once; that the file is still missing is no news either."""
        if not self._trouble or (trouble != self._trouble and self.keys):
            _log.warning("%s", trouble)
        self._trouble = trouble


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeysError(f"cannot read the key file {path}: {error.strerror}") from error
