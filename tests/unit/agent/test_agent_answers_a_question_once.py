# SPDX-License-Identifier: Apache-2.0
"""A question is answered once, however its asker's datagrams overtake each other, and memory stays bounded."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.agent.datagram import Question
from aiworkload.agent.questions import WINDOW, Questions

ASKER, OTHER = b"an asker", b"another!"


def taken(questions: Questions, *numbers: int, nonce: bytes = ASKER) -> list[bool]:
    return [questions.take(Question(nonce, number)) for number in numbers]


def test_numbers_that_rise_are_answered_each_once() -> None:
    questions = Questions()
    assert taken(questions, 1, 2, 2, 5, 5, 1) == [True, True, False, True, False, False]


def test_datagrams_that_overtook_each_other_are_answered() -> None:
    questions = Questions()
    assert taken(questions, 10, 12, 11, 11, 12) == [True, True, True, False, False]


def test_what_lies_below_the_window_may_have_been_answered_and_is_not() -> None:
    questions = Questions()
    assert taken(questions, 1000, 1000 - WINDOW + 1, 1000 - WINDOW) == [True, True, False]


def test_a_leap_forgets_no_more_than_the_window() -> None:
    questions = Questions()
    assert taken(questions, 1, 2**63, 1, 2**63, 2**63 - 1) == [True, True, False, False, True]


def test_another_asker_counts_for_itself() -> None:
    questions = Questions()
    assert taken(questions, 5) + taken(questions, 5, nonce=OTHER) == [True, True]


def test_the_askers_heard_last_are_remembered_and_questions_sent_again_do_not_count_as_heard() -> None:
    questions = Questions(most_askers=2)
    assert taken(questions, 1, nonce=b"1") + taken(questions, 1, nonce=b"2") == [True, True]
    assert taken(questions, 2, nonce=b"1") + taken(questions, 1, nonce=b"2") == [True, False]
    assert taken(questions, 1, nonce=b"3") == [True]
    assert taken(questions, 2, nonce=b"1") == [False], "heard since the second"
    assert taken(questions, 1, nonce=b"2") == [True], "forgotten"


@given(st.lists(st.integers(0, 200)))
def test_no_question_is_ever_answered_twice_and_no_new_one_within_the_window_refused(numbers: Sequence[int]) -> None:
    questions = Questions()
    answered = set[int]()
    for number in numbers:
        known = number in answered or (answered and number <= max(answered) - WINDOW)
        assert questions.take(Question(ASKER, number)) is not bool(known)
        answered.add(number)
