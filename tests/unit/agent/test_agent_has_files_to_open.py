# SPDX-License-Identifier: Apache-2.0
"""However many strangers call, an agent can open what it needs itself."""

import resource
from collections.abc import Iterator

import pytest

from aiworkload.agent.echo import MOST_CALLERS
from aiworkload.agent.main import OPEN_FILES, allow_open_files


@pytest.fixture
def hard() -> Iterator[int]:
    """The limit that stands above; the lower one, which is a container's 1,024 here, is put back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_limit_as_low_as_the_number_of_callers_is_raised_above_it(hard: int) -> None:
    allow_open_files(OPEN_FILES)
    assert open_files() == OPEN_FILES > MOST_CALLERS + 512
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] == hard


@pytest.mark.usefixtures("hard")
def test_a_higher_limit_stays() -> None:
    allow_open_files(512)
    assert open_files() == 1024


def test_the_machines_limit_is_not_exceeded(hard: int) -> None:
    if hard != resource.RLIM_INFINITY:
        allow_open_files(hard + 1)
        assert open_files() == hard
