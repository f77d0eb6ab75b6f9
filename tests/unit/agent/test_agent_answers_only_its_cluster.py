# SPDX-License-Identifier: Apache-2.0
"""Nobody without the cluster's key gets an answer by UDP, and nobody gets more than was asked."""

import asyncio
import socket
from pathlib import Path

import pytest

from aiworkload.agent import datagram_echo
from aiworkload.agent.datagram import DATAGRAM_BYTES, Question, answer, answered, ask
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import Keys
from tests.unit.agent.datagrams import KEY, answering, key_file

OURS, THEIRS = Keys((KEY,)), Keys((b"a key of another cluster",))
QUESTION = ask(Question(b"12345678", 7), OURS)


async def answers_to(endpoint: Endpoint, *datagrams: bytes, seconds: float = 0.3) -> list[bytes]:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.0)
        asker.connect(tuple(endpoint))
        for datagram in datagrams:
            asker.send(datagram)
        found: list[bytes] = []
        try:
            async with asyncio.timeout(seconds):
                while len(found) < len(datagrams):
                    found.append(await loop.sock_recv(asker, 2048))
        except TimeoutError:
            pass
    return found


async def test_a_question_of_ours_is_answered_by_as_many_bytes(tmp_path: Path) -> None:
    async with answering(key_file(tmp_path)) as endpoint:
        [reply] = await answers_to(endpoint, QUESTION)
    assert len(reply) == len(QUESTION) == DATAGRAM_BYTES
    assert answered(reply, OURS) == Question(b"12345678", 7)


async def test_what_the_key_did_not_sign_gets_no_answer(tmp_path: Path) -> None:
    forged = ask(Question(b"12345678", 7), THEIRS)
    broken = QUESTION[:-1] + bytes([QUESTION[-1] ^ 1])
    async with answering(key_file(tmp_path)) as endpoint:
        assert await answers_to(endpoint, b"", b"x", forged, broken, QUESTION[:-1], QUESTION + b"x") == []


async def test_an_answer_is_never_answered_so_two_agents_cannot_be_made_to_talk_for_ever(tmp_path: Path) -> None:
    reply = answer(QUESTION, OURS)
    assert reply is not None
    async with answering(key_file(tmp_path)) as endpoint:
        assert await answers_to(endpoint, reply) == []


def test_a_question_sent_back_is_no_answer() -> None:
    assert answered(QUESTION, OURS) is None


def test_an_answer_by_a_stranger_is_no_answer() -> None:
    assert answered(answer(ask(Question(b"12345678", 7), THEIRS), THEIRS) or b"", OURS) is None


async def test_one_asker_gets_no_more_than_its_share_and_another_behind_the_same_address_its_own(
    tmp_path: Path,
) -> None:
    """Sites behind one gateway share its address: what they ask beyond one share would read as loss for ever."""
    async with answering(key_file(tmp_path), source_per_second=5) as endpoint:
        for nonce in (b"one site", b"a second", b"a third!"):
            questions = [ask(Question(nonce, number), OURS) for number in range(50)]
            assert len(await answers_to(endpoint, *questions)) in {10, 11}


async def test_a_recorded_question_that_is_sent_again_is_not_answered_wherever_it_comes_from(tmp_path: Path) -> None:
    async with answering(key_file(tmp_path)) as endpoint:
        assert len(await answers_to(endpoint, QUESTION, QUESTION)) == 1
        assert await answers_to(endpoint, QUESTION) == []


async def test_an_asker_whose_address_changes_behind_nat_is_answered_on(tmp_path: Path) -> None:
    async with answering(key_file(tmp_path)) as endpoint:
        for number in (7, 8):
            assert len(await answers_to(endpoint, ask(Question(b"12345678", number), OURS))) == 1


async def test_a_flood_of_strangers_is_left_to_the_kernel_and_ends_with_it(tmp_path: Path) -> None:
    async with answering(key_file(tmp_path)) as endpoint:
        await answers_to(endpoint, *[b"x" * DATAGRAM_BYTES] * 2000, seconds=0.01)
        await asyncio.sleep(0.5)
        assert len(await answers_to(endpoint, QUESTION)) == 1


async def test_datagrams_that_come_one_at_a_time_are_all_looked_at_up_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datagram_echo, "READ_PER_SECOND", 1)
    monkeypatch.setattr(datagram_echo, "READ_AT_ONCE", 20)
    async with answering(key_file(tmp_path)) as endpoint:
        for number in range(20):
            assert len(await answers_to(endpoint, ask(Question(b"12345678", number), OURS))) == 1
