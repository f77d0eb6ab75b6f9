# SPDX-License-Identifier: Apache-2.0
"""An endpoint that nobody can connect to by its text stands in no NodeReport."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from aiworkload.agent.endpoint import parse_endpoint
from aiworkload.api.node_report import Endpoint

ENDPOINT = TypeAdapter[str](Endpoint)


def stands(text: str) -> bool:
    try:
        ENDPOINT.validate_python(text)
    except ValidationError:
        return False
    return True


@given(st.integers(0, 100_000))
def test_a_port_is_from_1_to_65535(port: int) -> None:
    assert stands(f"10.0.0.7:{port}") is (1 <= port <= 65535)


@pytest.mark.parametrize("port", [0, 1, 9999, 10_000, 65_535, 65_536, 99_999])
def test_agents_can_read_whatever_may_stand_there(port: int) -> None:
    text = f"[fd00::7]:{port}"
    if stands(text):
        assert parse_endpoint(text).port == port
    else:
        with pytest.raises(ValueError, match="from 1 to 65535"):
            parse_endpoint(text)


@pytest.mark.parametrize("text", ["10.0.0.7", "10.0.0.7:", "10.0.0.7:09777", "10.0.0.7:9777 ", ":9777", "fd00::7:9777"])
def test_what_is_no_host_and_port_is_refused(text: str) -> None:
    assert not stands(text)
