# SPDX-License-Identifier: Apache-2.0
"""Agents of one cluster know each other's messages by its key, also while the key is changed."""

import logging
from pathlib import Path

import pytest

from aiworkload.agent.keys import TAG_BYTES, KeyFile, Keys, KeysError, Purpose

OLD, NEW, OTHER = b"the old key of the cluster", b"the new key of the cluster", b"some key of a stranger"


def test_what_one_holder_signs_another_accepts_and_a_stranger_does_not() -> None:
    tag = Keys((OLD,)).sign(Purpose.QUESTION, b"message")
    assert len(tag) == TAG_BYTES
    assert Keys((OLD,)).signer(Purpose.QUESTION, b"message", tag) == 0
    assert Keys((OTHER,)).signer(Purpose.QUESTION, b"message", tag) is None
    assert Keys((OLD,)).signer(Purpose.QUESTION, b"another", tag) is None


def test_a_tag_is_good_for_its_purpose_only() -> None:
    keys = Keys((OLD,))
    tag = keys.sign(Purpose.QUESTION, b"message")
    assert [purpose for purpose in Purpose if keys.signer(purpose, b"message", tag) is not None] == [Purpose.QUESTION]


def test_while_keys_are_changed_holders_of_either_order_understand_each_other() -> None:
    before, during, after = Keys((OLD,)), Keys((OLD, NEW)), Keys((NEW, OLD))
    for one in (before, during, after):
        for other in (during, after):
            tag = one.sign(Purpose.QUESTION, b"message")
            assert other.signer(Purpose.QUESTION, b"message", tag) is not None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "holds 0 keys"),
        (b"\n \n", "holds 0 keys"),
        (OLD + b"\n" + NEW + b"\n" + OTHER, "holds 3 keys"),
        (b"secret", "shorter than 16 characters"),
    ],
)
def test_a_file_without_usable_keys_is_refused_with_a_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    (tmp_path / "key").write_bytes(text)
    with pytest.raises(KeysError, match=sentence):
        KeyFile(tmp_path / "key")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="cannot read the key file"):
        KeyFile(tmp_path)


def test_a_key_that_comes_later_is_taken_up_and_its_absence_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = KeyFile(tmp_path / "key")
    file.refresh()
    file.refresh()
    assert not file.keys
    assert file.keys.signer(Purpose.QUESTION, b"m", b"") is None
    assert caplog.text.count("key file") == 1
    (tmp_path / "key").write_bytes(OLD)
    file.refresh()
    assert file.keys


def test_a_changed_file_is_taken_up_and_a_broken_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "key"
    path.write_bytes(OLD + b"\n")
    file = KeyFile(path)
    path.write_bytes(NEW + b"\n" + OLD + b"\n")
    file.refresh()
    assert file.keys.signer(Purpose.QUESTION, b"m", Keys((NEW,)).sign(Purpose.QUESTION, b"m")) == 0
    path.write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        file.refresh()
        file.refresh()
    assert file.keys.signer(Purpose.QUESTION, b"m", Keys((NEW,)).sign(Purpose.QUESTION, b"m")) == 0
    assert caplog.text.count("the keys stay as they were") == 1
