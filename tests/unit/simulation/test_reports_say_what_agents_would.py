# SPDX-License-Identifier: Apache-2.0
"""Figures and reports, reckoned for all of time at once, are those of the agent's own code over the same probes."""

from collections.abc import Iterator

import numpy as np
import pytest

from aiworkload.agent import report
from aiworkload.agent.measuring import LONG_SILENT_PROBES
from aiworkload.agent.probe import SILENT_PROBES
from aiworkload.agent.window import Window
from aiworkload.simulation.paths import WINDOW_PROBES, Path, _summaries
from aiworkload.simulation.reporting import Seen, told, valid_seconds, writes
from aiworkload.simulation.scenario import Pace


@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_a_window_of_probes_is_summarised_as_the_agent_does(loss: float) -> None:
    dice = np.random.default_rng(5)
    probes = np.rint(dice.exponential(20_000, 200))
    probes[dice.random(200) < loss] = np.inf
    newest = np.arange(WINDOW_PROBES - 1, 200)
    seen = _summaries(probes, newest)
    window = Window(WINDOW_PROBES)
    for index, probe in enumerate(probes):
        window.add(None if np.isinf(probe) else int(probe), float(index))
        if index < WINDOW_PROBES - 1 or window.summary is None:
            continue
        said, at = window.summary, index - WINDOW_PROBES + 1
        assert (seen["p50"][at], seen["p95"][at]) == (said.rtt_p50, said.rtt_p95)
        assert seen["loss_basis_points"][at] == said.loss_basis_points
        assert seen["consecutive_losses"][at] == said.consecutive_losses
        if not loss:
            assert seen["jitter"][at] == said.jitter


LOOKS = 900
PACE = Pace()


def links(seed: int) -> list[np.ndarray]:
    """Microseconds of each probe of three links: one wanders, one loses packets, one is cut for four minutes."""
    dice = np.random.default_rng(seed)
    count = WINDOW_PROBES - 1 + LOOKS
    wandering = 20_000 * np.exp(np.cumsum(dice.normal(0, 0.05, count))) + dice.exponential(500, count)
    lossy = np.where(dice.random(count) < 0.05, np.inf, 30_000.0)
    cut = np.where((np.arange(count) >= 300) & (np.arange(count) < 420), np.inf, dice.normal(9_000, 300, count))
    return [np.rint(link) for link in (wandering, lossy, cut)]


def path_of(probes: np.ndarray) -> Path:
    none = np.zeros(0)
    return Path(("a", "b"), None, none, none, **_summaries(probes, np.arange(WINDOW_PROBES - 1, len(probes))))


def agent_writes(probes: list[np.ndarray]) -> Iterator[int]:
    """The looks at which the agent's own code writes, when every write succeeds."""
    windows, published = {str(number): Window(WINDOW_PROBES) for number in range(len(probes))}, None
    for at, each in enumerate(zip(*probes, strict=True), start=1 - WINDOW_PROBES):
        for window, took in zip(windows.values(), each, strict=True):
            window.add(None if np.isinf(took) else int(took), float(at))
        known = {name: window.summary for name, window in windows.items() if window.summary}
        losses = [summary.consecutive_losses for summary in known.values()]
        misses = any(SILENT_PROBES <= lost < LONG_SILENT_PROBES for lost in losses)
        now = PACE.probe * at
        if at >= 0 and report.write_reason(published, known, now, report.WritePolicy(), misses_peers=misses):
            published = report.Published(known, now)
            yield at


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_report_goes_out_whenever_the_agents_own_code_would_write_one(seed: int) -> None:
    probes = links(seed)
    seen = Seen.of([path_of(link) for link in probes], LOOKS)
    found = writes(seen, np.zeros(LOOKS, np.bool_), PACE).tolist()
    assert found == list(agent_writes(probes))
    assert len(found) > LOOKS * PACE.probe / PACE.heartbeat, "and not only as a heartbeat"


def test_in_quiet_a_report_goes_out_every_heartbeat_and_outlives_one_that_was_missed() -> None:
    quiet = Seen.of([path_of(np.full(WINDOW_PROBES - 1 + LOOKS, 9_000.0))], LOOKS)
    found = writes(quiet, np.zeros(LOOKS, np.bool_), PACE)
    assert set(np.diff(found) * PACE.probe) == {30.0}
    assert valid_seconds(PACE) == report.WritePolicy().valid_seconds == 75


def test_what_is_due_in_the_dark_is_written_once_that_is_over() -> None:
    dark = np.zeros(LOOKS, np.bool_)
    dark[100:200] = True
    found = writes(Seen.of([], LOOKS), dark, PACE)
    assert not dark[found].any()
    assert 200 in found.tolist()


def test_the_agents_defaults_are_the_paces() -> None:
    policy = report.WritePolicy()
    assert (PACE.report, PACE.heartbeat) == (policy.min_write_seconds, policy.heartbeat_seconds)


def news(p95: list[int], losses: list[int] | None = None, thresholds: tuple[float, ...] = (0.0,)) -> list[bool]:
    none = np.zeros(len(p95), dtype=np.int32)
    figures, lost = np.array(p95, np.int32), np.array(losses or none, np.int32)
    path = Path(("a", "b"), None, none * 0.0, none * 0.0, figures, figures, none, none, lost)
    return [bool(one) for one in told(path, np.arange(len(p95)), np.array(thresholds))]


def test_a_p95_is_told_when_it_has_moved_by_a_fifth_from_the_one_last_told_however_slowly() -> None:
    assert news([20_000, 22_000, 23_900, 24_000, 22_000]) == [True, False, False, True, False]


def test_below_a_millisecond_nothing_is_news() -> None:
    assert news([2_000, 2_900, 3_000]) == [True, False, True]


def test_crossing_a_target_and_an_outage_are_told_at_once() -> None:
    assert news([39_900, 40_100], thresholds=(40.0,)) == [True, True]
    assert news([9_000] * 3, losses=[0, 4, 5]) == [True, False, True]
