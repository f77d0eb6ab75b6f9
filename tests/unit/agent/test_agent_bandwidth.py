# SPDX-License-Identifier: Apache-2.0
"""Bursts tell what a path carries, and nobody can make them fill a line."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from aiworkload.agent import bandwidth_rounds
from aiworkload.agent.bandwidth import FIRST_BYTES, MOST_BYTES, Budget, Growth, Record, measure
from aiworkload.agent.bandwidth_rounds import Rounds, Turns
from aiworkload.agent.burst import MAGIC, BurstError, Stream, Took
from aiworkload.agent.burst_receiver import BurstReceiver
from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.frame import pack
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.way import Way
from tests.unit.agent.datagrams import key_file
from tests.unit.agent.relay import eventually
from tests.unit.agent.shaped import ShapedPath

MEBIBYTE = 2**20


@asynccontextmanager
async def receiving(keys: KeyFile, *, mebibytes: float = 64) -> AsyncIterator[Endpoint]:
    echo = EchoServer(bursts=BurstReceiver(keys, mebibytes * MEBIBYTE))
    server = await echo.listen(Endpoint("127.0.0.1", 0))
    try:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        echo.close()


@asynccontextmanager
async def connected(endpoint: Endpoint, keys: KeyFile) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection(*endpoint)
    writer.write(MAGIC)
    try:
        yield Stream(reader, writer, keys)
    finally:
        writer.transport.abort()


def a_budget(share: float = 1.0) -> Budget:
    return Budget(share, time.monotonic())


@pytest.mark.parametrize("kilobits", [2_000, 20_000])
async def test_a_measurement_tells_what_the_path_carries(tmp_path: Path, kilobits: int) -> None:
    keys = key_file(tmp_path)
    async with (
        receiving(keys) as upstream,
        ShapedPath.open(upstream, kilobits) as path,
        connected(path.endpoint, keys) as stream,
    ):
        found = await measure(stream, a_budget(), lambda: False)
    assert found is not None
    assert abs(found - kilobits) < 0.2 * kilobits


async def test_a_measurement_ends_without_a_word_when_its_budget_does(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with (
        receiving(keys) as upstream,
        ShapedPath.open(upstream, 20_000) as path,
        connected(path.endpoint, keys) as stream,
    ):
        assert await measure(stream, a_budget(0.00005), lambda: False) is None
        assert path.passed < 0.00005 * 20_000 * 1000 / 8 * 3600, "more than the path's share of an hour"


async def test_the_receiver_takes_no_more_in_an_hour_than_it_wants(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with receiving(keys, mebibytes=1) as endpoint, connected(endpoint, keys) as stream:
        taken = 0
        for _ in range(3):
            took = await stream.send_burst(MEBIBYTE // 2 + 1000)
            if took is None:
                break
            taken += 2 * took.amount
        assert await _refused(stream)
        assert taken <= 1.1 * MEBIBYTE


async def test_a_burst_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    """A part of one is over at once and would tell of a slow line."""
    keys = key_file(tmp_path)
    async with receiving(keys, mebibytes=1.5) as endpoint, connected(endpoint, keys) as stream:
        took = await stream.send_burst(MEBIBYTE)
        assert took is not None
        assert took.amount <= MEBIBYTE // 2
        assert await stream.send_burst(MEBIBYTE) is None


async def _refused(stream: Stream) -> bool:
    try:
        return await stream.send_burst(MEBIBYTE) is None
    except BurstError:
        return True


async def test_a_stranger_may_send_nothing(tmp_path: Path) -> None:
    keys, theirs = key_file(tmp_path), key_file(tmp_path, b"a key of another cluster", name="theirs")
    async with receiving(keys) as endpoint, connected(endpoint, theirs) as stream:
        with pytest.raises(BurstError):
            await stream.send_burst(MEBIBYTE)


async def test_what_was_recorded_cannot_be_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = key_file(tmp_path)
    recorded: list[bytes] = []
    async with receiving(keys) as endpoint, connected(endpoint, keys) as stream:
        write = stream.writer.write
        monkeypatch.setattr(stream.writer, "write", lambda data: (recorded.append(bytes(data)), write(data)))
        assert await stream.send_burst(1000) is not None
    async with receiving(keys) as endpoint:
        reader, writer = await asyncio.open_connection(*endpoint)
        writer.write(MAGIC + b"".join(recorded))
        answer = b""
        with suppress(ConnectionError):
            answer = await asyncio.wait_for(reader.read(), 10)
        assert len(answer) <= 16, "its own choice at most, and nothing granted"
        writer.close()


async def test_an_agent_without_a_key_takes_no_bursts_and_answers_probes(tmp_path: Path) -> None:
    echo = EchoServer()
    server = await echo.listen(Endpoint("127.0.0.1", 0))
    endpoint = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
    async with connected(endpoint, key_file(tmp_path)) as stream:
        with pytest.raises(BurstError):
            await stream.send_burst(1000)
    server.close()
    echo.close()


async def test_a_probe_whose_number_is_not_the_first_is_never_a_burst(tmp_path: Path) -> None:
    async with receiving(key_file(tmp_path)) as endpoint:
        reader, writer = await asyncio.open_connection(*endpoint)
        for frame in (pack(1), MAGIC):
            writer.write(frame)
            assert await reader.readexactly(8) == frame
        writer.close()


def test_bursts_grow_until_twice_as_much_comes_no_faster() -> None:
    growth = Growth()
    for seconds, known in ((0.01, False), (0.02, False), (0.04, False), (0.08, False), (0.15, True)):
        assert not growth.known
        growth.learn(Took(growth.amount // 2, seconds))
        assert growth.known is known
    assert growth.kilobits == pytest.approx(256 * 1024 * 8 / 1000 / 0.15, rel=0.01)


def test_on_a_line_too_fast_for_all_bursts_the_largest_one_counts() -> None:
    growth = Growth()
    while not growth.known:
        growth.learn(Took(growth.amount // 2, growth.amount / 1e9))
    assert growth.amount == 2 * MOST_BYTES
    assert growth.kilobits == pytest.approx(4_000_000, rel=0.01)


def test_on_a_slow_line_the_first_burst_is_the_last() -> None:
    growth = Growth()
    growth.learn(Took(16 * 1024, 2.0))
    assert (growth.known, growth.kilobits) == (True, 65)


def test_a_budget_is_a_thousandth_of_what_the_line_carries_in_an_hour_and_comes_back_with_time() -> None:
    budget = Budget(0.001, 0.0)
    assert budget.take(450_000, 0.0)
    assert not budget.take(1, 0.0)
    budget.learn(10_000, 0.0, known=False)
    assert budget.take(4_050_000, 0.0)
    assert not budget.take(1_000, 0.0)
    assert not budget.take(2_300_000, 1800.0)
    assert budget.take(2_200_000, 1800.0)


def test_who_asked_too_much_of_a_line_waits_the_longer() -> None:
    budget = Budget(0.001, 0.0)
    budget.learn(10_000, 0.0, known=False)
    assert budget.take(900_000, 0.0)
    budget.learn(1_000, 0.0, known=True)
    assert not budget.take(1, 3600.0)
    assert budget.take(440_000, 7200.0)


@pytest.mark.parametrize(("kilobits", "hours"), [(60, 2), (0, 100)])
def test_a_line_that_was_measured_in_a_jam_is_measured_again(kilobits: int, hours: float) -> None:
    budget = Budget(0.001, 0.0)
    assert budget.take(FIRST_BYTES, 0.0)
    budget.learn(kilobits, 0.0, known=True)
    assert not budget.take(FIRST_BYTES, 3600.0), "a slow line saves up for longer"
    assert budget.take(FIRST_BYTES, hours * 3600.0)


def test_a_bucketful_that_a_line_lets_through_at_once_is_not_its_rate() -> None:
    growth = Growth()
    for seconds in (0.001, 0.26, 0.52):
        assert not growth.known
        growth.learn(Took(growth.amount // 2, seconds))
    assert growth.known
    assert growth.kilobits == pytest.approx(1_000, rel=0.02)


def test_the_larger_of_the_last_two_is_told_with_the_time_of_the_newer() -> None:
    record = Record()
    for at, kilobits in enumerate((9_000, 5_000, 7_000)):
        record.add(kilobits, float(at))
    assert record.told is not None
    assert (record.told.kilobits, record.told.observed_at) == (7_000, 2.0)


async def test_links_are_measured_in_turn_and_not_while_the_machine_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bandwidth_rounds, "FIRST_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(bandwidth_rounds, "LOOK_SECONDS", 0.01)
    keys, paused = key_file(tmp_path), [True]
    rounds = Rounds(keys, Turns(share=1.0), lambda: bool(paused))
    async with receiving(keys) as upstream, ShapedPath.open(upstream, 20_000) as path:
        peers = {"cloud": path.endpoint, "silent": Endpoint("127.0.0.1", 1), "gone": Endpoint("127.0.0.1", 1)}
        rounds.follow({site: Way(site, endpoint) for site, endpoint in peers.items()})
        task = asyncio.create_task(rounds.run(lambda site: site != "silent"))
        await asyncio.sleep(0.2)
        assert path.passed == 0
        paused.clear()
        await eventually(lambda: rounds.told("cloud") is not None)
        task.cancel()
    assert rounds.told("gone") is None
    assert path.passed > 0
    rounds.follow({"cloud": Way("cloud", Endpoint("127.0.0.1", 2))})
    assert rounds.told("cloud") is None, "what moved is another path"
